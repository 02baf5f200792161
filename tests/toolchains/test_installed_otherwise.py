"""Ways by which what is installed could differ from what lock, advisories, licences and bill say,
with npm, uv and a registry on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gates.checks.lint.dependencies_locked import dependencies_locked
from gates.errors import CouldNotCheckError
from gates.module.load import from_files
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from tests.toolchains.local_registry import Registry, serve, tarball, wheel


def npm(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "version": "1.0.0", **more}


def metadata(name: str, version: str = "1.0") -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def recorded(name: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"{name},sha256={digest.decode()},{len(text)}\n"


OWN = "VALUE = 1\n"
ARCHIVES = {
    "plain": tarball({"": npm("plain")}),
    "other": tarball({"": npm("other")}),
    "inbin": tarball({"": npm("inbin"), "node_modules/.bin/inner/": npm("inner")}),
    "inlock": tarball({"": npm("inlock"), "node_modules/.package-lock.json/inner/": npm("inner")}),
    "dotted": tarball({"": npm("dotted"), "node_modules/.inner/": npm("inner")}),
    "scoped": tarball({"": npm("scoped"), "node_modules/@s/": npm("inner")}),
    "scopefile": tarball({"": npm("scopefile")}, {"node_modules/@s": b"1"}),
    "binfile": tarball({"": npm("binfile")}, {"node_modules/.bin": b"1"}),
    "scripts": tarball({"": npm("scripts", scripts=dict.fromkeys(
        ("preinstall", "install", "postinstall", "prepare"), "echo x > ran"))}),
    "gyp": tarball({"": npm("gyp")}, {"binding.gyp": b"{}"}),
    "wrapped": tarball({"": npm("wrapped", dependencies={"other": "1.0.0"})}, {
        "npm-shrinkwrap.json": json.dumps({"name": "wrapped", "version": "1.0.0",
            "lockfileVersion": 3, "packages": {"": npm("wrapped", dependencies={"other": "1.0.0"}),
            "node_modules/other": npm("other")}}).encode()}),
    "binned": tarball({"": npm("binned", bin={"../../evil": "a.js", "node": "a.js"})},
                      {"a.js": b"#!/usr/bin/env node\n"}),
    "build": tarball({"": npm("build", version="1.0.0+other")}),
    "doubled": tarball({"": npm("doubled"), "../second/": npm("second")}),
}  # fmt: skip
WHEELS = {
    "gatesplain": wheel("gatesplain"),
    "gatesvictim": wheel("gatesvictim", more={"gatesvictim/__init__.py": OWN}),
    "gatesover": wheel("gatesover", more={"gatesvictim/__init__.py": "VALUE = 2\n"}),
    "gatespython": wheel("gatespython", more={
        "gatespython-1.0.data/scripts/python": "#!/bin/sh\n"}),
    "gatescfg": wheel("gatescfg", more={"gatescfg-1.0.data/data/pyvenv.cfg": "home = /nowhere\n"}),
    "gatestools": wheel("gatestools", more={
        "gatestools-1.0.data/data/gates-tools/coverage/__init__.py": "x = 1\n"}),
    "gatesentry": wheel("gatesentry", more={
        "gatesentry-1.0.dist-info/entry_points.txt": "[console_scripts]\npython = gatesentry:run\n",
        "gatesentry/__init__.py": "def main(): pass\n"}),
    "gatesegg": wheel("gatesegg", more={"inner-1.0.egg-info": metadata("inner")}),
    "gatestwin": wheel("gatestwin", more={
        "Gatestwin-1.0.dist-info/METADATA": metadata("gatestwin")}),
    "gateslocal": wheel("gateslocal", more={
        "gateslocal-1.0.dist-info/METADATA": metadata("gateslocal", "1.0+other")}),
    "gatesdeep": wheel("gatesdeep", more={
        "gatesdeep-1.0.data/data/lib/python3.11/site-packages/inner-1.0.dist-info/METADATA":
            metadata("inner")}),
    "gatesunlisted": wheel("gatesunlisted", unlisted={"gatesunlisted/hidden.py": "x = 1\n"}),
    "gatespth": wheel("gatespth", more={"gatespth.pth": "gatespth/_vendor\n",
        "gatespth/_vendor/inner-1.0.dist-info/METADATA": metadata("inner")}),
    "gatesup": wheel("gatesup", more={"../../outside.py": "x = 1\n"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with serve(ARCHIVES, WHEELS) as made:
        yield made


Hold = Callable[[Mapping[str, str]], tuple[str, list[Path]]]


@pytest.fixture
def hold(registry, folder, monkeypatch) -> Hold:
    """What the check says of a module, and the trees that were installed for it."""
    monkeypatch.setenv("npm_config_registry", registry.url)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("UV_INDEX", f"{registry.url}/simple")
    state = {"GATES_STATE_DIR": str(folder / "state"), "GATES_CACHE_DIR": str(folder / "cache")}
    settings = Settings.from_environment({**os.environ, **state})

    def check(files: Mapping[str, str]) -> tuple[str, list[Path]]:
        module = from_files("memory", {name: text.encode() for name, text in files.items()})
        with Session(module, Policy(), settings) as session:
            try:
                found = list(dependencies_locked.run(module, Tools(session)))
                said = "; ".join(each.message for each in found)
            except CouldNotCheckError as error:
                said = f"could not check: {error.message}"
        return said, sorted((settings.cache / "environments").glob("[np]*"))

    return check


def of_npm(
    asked: Mapping[str, str], entries: Mapping[str, object], **more: object
) -> dict[str, str]:
    """A TypeScript module that asks for these packages; its lock holds these entries."""
    root = {"name": "m", "version": "1.0.0", "dependencies": asked, **more}
    locked = {key: value for key, value in root.items() if key != "overrides"}
    lock = {"name": "m", "lockfileVersion": 3, "packages": {"": locked, **entries}}
    return {
        "module.json": '{"entrypoint": "src/index.ts"}',
        "package.json": json.dumps(root),
        "package-lock.json": json.dumps(lock, indent=2),
    }


def of_python(lock: str) -> dict[str, str]:
    return {"module.json": '{"entrypoint": "src/m/__init__.py"}', "requirements.lock": lock}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plain", ""),
        ("scripts", ""),
        ("gyp", ""),
        ("binned", ""),
        ("inbin", "node_modules/inbin/node_modules/.bin holds"),
        ("inlock", "node_modules/inlock/node_modules/.package-lock.json holds"),
        ("dotted", "node_modules/dotted/node_modules/.inner holds inner 1.0.0"),
        ("scoped", "node_modules/scoped/node_modules/@s/package.json is no package"),
        ("scopefile", "node_modules/scopefile/node_modules/@s is no package"),
        ("binfile", "node_modules/binfile/node_modules/.bin is no package"),
        ("build", "is locked as build 1.0.0, and installed is build 1.0.0+other"),
    ],
)
def test_archives_of_npm(hold, registry, name, said):
    """Folders that npm's own have the name of, programs and scripts, and versions that are equal to
    npm alone."""
    found, trees = hold(of_npm({name: "1.0.0"}, {f"node_modules/{name}": registry.entry(name)}))
    assert said in found
    assert bool(said) is bool(found)
    assert bool(trees) is not bool(said)
    files = {path.name for tree in trees for path in tree.rglob("*")}
    assert not files & {"ran", "build", "evil"}


ADDRESS = "HERE/other/-/other-1.0.0.tgz"


@pytest.mark.parametrize(
    ("asked", "entries", "said"),
    [
        ({"plain": "npm:other@1.0.0"}, {"plain": {"name": "other"}}, ""),
        ({"@a/b": "npm:other@1.0.0"}, {"@a/b": {"name": "other"}}, ""),
        ({"plain": "1.0.0"}, {"plain": {"name": "other"}}, "no package asks for that"),
        ({"plain": "npm:other@1.0.0"}, {"plain": {}}, "not from a registry's address"),
        ({"other": "file:src/other"}, {"other": {"resolved": "src/other", "link": True}},
         "links to 'src/other', outside the workspace"),
        ({"other": "file:src/other"}, {"other": {"resolved": "file:src/other"}},
         "not from a registry's address"),
        ({"other": "github:a/other"}, {"other": {"resolved": "git+ssh://git@github.com/a/other.git#1"}},
         "not from a registry's address"),
        ({"other": "https://example.net/other.tgz"}, {"other": {"resolved": "https://example.net/other.tgz"}},
         "not from a registry's address"),
        ({"other": "1.0.0"}, {"other": {"resolved": "HERE/%6Fther/-/other-1.0.0.tgz"}},
         "not from a registry's address"),
        ({"other": "1.0.0"}, {"other": {"version": "1.0.0-0"}}, "not from a registry's address"),
        ({"Other": "1.0.0"}, {"Other": {}}, "not from a registry's address"),
        ({"ot\u212aer": "1.0.0"}, {"ot\u212aer": {}}, "is no name of a package"),
        ({"oth\u0435r": "1.0.0"}, {"oth\u0435r": {}}, "is no name of a package"),
        ({"other": "1.0.0"}, {"other": {"inBundle": True, "integrity": None}}, "without a SHA-512"),
        ({"other": "1.0.0"}, {"other": {"hasShrinkwrap": True}}, ""),
        ({"other": "1.0.0"}, {"other": {"hasInstallScript": True}}, ""),
    ],
    ids=[
        "alias", "scoped alias", "alias in the lock alone", "alias without its package",
        "linked folder", "folder", "git", "archive by address", "escaped address", "pre-release",
        "capital", "Kelvin", "Cyrillic", "bundled by nobody", "shrinkwrap", "install script",
    ],
)  # fmt: skip
def test_locks_of_npm(hold, registry, asked, entries, said):
    """Aliases, folders, git, addresses, and names that look alike."""
    whole = {
        f"node_modules/{path}": {
            "version": "1.0.0", "resolved": ADDRESS, "integrity": registry.integrity("other"),
            **entry,
        }
        for path, entry in entries.items()
    }  # fmt: skip
    text = json.dumps(of_npm(asked, whole)).replace("HERE", registry.url)
    found, trees = hold(json.loads(text))
    assert said in found
    assert bool(said) is bool(found)
    assert bool(trees) is not bool(said)


def test_an_override_by_an_alias(hold, registry):
    """What package.json puts in the place of a package that another one asks for is asked for."""
    entry = registry.entry("wrapped", dependencies={"other": "1.0.0"})
    entries = {
        "node_modules/wrapped": entry,
        "node_modules/other": {**registry.entry("plain"), "name": "plain"},
    }
    files = of_npm({"wrapped": "1.0.0"}, entries, overrides={"other": "npm:plain@1.0.0"})
    found, trees = hold(files)
    assert found == ""
    assert len(trees) == 1


def test_members_of_a_workspace_of_its_own(hold, registry):
    """A package.json can name folders of the module as packages; no folder is given to npm."""
    entries = {
        "src/other": {"name": "other", "version": "1.0.0"},
        "node_modules/other": {"resolved": "src/other", "link": True},
    }
    found, trees = hold(of_npm({"other": "1.0.0"}, entries, workspaces=["src/other"]))
    assert found.startswith(("could not check", "package-lock.json: "))
    assert trees == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gatesplain", ""),
        ("gatesvictim", ""),
        ("gatespth", ""),
        ("gatesup", ""),
        ("gatesover", "gatesvictim/__init__.py is not the file of the wheel"),
        ("gatespython", "Scripts must not use the reserved name"),
        ("gatesentry", "Scripts must not use the reserved name"),
        ("gatescfg", "a package writes over pyvenv.cfg of the environment"),
        ("gatestools", "a package writes over gates-tools/coverage/__init__.py"),
        ("gatesegg", "is installed and not locked"),
        ("gatesdeep", "inner 1.0 is installed and not locked"),
        ("gatestwin", "Multiple .dist-info directories"),
        ("gateslocal", "Wheel version does not match filename"),
        ("gatesunlisted", "RECORD gives no digest of gatesunlisted/hidden.py"),
    ],
)
def test_wheels(hold, registry, name, said):
    """Files of others, of the environment and of the gate, second distributions, and files that
    nobody has a digest of."""
    lines = registry.requirement(name)
    if name == "gatesover":
        lines += registry.requirement("gatesvictim")
    found, trees = hold(of_python(lines))
    assert said in found
    assert bool(said) is bool(found)
    assert bool(trees) is not bool(said)
    assert [path for tree in trees for path in tree.rglob("outside.py")] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gatesplain[extra]==1.0 HASH", ""),
        ("Gates_Plain==1.0 HASH", "could not check: uv"),
        ("GatesPlain==1.0.0 HASH", ""),
        ("gate\u017fplain==1.0 HASH", "is not of the form name==version"),
        ("gatesplain==1.* HASH", "is not of the form name==version"),
        ("gatesplain===1.0 HASH", "is not of the form name==version"),
        ("gatesplain @ https://example.net/a-1.0-py3-none-any.whl HASH", "is not of the form"),
        ("./gatesplain-1.0-py3-none-any.whl HASH", "is not of the form"),
        ("-e git+https://example.net/a.git#egg=gatesplain", "is not of the form"),
        ("--find-links https://example.net", "is not of the form"),
        ("-r other.txt", "is not of the form"),
        ("gatesplain==1.0 HASH ; python_version > '3'", "is not of the form"),
        ("gatesplain==1.0 ; python_version > '3' HASH\ngatesplain==2.0 ; os_name == 'posix' HASH",
         "could not check: uv"),
        ("gatesplain==1.0+local HASH", "could not check: uv"),
    ],
)  # fmt: skip
def test_lines_of_requirements(hold, registry, line, said):
    """Extras, spellings of a name, addresses, options, markers, and versions that are ranges."""
    digest = registry.requirement("gatesplain").partition(" ")[2].strip()
    found, trees = hold(of_python(line.replace("HASH", digest) + "\n"))
    assert said in found
    assert bool(said) is bool(found)
    assert bool(trees) is not bool(said)

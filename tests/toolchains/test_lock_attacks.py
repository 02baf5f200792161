"""Locks that lie, with npm, uv and a registry on this machine: each is refused, and nothing of it
is left to be used."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from gates.checks.lint.dependencies_locked import dependencies_locked
from gates.errors import CouldNotCheckError
from gates.module.load import from_files
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.languages import language_of
from gates.toolchains.languages.python.tree import find_installed
from tests.toolchains.local_registry import Registry, serve, tarball, wheel

PLAIN = {"name": "plain", "version": "1.0.0"}
OTHER = {"name": "other", "version": "1.0.0"}
INNER = {"name": "inner", "version": "1.0.0"}
OUTER = {
    "name": "outer", "version": "1.0.0", "dependencies": {"inner": "1.0.0"},
    "bundleDependencies": ["inner"],
}  # fmt: skip
ARCHIVES = {
    "plain": tarball({"": PLAIN}),
    "other": tarball({"": OTHER}),
    "outer": tarball({"": OUTER, "node_modules/inner/": INNER}),
    "stuffed": tarball({"": {"name": "stuffed", "version": "1.0.0"}, "node_modules/inner/": INNER}),
}
WHEELS = {
    "gatesplain": wheel("gatesplain"),
    "gatesother": wheel("gatesother"),
    "gatesboth": wheel("gatesboth", "gatesother"),
}


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with serve(ARCHIVES, WHEELS) as made:
        yield made


@dataclass
class Outcome:
    """What the check said, and what was left in the cache for a later stage to use."""

    said: str
    installed: list[str]


@pytest.fixture
def locked(registry, folder, monkeypatch) -> Callable[[Mapping[str, str]], Outcome]:
    """Holds a module of these files against its lock, with an empty cache."""
    monkeypatch.setenv("npm_config_registry", registry.url)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(folder / "npm"))
    monkeypatch.setenv("UV_INDEX", f"{registry.url}/simple")
    registry.fetched.clear()
    state = {"GATES_STATE_DIR": str(folder / "state"), "GATES_CACHE_DIR": str(folder / "cache")}
    settings = Settings.from_environment({**os.environ, **state})

    def check(files: Mapping[str, str]) -> Outcome:
        module = from_files("memory", {name: text.encode() for name, text in files.items()})
        with Session(module, Policy(), settings) as session:
            try:
                found = list(dependencies_locked.run(module, Tools(session)))
                said = "; ".join(each.message for each in found)
            except CouldNotCheckError as error:
                said = f"could not check: {error.message}"
        kept = settings.cache / "environments"
        names = [
            str(each.relative_to(kept)) for each in kept.glob("npm-*/node_modules/**/package.json")
        ]
        for site in kept.glob("python-*/lib/*/site-packages"):
            names += [name for name, _ in find_installed(site)]
        return Outcome(
            said,
            sorted(each.partition("/")[2].removesuffix("/package.json") or each for each in names),
        )

    return check


def digest(name: str) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(ARCHIVES[name]).digest()).decode()}"


@pytest.fixture
def npm(locked, registry) -> Callable[..., Outcome]:
    """Holds a module that asks for one package against a lock with these entries."""

    def check(name: str, entries: Mapping[str, Mapping[str, object]]) -> Outcome:
        asked = {"name": "m", "version": "1.0.0", "dependencies": {name: "1.0.0"}}
        packages = {"": asked} | {
            f"node_modules/{path}": {
                key: str(value).replace("HERE", registry.url) if key == "resolved" else value
                for key, value in entry.items()
            }
            for path, entry in entries.items()
        }
        lock = {"name": "m", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
        return locked({
            "module.json": '{"entrypoint": "src/index.ts"}',
            "package.json": json.dumps(asked),
            "package-lock.json": json.dumps(lock, indent=2),
        })  # fmt: skip

    return check


def at(name: str, file: str = "", /, **more: object) -> dict[str, object]:
    """An entry of the lock: the address of a package, and the digest of `file`'s archive."""
    address = f"HERE/{name}/-/{name}-1.0.0.tgz"
    whole = {"version": "1.0.0", "resolved": address, "integrity": digest(file or name)}
    return {**whole, **more}


BUNDLE = {"dependencies": {"inner": "1.0.0"}, "bundleDependencies": ["inner"]}
IN_OUTER = {"outer/node_modules/inner": {"version": "1.0.0", "inBundle": True}}


def test_locks_that_say_what_there_is(npm):
    found = npm("outer", {"outer": at("outer", **BUNDLE), **IN_OUTER})
    assert (found.said, found.installed) == (
        "", ["node_modules/outer", "node_modules/outer/node_modules/inner"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "entries", "said"),
    [
        ("plain", {"plain": at("other")}, "not from a registry's address for this name"),
        ("plain", {"plain": at("plain", "other")}, "could not check: npm ended"),
        ("plain", {"plain": at("plain", resolved="http://127.0.0.1:1/plain/-/plain-1.0.0.tgz")},
         "not from a registry's address"),
        ("plain", {"plain": at("plain", name="other")}, "is locked as other"),
        ("plain", {"plain": at("plain", integrity="")}, "without a SHA-512"),
        ("plain", {"plain": at("plain", integrity="sha512-")}, "not with a SHA-512"),
        ("plain", {"plain": {"version": "1.0.0", "inBundle": True}}, "without a SHA-512"),
        ("outer", {"outer": at("outer")}, "holds inner 1.0.0, which the lock does not list"),
        ("outer", {"outer": at("outer", **BUNDLE)}, "does not hold inner"),
        ("stuffed", {"stuffed": at("stuffed")}, "holds inner 1.0.0, which the lock does not list"),
    ],
    ids=[
        "another's archive", "another's digest", "another host", "another name", "no digest",
        "half a digest", "bundled by nobody", "bundled entries deleted", "one entry deleted",
        "bundled in silence",
    ],
)  # fmt: skip
def test_npm_locks_that_lie(npm, registry, name, entries, said):
    found = npm(name, entries)
    assert said in found.said
    assert found.installed == []
    assert not any("other" in each for each in registry.fetched)


def test_an_archive_that_npm_has_already_is_no_other_package(npm):
    """npm takes what its cache holds by the digest, and asks no registry whose archive that is."""
    assert npm("other", {"other": at("other")}).said == ""
    found = npm("plain", {"plain": at("plain", "other")})
    assert "locked as plain 1.0.0, and installed is other 1.0.0" in found.said
    assert found.installed == ["node_modules/other"]


def required(*names: str) -> str:
    sha = {name: hashlib.sha256(WHEELS[name]).hexdigest() for name in names}
    return "".join(f"{name}==1.0 --hash=sha256:{sha[name]}\n" for name in names)


@pytest.mark.parametrize(
    ("lock", "said", "installed"),
    [
        (f"{required('gatesplain')}# via x \\\n{required('gatesother')}", "",
         ["gatesother", "gatesplain"]),
        (required("gatesboth"), "gatesother 1.0 is installed and not locked", []),
        (required("gatesother").replace("gatesother", "gatesplain"), "could not check: uv", []),
    ],
    ids=["a comment hides nothing", "two in one wheel", "another's digest"],
)  # fmt: skip
def test_requirements_that_lie(locked, lock, said, installed):
    files = {"module.json": '{"entrypoint": "src/m/__init__.py"}', "requirements.lock": lock}
    found = locked(files)
    assert said in found.said
    assert bool(said) is bool(found.said)
    assert found.installed == installed
    if installed:
        module = from_files("memory", {name: text.encode() for name, text in files.items()})
        with Session(module, Policy(), Settings.from_environment({})) as session:
            assert [each.name for each in language_of(module).read_lock(session)] == installed[::-1]

"""Packages that real installations carry, in advisories, licences and the bill of materials."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date

import pytest

from gates.checks.scan.dependency_advisories import dependency_advisories
from gates.checks.scan.dependency_licenses import dependency_licenses
from gates.errors import CouldNotCheckError
from gates.model import Level
from gates.module.load import from_files
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.bill_lock import compare_carried
from gates.toolchains.carried.packages import carried_in, list_parts
from gates.toolchains.languages import language_of
from gates.toolchains.languages.python.tree import named_in
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Part, make_bill, read_bill, validate_bill
from tests.toolchains.local_registry import Registry, serve, tarball, wheel
from tests.toolchains.secret_files import packed_zip
from tests.toolchains.test_advisories import affected, document, record

TODAY = date(2026, 11, 24)
EVERY = [{"introduced": "0"}]


def npm(name: str, version: str = "1.0.0", **more: object) -> dict[str, object]:
    return {"name": name, "version": version, "license": "MIT", **more}


def metadata(name: str, version: str, more: str = "") -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}\n"


ARCHIVES = {
    "plain": tarball({"": npm("plain")}),
    "outer": tarball({
        "": npm("outer"),
        "dist/vendor/old/": npm("old", "0.1.0"),
        "dist/vendor/strict/": npm("strict", "2.0.0", license="AGPL-3.0-only"),
        "dist/vendor/silent/": {"name": "silent", "version": "3.0.0"},
        "dist/unnumbered/": {"name": "unnumbered"},
    }),
    "packed": tarball({"": npm("packed")}, {
        "wheels/inner-1.0-py3-none-any.whl": packed_zip(
            {"inner-1.0.dist-info/METADATA": metadata("inner", "1.0").encode()}
        ),
    }),
    "closed": tarball({"": npm("closed")}, {"data/a.7z": b"7z\xbc\xaf\x27\x1c1234"}),
}  # fmt: skip
WHEELS = {
    "gatesouter": wheel("gatesouter", more={
        "gatesouter/__init__.py": "",
        "gatesouter/_vendor/old-0.1.dist-info/METADATA": metadata("old", "0.1"),
        "gatesouter/_vendor/old/__init__.py": "",
        "gatesouter/_vendor/strict-2.0.dist-info/METADATA": metadata(
            "strict", "2.0", "License-Expression: AGPL-3.0-only\n"
        ),
        "gatesouter/_vendor/urllib3/__init__.py": "__version__ = '1.26.4'\n",
        "gatesouter/static/package.json": json.dumps(npm("script", "5.0.0")),
    }),
}  # fmt: skip
SNAPSHOT = document(
    record("TEST-1", affected("old", EVERY)),
    record("TEST-2", affected("old", EVERY, "npm")),
    record("TEST-3", affected("urllib3", EVERY)),
    record("TEST-4", affected("inner", EVERY)),
    record("TEST-5", affected("canary", EVERY, "npm")),
    record("TEST-6", affected("script", EVERY, "npm")),
)
BOTH = [
    {"ecosystem": "PyPI", "name": "canary", "version": "1.0", "id": "TEST-0"},
    {"ecosystem": "npm", "name": "canary", "version": "1.0.0", "id": "TEST-5"},
]


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with serve(ARCHIVES, WHEELS) as made:
        yield made


@pytest.fixture
def open_locked(registry, folder, monkeypatch) -> Iterator[Callable[..., Session]]:
    """A session over a module in memory that locks packages of the registry."""
    monkeypatch.setenv("npm_config_registry", registry.url)
    monkeypatch.setenv("UV_INDEX", f"{registry.url}/simple")
    state = {"GATES_STATE_DIR": str(folder / "state"), "GATES_CACHE_DIR": str(folder / "cache")}
    settings = Settings.from_environment({**os.environ, **state})
    path = folder / "advisories.json"
    with ExitStack() as stack:

        def make(
            *names: str, more: Mapping[str, str] | None = None, vouched: list[object] = BOTH
        ) -> Session:
            path.write_text(json.dumps({**SNAPSHOT, "canaries": vouched}))
            files = python(*names) if names[0] in WHEELS else typescript(registry, *names)
            files = {"module.json": files["module.json"], **files, **(more or {})}
            module = from_files("memory", {name: text.encode() for name, text in files.items()})
            policy = Policy(advisories=path)
            return stack.enter_context(Session(module, policy, settings))

        def python(*names: str) -> dict[str, str]:
            lock = "".join(registry.requirement(name) for name in names)
            manifest = '{"slug": "m", "version": "1.0.0", "entrypoint": "src/m/__init__.py"}'
            return {"module.json": manifest, "requirements.lock": lock}

        yield make


def typescript(registry: Registry, *names: str) -> dict[str, str]:
    asked = {"name": "m", "version": "1.0.0", "dependencies": dict.fromkeys(names, "1.0.0")}
    packages = {f"node_modules/{name}": registry.entry(name) for name in names}
    lock = {
        "name": "m",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {"": asked, **packages},
    }
    return {
        "module.json": '{"slug": "m", "version": "1.0.0", "entrypoint": "src/index.ts"}',
        "package.json": json.dumps(asked),
        "package-lock.json": json.dumps(lock, indent=2),
    }


def advisories(session: Session) -> tuple[list[str], str]:
    """What the check says, with the levels of what weighs less, and why it could not go on."""
    found = []
    try:
        for each in dependency_advisories.run(Tools(session), session.policy, TODAY):
            level = "" if each.level is Level.ERROR else f"{each.level.value}: "
            found.append(f"{level}{each.location}: {each.message}")
    except CouldNotCheckError as error:
        return found, error.message
    return found, ""


def test_a_package_that_carries_nothing(open_locked):
    assert advisories(open_locked("plain")) == ([], "")


def test_npm_packages_in_another(open_locked):
    session = open_locked("outer")
    assert advisories(session) == ([
        "package-lock.json:13: old 0.1.0, which outer 1.0.0 carries"
        " (node_modules/outer/dist/vendor/old/package.json): TEST-2: ",
        "note: package-lock.json:13: outer 1.0.0 carries 1 package (unnumbered) whose releases"
        " nothing there names",
    ], "")  # fmt: skip
    said = [each.message for each in dependency_licenses.run(Tools(session), session.policy)]
    assert said == [
        "strict 2.0.0 in outer 1.0.0 is under AGPL-3.0-only;"
        " the policy does not allow AGPL-3.0-only"
    ]
    written = make_bill(session)
    validate_bill(written)
    assert written == make_bill(session)
    bill = {f"{each.name} {each.version}": each for each in read_bill(written)}
    assert {name: each.carried_in for name, each in bill.items()} == {
        "outer 1.0.0": (),
        "old 0.1.0": ("outer 1.0.0",),
        "silent 3.0.0": ("outer 1.0.0",),
        "strict 2.0.0": ("outer 1.0.0",),
    }
    assert not any(each.development for each in bill.values())


def test_a_wheel_in_an_npm_package(open_locked):
    found, _ = advisories(open_locked("packed"))
    assert found == [
        "package-lock.json:13: inner 1.0, which packed 1.0.0 carries (node_modules/packed/wheels/"
        "inner-1.0-py3-none-any.whl > inner-1.0.dist-info/METADATA): TEST-4: "
    ]


def test_an_archive_that_cannot_be_read_is_inconclusive_by_name(open_locked):
    assert advisories(open_locked("plain", "closed")) == ([], (
        "not everything in the packages could be looked into: node_modules/closed/data/a.7z of"
        " closed 1.0.0 is compressed as 7z, which is not read"
    ))  # fmt: skip


def test_python_packages_in_another(open_locked):
    session = open_locked("gatesouter")
    assert advisories(session) == ([
        "requirements.lock:1: old 0.1, which gatesouter 1.0 carries"
        " (gatesouter/_vendor/old-0.1.dist-info/METADATA): TEST-1: ",
        "requirements.lock:1: script 5.0.0, which gatesouter 1.0 carries"
        " (gatesouter/static/package.json): TEST-6: ",
        "warning: requirements.lock:1: gatesouter 1.0 carries code that calls itself urllib3 1.26.4"
        " (gatesouter/_vendor/urllib3): of that release 1 advisory (TEST-3) speak, and this may"
        " be a part of it",
    ], "")  # fmt: skip
    listed = {
        f"{each.url_type} {each.name} {each.version}" for each in read_bill(make_bill(session))
    }
    assert listed == {
        "pypi gatesouter 1.0", "pypi old 0.1", "pypi strict 2.0", "npm script 5.0.0",
    }  # fmt: skip
    said = [each.message for each in dependency_licenses.run(Tools(session), session.policy)]
    assert (
        "strict 2.0 in gatesouter 1.0 is under AGPL-3.0-only; the policy does not allow" in said[1]
    )


def test_an_ecosystem_that_nobody_vouches_for_is_said(open_locked):
    found, _ = advisories(open_locked("gatesouter", vouched=BOTH[:1]))
    assert found[-1] == (
        "note: requirements.lock:1: gatesouter 1.0 carries 1 package (script 5.0.0) whose"
        " advisories nobody here knows"
    )
    assert not any("TEST-6" in each for each in found)


def test_what_the_module_itself_carries(open_locked):
    more = {"src/vendor/old/package.json": json.dumps(npm("old")), "src/vendor/old/a.ts": ""}
    found, _ = advisories(open_locked("plain", more=more))
    assert found == [
        "src/vendor/old/package.json: old 1.0.0, which m 1.0.0 carries"
        " (src/vendor/old/package.json): TEST-2: "
    ]


def test_a_bill_is_held_against_what_is_carried(open_locked):
    session = open_locked("outer")
    first, *rest = list_parts(carried_in(Tools(session)), [])
    assert list(compare_carried([first, *rest], [first, *rest])) == []
    more = Part("npm", "more", "1.0.0", carried_in=("outer 1.0.0",))
    assert list(compare_carried([*rest, more], [first, *rest])) == [
        f"the bill of materials lacks {first.name} {first.version}, which outer 1.0.0 carries",
        "the bill of materials says that outer 1.0.0 carries more 1.0.0, and it does not",
    ]


def test_the_registry_is_asked_about_every_version(open_locked, registry):
    """npm asks by one request for all; the answer says which folder each advisory is about."""
    packages = [
        Locked("npm", "old", "1.0.0", 1),
        Locked("npm", "old", "2.0.0", 2),
        Locked("npm", "@a/b", "1.0.0", 3),
    ]
    registry.posted.clear()
    registry.advisories = {
        "old": [{"id": 1, "url": "https://github.com/advisories/TEST-1", "title": "t",
                 "severity": "high", "vulnerable_versions": "<2"}],
    }  # fmt: skip
    session = open_locked("plain")
    found = language_of(session.module).ask_about(Tools(session), packages)
    assert registry.posted == [{"old": ["1.0.0", "2.0.0"], "@a/b": ["1.0.0"]}]
    assert [(each.id, each.package) for each in found] == [("TEST-1", packages[0])]


def test_a_package_for_other_machines_is_asked_about_and_said(open_locked, registry):
    """npm leaves out what a lock says is for another system: its licence is read by nobody."""
    asked = {"name": "m", "version": "1.0.0", "dependencies": {"plain": "1.0.0"}}
    asked["optionalDependencies"] = {"outer": "1.0.0"}
    elsewhere = registry.entry("outer", optional=True, os=["win32"])
    entries = {"node_modules/plain": registry.entry("plain"), "node_modules/outer": elsewhere}
    lock = {"name": "m", "lockfileVersion": 3, "packages": {"": asked, **entries}}
    more = {"package.json": json.dumps(asked), "package-lock.json": json.dumps(lock)}
    session = open_locked("plain", more=more)
    said = [each.message for each in dependency_licenses.run(Tools(session), session.policy)]
    assert said == [
        "locked for other machines, so that nobody here knows their licences: outer 1.0.0"
    ]
    assert sorted(each.name for each in read_bill(make_bill(session))) == ["outer", "plain"]


def test_name_and_version_are_in_the_headers_of_the_metadata_and_not_in_its_readme():
    metadata = "Metadata-Version: 2.3\nName: left.pad\n\nVersion: 9\n"
    assert named_in(metadata) == ("left.pad", "?")
    assert named_in(metadata.replace("\n\n", "\nVersion: 1.0\n\n")) == ("left.pad", "1.0")
    assert named_in("\nName: left.pad\n") == ("?", "?")

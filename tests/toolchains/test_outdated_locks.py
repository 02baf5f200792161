"""A lock that the project file has left behind: a finding, in the installer's own sentence."""

from __future__ import annotations

import sys

import pytest

from gates.check import find
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.toolchains import Tools
from gates.toolchains.languages.python.lock import check_asked
from gates.toolchains.languages.typescript.lock import find_outdated
from gates.toolchains.languages.typescript.platform_tools import npm_ci
from gates.toolchains.locks import Locked, OutdatedLockError
from gates.toolchains.tools import Program

SENTENCE = (
    "`npm ci` can only install packages when your package.json and package-lock.json or"
    " npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before"
    " continuing."
)
MISSING = "Missing: left-pad@1.3.0 from lock file"
INVALID = "Invalid: lock file's zod@4.6.7 does not satisfy zod@3.25.76"
USAGE = ["code EUSAGE", "", SENTENCE, "", MISSING, INVALID, "", "Clean install a project", "Usage:"]
LOCK = '{"packages": {\n"node_modules/left": {\n},\n"node_modules/zod": {\n}}}'


def printed(*lines: str, prefix: str = "npm error ") -> bytes:
    return "\n".join(f"{prefix}{line}" for line in lines).encode()


@pytest.mark.parametrize("prefix", ["npm error ", "npm ERR! "])
def test_what_npm_says(prefix):
    found = find_outdated(printed(*USAGE, prefix=prefix), LOCK)
    assert found
    assert (found.sentence, found.reasons, found.line) == (SENTENCE, (MISSING, INVALID), 4)
    assert "Usage" not in found.message


@pytest.mark.parametrize(
    "lines",
    [
        ["code E404", SENTENCE, MISSING],
        ["code EUSAGE", "The `npm ci` command can only install with an existing package-lock.json"],
        ["code EUSAGE", SENTENCE],
        [],
    ],
)
def test_another_failure_of_npm_is_no_finding(lines):
    assert find_outdated(printed(*lines), LOCK) is None


def npm_that_says(monkeypatch, lines: list[str]) -> None:
    code = f"import sys; sys.stderr.write({printed(*lines).decode()!r}); raise SystemExit(1)"
    npm = Program("npm", (sys.executable, "-I", "-c", code))
    programs = {"npm": npm, "node": Program("node", ("node",), "24.0.0")}
    monkeypatch.setattr(Tools, "resolve", lambda _, name: programs[name])


def test_the_finding_stands_on_the_lock(open_session, monkeypatch):
    npm_that_says(monkeypatch, USAGE)
    session = open_session("typescript")
    check = find("dependencies-locked")
    assert check is not None
    (found,) = check.run(module=session.module, tools=Tools(_uncached(session, monkeypatch)))
    assert (found.location.path, found.message, found.detail) == (
        "package-lock.json",
        SENTENCE,
        f"{MISSING}\n{INVALID}",
    )
    text = session.module.text("package-lock.json")
    assert '"node_modules/zod": {' in text.splitlines()[(found.location.line or 0) - 1]


def _uncached(session, monkeypatch):
    from gates.toolchains.languages.typescript import packages

    monkeypatch.setattr(packages, "LAYOUT", b"of this test")
    return session


def test_what_npm_fails_for_otherwise_is_inconclusive(open_session, monkeypatch, tmp_path):
    npm_that_says(monkeypatch, ["code E404", "not found"])
    with pytest.raises(ToolFailedError, match="exit status 1: npm error code E404"):
        npm_ci(Tools(open_session("typescript")), tmp_path)


PACKAGES = [
    Locked("PyPI", "pydantic", "2.10.0", 3),
    Locked("PyPI", "zope-interface", "7.0rc1", 9),
    Locked("PyPI", "never", "1.0", 12, "python_version < '3'"),
]
PLATFORM = {"axon-core": "1.0.0"}


def project(*wanted: str) -> str:
    return f"[project]\nname = 'x'\ndependencies = {list(wanted)!r}\n"


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        ["pydantic>=2"],
        ["Pydantic[email] >= 2, < 3"],
        ["zope.interface>=6"],
        ["axon-core>=1"],
        ["never>=2; python_version < '3'"],
        ["absent; sys_platform == 'none'"],
    ],
)
def test_a_lock_that_holds_what_is_asked_for(wanted):
    check_asked(project(*wanted), PACKAGES, PLATFORM)
    check_asked("[tool.ruff]\n", PACKAGES, PLATFORM)


@pytest.mark.parametrize(
    ("wanted", "reason", "line"),
    [
        ("structlog>=24.4", "Missing: structlog>=24.4", None),
        ("never", "Missing: never", None),
        ("pydantic>=2.11", "Invalid: pydantic 2.10.0 is not pydantic>=2.11", 3),
        ("axon-core>=2", "Invalid: axon-core 1.0.0 is not axon-core>=2", None),
    ],
)
def test_a_lock_that_was_left_behind(wanted, reason, line):
    with pytest.raises(OutdatedLockError) as caught:
        check_asked(project("pydantic", wanted), PACKAGES, PLATFORM)
    assert (caught.value.reasons, caught.value.line) == ((reason,), line)


@pytest.mark.parametrize(
    "text",
    [
        "[project",
        project("not a requirement !"),
        "[project]\ndynamic = ['dependencies']\n",
        "[project]\ndependencies = [1]\n",
        "project = 1\n",
    ],
)
def test_what_cannot_be_held_against_the_lock_is_inconclusive(text):
    with pytest.raises(CouldNotCheckError) as caught:
        check_asked(text, PACKAGES, PLATFORM)
    assert not isinstance(caught.value, OutdatedLockError)


def test_the_finding_stands_on_the_python_lock(open_session, monkeypatch):
    from gates.toolchains.languages.python import environment

    session = open_session("python")

    def install(_: object) -> None:
        check_asked(project("pydantic>=99"), environment.read_lock(session), {})

    monkeypatch.setattr(environment, "_install", install)
    check = find("dependencies-locked")
    assert check is not None
    (found,) = check.run(module=session.module, tools=Tools(session))
    assert found.location.path == "requirements.lock"
    line = session.module.lines("requirements.lock")[(found.location.line or 0) - 1]
    assert line.startswith("pydantic==")

"""Reads requirements.lock: only exact versions, each with a digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gates.toolchains.ecosystem import Ecosystem, Ordered
from gates.toolchains.locks import Locked, LockError, NoLockError

if TYPE_CHECKING:
    from gates.toolchains.session import Session

LOCK_FILE = "requirements.lock"
LOCK_COMMAND = "uv pip compile --universal --generate-hashes pyproject.toml -o requirements.lock"
LOCK_DIGEST = re.compile(
    r"\s*--hash=sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})(?:\s*\\)?\r?"
)

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9._, -]*\])?"
    r"==(?P<version>[A-Za-z0-9.!+_-]+)\s*(?:;(?P<marker>[^#]*?))?"
    r"(?P<hashes>(?:\s+--hash=sha(?:256|384|512):[0-9a-f]+)*)"
)


def read_lock(session: Session) -> list[Locked]:
    """The packages of the module's lock. Raises `NoLockError` without one, and `LockError`."""
    if LOCK_FILE not in session.module.files:
        raise NoLockError(f"there is no {LOCK_FILE}", LOCK_FILE, hint=LOCK_COMMAND)
    return read_requirements(session.module.text(LOCK_FILE))


def read_requirements(text: str) -> list[Locked]:
    """The packages of a requirements.lock: only `name==version ; marker --hash=...` lines.

    Raises `LockError` for any other option, for a version that is not exact, for a package
    without a SHA-256 or stronger, and for a name that is locked twice without a marker.
    """
    found: list[Locked] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        first = number + 1
        line = lines[number]
        while line.rstrip().endswith("\\") and number + 1 < len(lines):
            number += 1
            line = line.rstrip()[:-1] + " " + lines[number]
        number += 1
        line = re.sub(r"(^|\s)#.*$", "", line).strip().rstrip("\\").strip()
        if not line:
            continue
        match = _PINNED.fullmatch(line)
        if match is None:
            raise LockError(f"{line.split()[0][:80]!r} is not of the form name==version", first)
        if not match["hashes"]:
            raise LockError(f"{match['name']} is locked without a hash", first)
        name = normalize(match["name"])
        marker = (match["marker"] or "").strip()
        found.append(Locked("PyPI", name, match["version"], first, marker))
    return found


def normalize(name: str) -> str:
    """A package's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_version(text: str) -> Ordered:
    """A version as PEP 440 orders it; "0" is before every other."""
    from packaging.version import Version

    return Version("0.dev0" if text == "0" else text)


PYPI = Ecosystem("PyPI", "pypi", "ECOSYSTEM", normalize, parse_version)

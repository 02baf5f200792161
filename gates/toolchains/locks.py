"""Reads lock files of a module: which packages, in which versions, on which lines. Pure.

A lock file is untrusted: whatever could make an installer run code, reach another registry or
take a package without a digest is a `LockError`.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PYTHON_LOCK = "requirements.lock"
NPM_LOCK = "package-lock.json"

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9._, -]*\])?"
    r"==(?P<version>[A-Za-z0-9.!+_-]+)\s*(?:;(?P<marker>[^#]*?))?"
    r"(?P<hashes>(?:\s+--hash=sha(?:256|384|512):[0-9a-f]+)*)"
)


class LockError(ValueError):
    """A lock file holds something that it must not; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Locked:
    """One package that a lock file pins."""

    ecosystem: str
    """As in OSV: "PyPI" or "npm"."""
    name: str
    version: str
    line: int
    marker: str = ""
    """PyPI: the environment marker under which it is installed; "" for always."""


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
        name = re.sub(r"[-_.]+", "-", match["name"]).lower()
        marker = (match["marker"] or "").strip()
        found.append(Locked("PyPI", name, match["version"], first, marker))
    return found


def read_npm_lock(text: str, member: str = "") -> list[Locked]:
    """The packages of a package-lock.json that `member` (a workspace folder, "" the root) needs.

    Development dependencies count: they run on the build machine. Links to other members of the
    workspace are followed, not returned.
    Raises `LockError` for a package without integrity, from git or a folder, and for a lock that
    is older than version 2 or does not hold what it refers to.
    """
    packages = npm_packages(text)
    found: dict[str, Locked] = {}
    lines = _key_lines(text)
    for path in sorted(reachable(packages, member)):
        entry = packages[path]
        if "node_modules/" not in f"{path}/" or entry.get("link"):
            continue
        line = lines.get(path, 1)
        name = entry.get("name") or path.rpartition("node_modules/")[2]
        version = entry.get("version")
        if not isinstance(name, str) or not isinstance(version, str):
            raise LockError(f"{path} has no version", line)
        digest = str(entry.get("integrity") or "")
        if not digest.startswith(("sha512-", "sha384-", "sha256-")) and not entry.get("inBundle"):
            raise LockError(f"{name} is locked without a SHA-512 integrity", line)
        resolved = str(entry.get("resolved") or "")
        if resolved and not resolved.startswith("https://"):
            raise LockError(f"{name} comes from {resolved[:80]!r}, not from a registry", line)
        found[path] = Locked("npm", name, version, line)
    return list(found.values())


def npm_packages(text: str) -> Mapping[str, Mapping[str, Any]]:
    """The `packages` of a package-lock.json, by folder. Raises `LockError`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LockError(f"it is not JSON: {error}", getattr(error, "lineno", 1)) from error
    packages = document.get("packages") if isinstance(document, dict) else None
    if not isinstance(packages, dict) or not all(isinstance(v, dict) for v in packages.values()):
        raise LockError("it has no packages: write it with npm 7 or later", 1)
    return packages


def reachable(
    packages: Mapping[str, Mapping[str, Any]], member: str, *, development: bool = True
) -> set[str]:
    """The folders in a lock that `member` needs, itself included, as Node resolves them.

    Without `development`, only those that it runs with.

    Raises `LockError` where a package that is needed is not there.
    """
    if member not in packages:
        raise LockError(f"it does not hold {member or 'the package itself'}", 1)
    seen: set[str] = set()
    todo = [member]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        entry = packages[path]
        if entry.get("link"):
            target = posixpath.normpath(str(entry.get("resolved") or ""))
            if target.startswith(("..", "/")) or target not in packages:
                raise LockError(f"{path} links to {target!r}, outside the workspace", 1)
            todo.append(target)
            continue
        # A package may be installed without these: what is not there cannot be looked at.
        optional = {*_names(entry, "optionalDependencies"), *_names(entry, "peerDependencies")}
        wanted = [*_names(entry, "dependencies"), *optional]
        if path == member and development:
            wanted += _names(entry, "devDependencies")
        for name in wanted:
            place = _resolve(packages, path, name)
            if place is not None:
                todo.append(place)
            elif name not in optional:
                raise LockError(f"it does not hold {name}, which {path or 'the package'} needs", 1)
    return seen


def _names(entry: Mapping[str, Any], key: str) -> list[str]:
    value = entry.get(key)
    return [str(name) for name in value] if isinstance(value, dict) else []


def _resolve(packages: Mapping[str, Mapping[str, Any]], path: str, name: str) -> str | None:
    while True:
        place = f"{path}/node_modules/{name}" if path else f"node_modules/{name}"
        if place in packages:
            return place
        if not path:
            return None
        path = posixpath.dirname(path)
        if path.endswith("node_modules"):
            path = posixpath.dirname(path)


def _key_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*"((?:[^"\\]|\\.)*)":\s*\{\s*$', line):
            lines.setdefault(match[1], number)
    return lines

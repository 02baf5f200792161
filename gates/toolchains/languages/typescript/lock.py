"""Reads package-lock.json: which packages a module needs, each with a digest. Pure."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from gates.toolchains.ecosystem import Ecosystem, Ordered
from gates.toolchains.locks import Locked, LockError

LOCK_FILE = "package-lock.json"
LOCK_COMMAND = "npm install --package-lock-only"
LOCK_DIGEST = re.compile(
    r'\s*"integrity": "(?:sha512-[A-Za-z0-9+/]{86}==|sha384-[A-Za-z0-9+/]{64}'
    r'|sha256-[A-Za-z0-9+/]{43}=)",?\r?'
)


def read_npm_lock(text: str, member: str = "") -> list[Locked]:
    """The packages of a package-lock.json that `member` (a workspace folder, "" the root) needs.

    Development dependencies count: they run on the build machine. Links to other members of the
    workspace are followed, not returned.
    Raises `LockError` for a package without integrity, from git or a folder, and for a lock that
    is older than version 2 or does not hold what it refers to.
    """
    packages = lock_entries(text)
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


def lock_entries(text: str) -> Mapping[str, Mapping[str, Any]]:
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


def parse_version(text: str) -> Ordered:
    """A version as SemVer orders it; "0" is before every other."""
    from semver import Version

    return Version.parse("0.0.0-0" if text == "0" else text)


NPM = Ecosystem("npm", "npm", "SEMVER", str, parse_version)

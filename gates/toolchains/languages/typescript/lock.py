"""Reads package-lock.json: which packages a module needs, each with a digest. Pure.

Source: package-lock.json in npm's documentation (`packages`); integrity as in W3C's Subresource
Integrity.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gates.lazy import pattern
from gates.records import replace
from gates.toolchains.ecosystem import Ecosystem, Ordered
from gates.toolchains.languages.typescript.overrides import find_overridden
from gates.toolchains.locks import Locked, LockError, OutdatedLockError

LOCK_FILE = "package-lock.json"
LOCK_COMMAND = "npm install --package-lock-only"
LOCK_DIGEST = pattern(
    r'\s*"integrity": "(?:sha512-[A-Za-z0-9+/]{86}==|sha384-[A-Za-z0-9+/]{64}'
    r'|sha256-[A-Za-z0-9+/]{43}=)",?\r?'
)


REGISTRY = "https://registry.npmjs.org"
"""What npm writes for the public registry, and reads as the one that it is configured with."""

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
# Not without ASCII: else the Kelvin sign is a k.
NAME = pattern(r"(?:@[a-z0-9~_-][a-z0-9._~-]*/)?[a-z0-9~_-][a-z0-9._~-]*", re.IGNORECASE | re.ASCII)
_KEPT = (
    "name", "version", "resolved", "integrity", "link", "inBundle", "bundleDependencies",
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies",
    "peerDependenciesMeta", "dev", "optional", "devOptional", "peer", "engines", "os", "cpu",
    "libc", "bin", "workspaces",
)  # fmt: skip
"""What npm needs in order to install, of what an entry may hold."""


def read_npm_lock(
    text: str,
    member: str = "",
    registries: Sequence[str] = (REGISTRY,),
    overrides: object = None,
) -> list[Locked]:
    """The packages of a package-lock.json that `member` (a workspace folder, "" the root) needs.

    Development dependencies count: they run on the build machine. Links to other members of the
    workspace are followed, not returned. `registries` are addresses that packages may come from,
    `overrides` is what the root's package.json has under that name: a lock does not hold it.
    Raises `LockError` for a package without a whole digest, from anywhere but a registry's address
    for this name and version, or with a name that nobody asked for; and for a lock that is older
    than version 2 or does not hold what it refers to.
    """
    packages = lock_entries(text)
    needed = reachable(packages, member)
    lines = key_lines(text)
    aliases = {
        (name, str(wanted)[4:].rpartition("@")[0] or str(wanted)[4:])
        for path in needed
        for key in _NEEDS
        for name, wanted in _needs(packages[path], key).items()
        if str(wanted).startswith("npm:")
    }
    aliases |= set(find_overridden(overrides))
    found = []
    for path in sorted(needed):
        if in_tree(packages, path):
            try:
                locked = _read_entry(packages, path, aliases, registries)
            except ValueError as error:
                raise LockError(str(error), lines.get(path, 1)) from error
            found.append(replace(locked, line=lines.get(path, 1)))
    return found


def in_tree(packages: Mapping[str, Mapping[str, Any]], path: str) -> bool:
    """Whether a folder in the lock is an installed package, not a member or a link to one."""
    return "node_modules/" in path and not packages[path].get("link")


def name_in(packages: Mapping[str, Mapping[str, Any]], path: str) -> str:
    """The name of the package in a folder, which differs from the folder's for an alias."""
    return str(packages[path].get("name") or path.rpartition("node_modules/")[2])


def _read_entry(
    packages: Mapping[str, Mapping[str, Any]],
    path: str,
    aliases: Collection[tuple[str, str]],
    registries: Sequence[str],
) -> Locked:
    entry, folder = packages[path], path.rpartition("node_modules/")[2]
    name, version = name_in(packages, path), entry.get("version")
    if not isinstance(version, str):
        raise ValueError(f"{path} has no version")  # noqa: TRY004 - of the lock, not of a caller
    parse_version(version)
    if not NAME.fullmatch(name) or not NAME.fullmatch(folder):
        raise ValueError(f"{name[:80]!r} is no name of a package")
    if name != folder and (folder, name) not in aliases:
        raise ValueError(f"{path} is locked as {name}, and no package asks for that under the name")
    integrity = entry.get("integrity")
    digests = tuple(str(integrity or "").split())
    if not digests and not (entry.get("inBundle") is True and _bundled(packages, path)):
        raise ValueError(f"{name} is locked without a SHA-512 integrity")
    if short := [each for each in digests if not _is_digest(each)]:
        raise ValueError(f"{name} is locked with {short[0][:80]!r}, not with a SHA-512 integrity")
    resolved = entry.get("resolved")
    plain = version.partition("+")[0]
    end = f"/{name}/-/{name.rpartition('/')[2]}-{plain}.tgz"
    if resolved is not None and resolved not in [f"{each}{end}" for each in registries]:
        raise ValueError(
            f"{name} {version} comes from {str(resolved)[:120]!r}, not from a registry's address"
            " for this name and version"
        )
    return Locked("npm", name, version, 1, "", digests)


def _is_digest(text: str) -> bool:
    algorithm, _, encoded = text.partition("-")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == _DIGEST_BYTES.get(algorithm)


def _bundled(packages: Mapping[str, Mapping[str, Any]], path: str) -> bool:
    """Whether a package around this one says that its archive holds others, and has a digest."""
    while "/node_modules/" in path:
        path = path.rpartition("/node_modules/")[0]
        owner = packages.get(path, {})
        if owner.get("integrity"):
            return bool(owner.get("bundleDependencies"))
    return False


def write_npm_lock(packages: Mapping[str, Mapping[str, Any]], kept: Collection[str]) -> bytes:
    """A package-lock.json that holds these folders of a lock and nothing else."""
    document = {
        "lockfileVersion": 3,
        "requires": True,
        "packages": {
            path: {key: entry[key] for key in _KEPT if key in entry}
            for path, entry in sorted(packages.items())
            if path in kept
        },
    }
    return json.dumps(document, indent=1).encode()


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
    packages: Mapping[str, Mapping[str, Any]],
    member: str,
    *,
    development: bool = True,
    optional: bool = True,
) -> set[str]:
    """The folders in a lock that `member` needs, itself included, as Node resolves them.

    Without `development`, only those that it runs with; without `optional`, only those that it
    cannot be installed without.

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
        spare = {*_needs(entry, "optionalDependencies"), *_needs(entry, "peerDependencies")}
        wanted = {*_needs(entry, "dependencies")} - spare
        if path == member and development:
            wanted |= {*_needs(entry, "devDependencies")} - spare
        for name in sorted(wanted | spare if optional else wanted):
            place = resolve(packages, path, name)
            if place is not None:
                todo.append(place)
            elif name not in spare:
                raise LockError(f"it does not hold {name}, which {path or 'the package'} needs", 1)
    return seen


_NEEDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


def _needs(entry: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = entry.get(key)
    return value if isinstance(value, dict) else {}


def resolve(packages: Mapping[str, Mapping[str, Any]], path: str, name: str) -> str | None:
    """The folder that Node takes for a package which the one in `path` names; None for none."""
    while True:
        place = f"{path}/node_modules/{name}" if path else f"node_modules/{name}"
        if place in packages:
            return place
        if not path:
            return None
        path = posixpath.dirname(path)
        if path.endswith("node_modules"):
            path = posixpath.dirname(path)


def find_outdated(printed: bytes, text: str) -> OutdatedLockError | None:
    """What `npm ci` prints (code EUSAGE) of a lock that package.json has left behind; None for any
    other failure. `text` is the lock, for the line of the first package that is named.

    Source: `npm ci` and `validate-lockfile.js` of npm 7 to 11.
    """
    lines = [
        line.removeprefix("npm error").removeprefix("npm ERR!").strip()
        for line in printed.decode("utf-8", "replace").splitlines()
    ]
    sentence = next((each for each in lines if "in sync" in each), None)
    reasons = [each for each in lines if each.startswith(("Missing: ", "Invalid: "))]
    if "code EUSAGE" not in lines or sentence is None or not reasons:
        return None
    places = key_lines(text)
    names = (re.match(r"Invalid: lock file's (\S+)@\S+ does", each) for each in reasons)
    found = (places.get(f"node_modules/{name[1]}") for name in names if name)
    return OutdatedLockError(sentence, reasons, hint=LOCK_COMMAND, line=next(found, None))


def key_lines(text: str) -> dict[str, int]:
    """The line, from 1, on which each object in a lock begins, by its key."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*"((?:[^"\\]|\\.)*)":\s*\{\s*$', line):
            lines.setdefault(match[1], number)
    return lines


def parse_version(text: str) -> Ordered:
    """A version as SemVer orders it; "0" is before every other."""
    from semver import Version

    return Version.parse("0.0.0-0" if text == "0" else text)


NPM = Ecosystem(
    "npm", "npm", str, parse_version, {"SEMVER": parse_version, "ECOSYSTEM": parse_version}
)

"""Reads requirements.lock: only exact versions, each with a digest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from gates.errors import CouldNotCheckError
from gates.lazy import pattern
from gates.toolchains.ecosystem import Ecosystem, Ordered
from gates.toolchains.locks import Locked, LockError, NoLockError, OutdatedLockError

if TYPE_CHECKING:
    from gates.module import Module
    from gates.toolchains.session import Session

LOCK_FILE = "requirements.lock"
LOCK_COMMAND = "uv pip compile --universal --generate-hashes pyproject.toml -o requirements.lock"
LOCK_DIGEST = pattern(
    r"\s*--hash=sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})(?:\s*\\)?\r?"
)

_PINNED = pattern(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9._, -]*\])?"
    r"==(?P<version>[A-Za-z0-9.!+_-]+)\s*(?:;(?P<marker>[^#]*?))?"
    r"(?P<hashes>(?:\s+--hash=[a-z0-9]+:[^\s]*)*)"
)
_DIGEST = pattern(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_LINE_END = pattern(r"\r\n|\r|\n")
"""What ends a line for installers, too; `str.splitlines` knows more."""


def read_lock(session: Session) -> list[Locked]:
    """The packages of the module's lock. Raises `NoLockError` without one, and `LockError`."""
    return [*session.module.once(_read_lock)]


def _read_lock(module: Module) -> list[Locked]:
    if LOCK_FILE not in module.files:
        raise NoLockError(
            f"there is no {LOCK_FILE}, so nobody knows which packages the module runs with",
            LOCK_FILE,
            hint=LOCK_COMMAND,
        )
    return read_requirements(module.text(LOCK_FILE))


def read_requirements(text: str) -> list[Locked]:
    """The packages of a requirements.lock: only `name==version ; marker --hash=...` lines.

    A comment ends with its line; a backslash in it continues nothing.
    Raises `LockError` for any other option, for a version that is not exact, for a package
    without a whole SHA-256 or stronger, and for a name that is locked twice without a marker.
    """
    found: dict[str, list[Locked]] = {}
    lines = _LINE_END.split(text)
    number = 0
    while number < len(lines):
        first = number + 1
        line = _without_comment(lines[number])
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line = line[:-1] + " " + _without_comment(lines[number])
        number += 1
        line = line.rstrip("\\").strip()
        if line:
            package = _read_line(line, first)
            same = found.setdefault(package.name, [])
            if same and not all(each.marker for each in (*same, package)):
                raise LockError(
                    f"{package.name} is locked twice, and not each with a marker", first
                )
            same.append(package)
    return [package for same in found.values() for package in same]


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", line, flags=re.DOTALL).rstrip()


def _read_line(line: str, number: int) -> Locked:
    from packaging.markers import InvalidMarker, Marker

    match = _PINNED.fullmatch(line)
    if match is None:
        raise LockError(f"{line.split()[0][:80]!r} is not of the form name==version", number)
    name, version, marker = match["name"], match["version"], (match["marker"] or "").strip()
    try:
        parse_version(version)
        marker = str(Marker(marker)) if marker else ""
    except (ValueError, InvalidMarker) as error:
        raise LockError(f"{name} is not locked as PEP 440 and 508 say: {error}", number) from error
    digests = tuple(each.removeprefix("--hash=") for each in match["hashes"].split())
    if not digests:
        raise LockError(f"{name} is locked without a hash", number)
    if short := [each for each in digests if not _DIGEST.fullmatch(each)]:
        raise LockError(f"{name} is locked with {short[0][:80]!r}, which is no SHA-256", number)
    return Locked("PyPI", normalize(name), version, number, marker, digests)


def check_asked(project: str, packages: Sequence[Locked], platform: Mapping[str, str]) -> None:
    """Raise `OutdatedLockError` unless the lock holds what the text of a pyproject.toml asks for.

    Each of `[project] dependencies` that applies here has to be locked, or be one of the platform's
    packages (name and version), in a version that it takes. Raises `CouldNotCheckError` where that
    cannot be read: it is no TOML, no requirement, or left to a build backend (`dynamic`).
    """
    import tomllib

    from packaging.requirements import InvalidRequirement, Requirement

    locked = {each.name: each for each in packages if applies(each)}
    versions = {**platform, **{name: each.version for name, each in locked.items()}}
    reasons, line = [], None
    try:
        table = tomllib.loads(project).get("project") or {}
        if "dependencies" in table.get("dynamic", ()):
            raise CouldNotCheckError(
                f"pyproject.toml leaves its dependencies to the build, and {LOCK_FILE} cannot be"
                " held against them",
                hint="list them under [project] dependencies",
            )
        wanted = [Requirement(each) for each in table.get("dependencies", ())]
    except (InvalidRequirement, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CouldNotCheckError(f"pyproject.toml cannot be read: {error}") from error
    for each in wanted:
        name = normalize(each.name)
        if each.marker and not each.marker.evaluate():
            continue
        if name not in versions:
            reasons.append(f"Missing: {each}")
        elif not each.specifier.contains(versions[name], prereleases=True):
            line = line or (locked[name].line if name in locked else None)
            reasons.append(f"Invalid: {name} {versions[name]} is not {each}")
    if reasons:
        sentence = f"{LOCK_FILE} does not hold what pyproject.toml asks for"
        raise OutdatedLockError(sentence, reasons, hint=LOCK_COMMAND, line=line)


def write_requirements(packages: Iterable[Locked]) -> str:
    """A requirements.lock that holds these packages and nothing else."""
    lines = []
    for each in packages:
        marker = f" ; {each.marker}" if each.marker else ""
        hashes = "".join(f" --hash={digest}" for digest in each.digests)
        lines.append(f"{each.name}=={each.version}{marker}{hashes}\n")
    return "".join(lines)


def applies(package: Locked) -> bool:
    """Whether a package's marker holds for this interpreter on this machine."""
    from packaging.markers import Marker

    return not package.marker or Marker(package.marker).evaluate()


def normalize(name: str) -> str:
    """A package's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_version(text: str) -> Ordered:
    """A version as PEP 440 orders it; "0" is before every other."""
    from packaging.version import Version

    return Version("0.dev0" if text == "0" else text)


def _parse_release(text: str) -> Ordered:
    if text != "0" and not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise ValueError(f"{text!r} may be ordered otherwise by SemVer than by PEP 440")
    return parse_version(text)


PYPI = Ecosystem(
    "PyPI",
    "pypi",
    normalize,
    parse_version,
    {"ECOSYSTEM": parse_version, "SEMVER": _parse_release},
)

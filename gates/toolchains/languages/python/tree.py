"""What is installed in a Python environment, held against its lock and against the wheels."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path

from gates.toolchains.languages.python.lock import (
    LOCK_COMMAND,
    applies,
    normalize,
    parse_version,
)
from gates.toolchains.locks import Locked, TreeError


class DamagedError(TreeError):
    """A file is not what its wheel says: what it was unpacked from is damaged."""

    def __init__(self, name: str, file: str) -> None:
        super().__init__(f"{name}: {file} is not the file of the wheel", hint="uv cache clean")
        self.name = name


def find_installed(site_packages: Path) -> list[tuple[str, str]]:
    """Name and version of each distribution in a folder, as its own metadata says."""
    texts = [each.read_text("METADATA") or "" for each in distributions(path=[str(site_packages)])]
    return sorted((normalize(name), version) for name, version in map(named_in, texts))


def named_in(metadata: str) -> tuple[str, str]:
    """Name and version in a METADATA or PKG-INFO, "?" for what it lacks. The README that follows
    its headers is left alone: of most packages that is nearly all of it."""
    fields = HeaderParser().parsestr(metadata.partition("\n\n")[0])
    return fields["Name"] or "?", fields["Version"] or "?"


def compare(
    installed: Sequence[tuple[str, str]],
    packages: Sequence[Locked],
    platform: Sequence[tuple[str, str]],
) -> None:
    """Raise `TreeError` unless just the locked packages are installed, beside the platform's."""
    locked = {each.name: each.version for each in packages if applies(each)}
    allowed = {**dict(platform), **locked}
    for name, version in installed:
        if name not in allowed:
            raise TreeError(f"{name} {version} is installed and not locked", hint=LOCK_COMMAND)
        try:
            same = parse_version(version) == parse_version(allowed[name])
        except ValueError:
            same = version == allowed[name]
        if not same:
            raise TreeError(f"{name} is locked as {allowed[name]} and installed as {version}")
    names = [name for name, _ in installed]
    for name in allowed:
        if names.count(name) != 1:
            raise TreeError(f"{name} is locked, and installed {names.count(name)} times")


_WITHOUT_DIGEST = (".dist-info/RECORD", ".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
"""What RECORD itself gives no digest of."""


def check_files(site_packages: Path) -> None:
    """Raise `DamagedError` unless every file of a distribution is what its wheel says in RECORD.

    A file that two of them install is what both say, or not what one of them does.

    Installers unpack from caches of their own, which a crash or a full disk damages as well. The
    form is that of the specification "Recording installed projects" (packaging.python.org).
    """
    for distribution in distributions(path=[str(site_packages)]):
        # `files` leaves out what is gone where somebody has put another finder in place.
        rows = list(csv.reader((distribution.read_text("RECORD") or "").splitlines()))
        if not rows:
            raise TreeError(f"{distribution.name} is installed without a RECORD of its files")
        for name, digest, *_ in rows:
            algorithm, _, value = digest.partition("=")
            if not digest and name.endswith(_WITHOUT_DIGEST):
                continue
            if not digest:
                raise TreeError(f"{distribution.name}: RECORD gives no digest of {name}")
            try:
                data = Path(str(distribution.locate_file(name))).read_bytes()
                whole = _digest(algorithm, data) == value
            except (OSError, ValueError):  # no such file, name or algorithm
                whole = False
            if not whole:
                raise DamagedError(distribution.name, name)


def digests_outside(folder: Path, site_packages: Path) -> dict[str, str]:
    """SHA-256 of each file of an environment that is not in site-packages, by its path; of a link,
    what it leads to."""
    found = {}
    for place, folders, names in os.walk(folder):
        if Path(place) == site_packages:
            folders.clear()
            continue
        for name in names:
            path = Path(place) / name
            data = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def compare_outside(before: Mapping[str, str], after: Mapping[str, str], closed: str) -> None:
    """Raise `TreeError` where a package has written over what was in an environment before, or has
    put something into the folder `closed`.

    Wheels place scripts and data anywhere in an environment (PEP 427, `*.data`).
    """
    changed = [path for path, digest in before.items() if after.get(path) != digest]
    added = [path for path in after.keys() - before.keys() if path.startswith(f"{closed}/")]
    for path in sorted([*changed, *added]):
        raise TreeError(f"a package writes over {path} of the environment that it is installed in")


def _digest(algorithm: str, data: bytes) -> str:
    """As RECORD has it: URL-safe Base64 without padding."""
    digest = hashlib.new(algorithm, data).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

"""What is installed in a Python environment, held against its lock and against the wheels."""

from __future__ import annotations

import base64
import csv
import hashlib
from collections.abc import Sequence
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
    fields = [HeaderParser().parsestr(text) for text in texts]
    return sorted((normalize(each["Name"] or "?"), each["Version"] or "?") for each in fields)


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


def check_files(site_packages: Path) -> None:
    """Raise `DamagedError` unless every file of a distribution is what its wheel says in RECORD.

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
            if not digest:
                continue
            try:
                data = Path(str(distribution.locate_file(name))).read_bytes()
                whole = _digest(algorithm, data) == value
            except (OSError, ValueError):  # no such file, name or algorithm
                whole = False
            if not whole:
                raise DamagedError(distribution.name, name)


def _digest(algorithm: str, data: bytes) -> str:
    """As RECORD has it: URL-safe Base64 without padding."""
    digest = hashlib.new(algorithm, data).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

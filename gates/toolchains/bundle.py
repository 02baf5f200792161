"""Builds a module and packs it into one archive that is the same wherever it is made."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.module import Module
from gates.toolchains.problem import Problem
from gates.toolchains.processes import disk
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools

BILL = "sbom.cdx.json"
"""The bill of materials, made here and not taken from the module."""


@dataclass(frozen=True)
class Bundle:
    """The archive of one module version, or why there is none."""

    file: Path | None
    """The archive, in the run's work folder; None where the module does not build."""
    sha256: str = ""
    size: int = 0
    """Bytes."""
    files: Mapping[str, str] | None = None
    """SHA-256 of every file in it, by path."""
    entry: str = ""
    """The built entrypoint: "dist/index.js", or the wheel."""
    problems: tuple[Problem, ...] = ()
    records: tuple[RanRecord, ...] = ()

    @property
    def path(self) -> Path:
        """The archive. Raises `CouldNotCheckError` where the module does not build."""
        if self.file is None:
            raise CouldNotCheckError("there is no bundle: the module does not build")
        return self.file

    @property
    def contents(self) -> Mapping[str, str]:
        """SHA-256 of every file in the archive, by path; raises as `path` does."""
        assert self.path  # noqa: S101 - raises where there is none
        return self.files or {}

    def read(self, name: str) -> bytes:
        """The bytes of one of its files; raises as `path` does."""
        return _read(self)[name]


@dataclass(frozen=True)
class Built:
    """What the build of one language made: files by their path in the bundle."""

    files: Mapping[str, bytes]
    entry: str
    problems: tuple[Problem, ...] = ()


def make_bundle(session: Session, *, again: bool = False) -> Bundle:
    """Build the session's module and pack it as `<slug>-<version>.tgz`.

    `again` builds in a deeper folder, in another time zone and with another hash seed: what a
    build takes from its surroundings shows as a difference.
    Raises `CouldNotCheckError` where the toolchain is not there; a module that does not build is
    a bundle with problems.
    """
    from gates.toolchains.languages import language_of

    module, tools = session.module, Tools(session)
    if again:
        tools.move_to("built/again/elsewhere")
    built = language_of(module).build(tools, again=again)
    records = tuple(tools.records)
    if built.problems:
        return Bundle(None, problems=built.problems, records=records)
    files = {**collect_shipped(module), **built.files, BILL: _bill(session)}
    packed = pack(files)
    path = tools.folder / f"{module.slug}-{module.version}.tgz"
    with disk():
        path.write_bytes(packed)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    digest = hashlib.sha256(packed).hexdigest()
    return Bundle(path, digest, len(packed), digests, built.entry, (), records)


def _bill(session: Session) -> bytes:
    from gates.toolchains import sbom
    from gates.toolchains.locks import LockError

    try:
        return sbom.make_bill(session)
    except (LockError, OSError, KeyError, ValueError) as error:
        raise CouldNotCheckError(f"no bill of materials can be made: {error}") from error


def collect_shipped(module: Module) -> dict[str, bytes]:
    """The module's files that a bundle holds as they are."""
    from gates.toolchains.shipped import copied_files

    return {path: module.data(path) for path in copied_files(module)}


def pack(files: Mapping[str, bytes]) -> bytes:
    """A gzip-compressed tar of files by path: sorted, without mode, owner or time of its own.

    The content digest of a module knows paths and bytes alone, and so does the archive.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as stream:
        stream.write(raw.getvalue())
    return packed.getvalue()


def find_differences(first: Bundle, second: Bundle) -> list[str]:
    """The files in which two bundles differ; of a wheel, the files inside it ("x.whl: a/b.py")."""
    ours, theirs = _read(first), _read(second)
    found: list[str] = []
    for path in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(path), theirs.get(path)
        if one == other:
            continue
        inner: list[str] = []
        if path.endswith(".whl") and one is not None and other is not None:
            left, right = _members(one), _members(other)
            names = sorted(left.keys() | right.keys())
            inner = [name for name in names if left.get(name) != right.get(name)]
            inner = [name for name in inner if not name.endswith("/RECORD")] or inner
        found += [f"{path}: {name}" for name in inner] or [path]
    return found


def _read(bundle: Bundle) -> dict[str, bytes]:
    with tarfile.open(bundle.path) as archive:
        return {
            entry.name: content.read()
            for entry in archive
            if (content := archive.extractfile(entry)) is not None
        }


def _members(wheel: bytes) -> dict[str, tuple[int, tuple[int, ...], int]]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {
            each.filename: (each.CRC, each.date_time, each.external_attr)
            for each in archive.infolist()
        }


def unpack(bundle: Bundle, folder: Path) -> None:
    """Write the bundle's files into a folder. Only for bundles of `make_bundle`: names are ours."""
    with disk():
        for name, data in _read(bundle).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

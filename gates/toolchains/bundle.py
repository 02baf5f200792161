"""Builds a module and packs it into one archive that is the same wherever it is made."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.problem import Problem
from gates.toolchains.processes import disk
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools

BILL = "sbom.cdx.json"
"""The bill of materials, made here and not taken from the module."""


Read = Callable[[], bytes]
"""Gives the content of a file: one at a time is in memory while a bundle is packed."""


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
        """The bytes of one of its files; raises as `path` does, and `KeyError` for no such file."""
        with tarfile.open(self.path) as archive:
            content = archive.extractfile(name)
            return b"" if content is None else content.read()


@dataclass(frozen=True)
class Built:
    """What the build of one language made: files by their path in the bundle."""

    files: Mapping[str, Read]
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
    bill = _bill(session)
    files: dict[str, Read] = {**collect_shipped(module), **built.files, BILL: lambda: bill}
    path = tools.folder / f"{module.slug}-{module.version}.tgz"
    with disk():
        with path.open("wb") as target:
            digests = pack(files, target)
        with path.open("rb") as packed:
            digest = hashlib.file_digest(packed, "sha256").hexdigest()
        size = path.stat().st_size
    return Bundle(path, digest, size, digests, built.entry, (), records)


def _bill(session: Session) -> bytes:
    from gates.toolchains import sbom
    from gates.toolchains.locks import LockError

    try:
        return sbom.make_bill(session)
    except (LockError, OSError, KeyError, ValueError) as error:
        raise CouldNotCheckError(f"no bill of materials can be made: {error}") from error


def collect_shipped(module: Module) -> dict[str, Read]:
    """The module's files that a bundle holds as they are."""
    from gates.toolchains.shipped import copied_files

    return {path: partial(module.data, path) for path in copied_files(module)}


def pack(files: Mapping[str, Read], target: IO[bytes]) -> dict[str, str]:
    """Write a gzip-compressed tar of files by path: sorted, without mode, owner or time of its own.
    The answer is the SHA-256 of each file, in hex, by path.

    The content digest of a module knows paths and bytes alone, and so does the archive.
    """
    digests = {}
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=9, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            data = files[name]()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
            digests[name] = hashlib.sha256(data).hexdigest()
    return digests


def find_differences(first: Bundle, second: Bundle) -> list[str]:
    """The files in which two bundles differ; of a wheel, the files inside it ("x.whl: a/b.py")."""
    ours, theirs = first.contents, second.contents
    found: list[str] = []
    for path in sorted(ours.keys() | theirs.keys()):
        if ours.get(path) == theirs.get(path):
            continue
        inner: list[str] = []
        if path.endswith(".whl") and path in ours and path in theirs:
            left, right = _members(first.read(path)), _members(second.read(path))
            names = sorted(left.keys() | right.keys())
            inner = [name for name in names if left.get(name) != right.get(name)]
            inner = [name for name in inner if not name.endswith("/RECORD")] or inner
        found += [f"{path}: {name}" for name in inner] or [path]
    return found


def _members(wheel: bytes) -> dict[str, tuple[int, tuple[int, ...], int]]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {
            each.filename: (each.CRC, each.date_time, each.external_attr)
            for each in archive.infolist()
        }


def unpack(bundle: Bundle, folder: Path) -> None:
    """Write the bundle's files into a folder. Only for bundles of `make_bundle`: names are ours."""
    with disk(), tarfile.open(bundle.path) as archive:
        for entry in archive:
            if (content := archive.extractfile(entry)) is not None:
                path = folder / entry.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as target:
                    shutil.copyfileobj(content, target)

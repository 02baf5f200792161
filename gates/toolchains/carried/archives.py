"""Looks into archives for the files that say which package is there, within limits. Nothing is
written. Pure.

Unlike `secrets.unpack` it does not read all that is in them, and so goes through larger ones.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

from gates.records import dataclass, field
from gates.toolchains.carried.identify import MAX_MANIFEST, reader_of
from gates.toolchains.tars import RefusedTarError, is_tar, read_files
from gates.toolchains.zips import has_more_entries

MAX_MEMBERS = 200_000
"""Members of all archives of a tree together."""
MAX_BYTES = 1024 * 1024 * 1024
"""Bytes that are unpacked of one tree."""
MAX_ARCHIVE = 128 * 1024 * 1024
"""Bytes of one archive in another."""
MAX_DEPTH = 4
"""Archives in archives."""
HEAD = 512
"""Bytes from which the kind of a file is known."""

_STREAMS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda packed: cast("IO[bytes]", gzip.GzipFile(fileobj=packed)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_CLOSED = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"\x28\xb5\x2f\xfd": "zstd"}
CODE = (".py", ".js", ".cjs", ".mjs", ".class", ".so", ".node", ".wasm", ".pyd", ".dll")
"""Names of files that hold code."""
_STARTS = (b"PK\x03\x04", *_STREAMS, *_CLOSED)
_ZIPS = (".jar", ".whl", ".zip")
_APPENDED = (*_ZIPS, ".egg", ".exe", ".pex", ".pyz", ".xpi")
"""Names of archives that may begin with something else."""
_BROKEN = (
    zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError,
    NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


class _ClosedError(Exception):
    """An archive cannot be looked into; the message says why, after its name."""


@dataclass
class Budget:
    """What may still be looked at in one tree."""

    members: int = MAX_MEMBERS
    size: int = MAX_BYTES
    code: set[str] = field(default_factory=set)
    """The archives, by the file that they are or are in, that hold code."""
    closed: list[tuple[str, str]] = field(default_factory=list)
    """Which archives were not looked into, or not to their end, and why."""

    def count_member(self) -> None:
        """One more is looked at; raises `_ClosedError` where that is one too many."""
        self.members -= 1
        if self.members < 0:
            raise _ClosedError("holds more members than are looked at in one tree")

    def unpack(self, size: int) -> None:
        """So many bytes are unpacked; raises `_ClosedError` where those are too many."""
        if size > self.size:
            raise _ClosedError("unpacks to more than is looked at in one tree")
        self.size -= size

    def read(self, stream: IO[bytes], most: int) -> bytes:
        """At most so many bytes of what is packed; raises `_ClosedError` for more."""
        data = stream.read(min(most, self.size) + 1)
        if most < len(data) <= self.size:
            raise _ClosedError(f"holds a member of more than {most // 1024 // 1024} MiB")
        self.unpack(len(data))
        return data


Member = tuple[str, bytes]
"""The way to a file that says which package is there, and what it holds."""


def is_archive(path: str, head: bytes) -> bool:
    """Whether a file that begins so may hold others."""
    return head.startswith(_STARTS) or is_tar(head) or path.endswith(_APPENDED)


def manifests(path: str, stream: IO[bytes], budget: Budget, depth: int = 1) -> Iterator[Member]:
    """The manifests in an archive, and in the archives there.

    One that is damaged, encrypted, of a kind that is not read, or beyond a limit, comes into
    `budget.closed`; what was found in it before counts.
    """
    try:
        yield from _manifests(path, stream, budget, depth)
    except (_ClosedError, RefusedTarError) as error:
        budget.closed.append((path, str(error)))
    except _BROKEN as error:
        budget.closed.append((path, f"cannot be read ({type(error).__name__})"))


def _manifests(path: str, stream: IO[bytes], budget: Budget, depth: int) -> Iterator[Member]:
    head = stream.read(HEAD)
    stream.seek(0)
    for start, kind in _CLOSED.items():
        if head.startswith(start):
            raise _ClosedError(f"is compressed as {kind}, which is not read")
    if depth > MAX_DEPTH:
        raise _ClosedError(f"lies more than {MAX_DEPTH} archives deep")
    opener = next((each for start, each in _STREAMS.items() if head.startswith(start)), None)
    zipped = head.startswith(b"PK\x03\x04") or zipfile.is_zipfile(stream)
    stream.seek(0)
    if zipped:
        yield from _zip(path, stream, budget, depth)
    elif is_tar(head):
        yield from _tar(path, stream, budget, depth)
    elif opener is not None:
        yield from _packed(path, opener, stream, budget, depth)
    elif head and path.endswith(_ZIPS):
        raise _ClosedError("has the name of an archive, and is none")


def _zip(path: str, stream: IO[bytes], budget: Budget, depth: int) -> Iterator[Member]:
    if has_more_entries(stream, budget.members):
        raise _ClosedError("holds more members than are looked at in one tree")
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                budget.count_member()
                yield from _member(
                    f"{path} > {info.filename}",
                    lambda info=info: archive.open(info),  # type: ignore[misc]
                    budget,
                    depth,
                )


def _tar(path: str, stream: IO[bytes], budget: Budget, depth: int) -> Iterator[Member]:
    def count(size: int) -> None:
        budget.count_member()
        budget.unpack(size)  # To get behind it.

    for file in read_files(stream, count):
        yield from _member(f"{path} > {file.name}", _one(file.content), budget, depth)


def _one(stream: IO[bytes]) -> Callable[[], IO[bytes]]:
    return lambda: stream


def _packed(
    path: str, opener: Callable[[IO[bytes]], IO[bytes]], stream: IO[bytes], budget: Budget,
    depth: int,
) -> Iterator[Member]:  # fmt: skip
    """What a compressed file holds: a tar, another archive, or one file that says nothing."""
    with opener(stream) as packed:
        head = packed.read(HEAD)
    if is_tar(head):
        stream.seek(0)
        with opener(stream) as packed:
            yield from _tar(path, packed, budget, depth)
            while rest := packed.read(HEAD * HEAD):  # Its end says whether it is whole.
                budget.unpack(len(rest))
    elif is_archive("", head):
        stream.seek(0)
        with opener(stream) as packed:
            inner = io.BytesIO(budget.read(packed, MAX_ARCHIVE))
        yield from manifests(f"{path} > unpacked", inner, budget, depth + 1)


def _member(
    path: str, opener: Callable[[], IO[bytes]], budget: Budget, depth: int
) -> Iterator[Member]:
    if path.endswith(CODE):
        budget.code.add(path.partition(" > ")[0])
    shown = path.encode("unicode_escape").decode()[:400]
    with opener() as stream:
        if reader_of(path.rpartition(" > ")[2]) is not None:
            yield shown, budget.read(stream, MAX_MANIFEST)
            return
        head = stream.read(HEAD)
        if not is_archive(path, head):
            return
        data = head + budget.read(stream, MAX_ARCHIVE)
    yield from manifests(shown, io.BytesIO(data), budget, depth + 1)

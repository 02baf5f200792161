"""The members of archives and compressed files, within limits. Nothing is written. Pure.

What cannot be unpacked is named as `Unread`: nobody knows what is in it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, cast

from gates.module.tree import MAX_FILE
from gates.records import dataclass, field
from gates.toolchains.secrets.pdf import UnreadableError, streams
from gates.toolchains.tars import RefusedTarError, read_files
from gates.toolchains.zips import has_more_entries

MAX_MEMBERS = 20_000
"""Members of all archives of a module together."""
MAX_BYTES = 256 * 1024 * 1024
"""Bytes of all members of a module together, unpacked."""
MAX_DEPTH = 5
"""Archives in archives."""

_OTHERS = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "lz4",
    b"MSCF": "CAB",
    b"\x1f\x9d": "compress",
    b"!<arch>\n": "ar",
    b"xar!": "xar",
}
"""Compressed formats that nothing here unpacks, by how they begin."""
_BROKEN = (
    zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError,
    NotImplementedError, RuntimeError, ValueError, UnicodeError,
)  # fmt: skip


@dataclass(frozen=True)
class Unread:
    """A file, or what is in it, that was not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Content:
    """Bytes of a module: a file, or what is in one."""

    path: str
    """The file of the module."""
    member: str
    """The way into it, " > " between archives; "" for the file itself."""
    data: bytes


@dataclass
class Budget:
    """What may still be unpacked of one module."""

    members: int = MAX_MEMBERS
    size: int = MAX_BYTES
    unread: list[Unread] = field(default_factory=list)


class _LimitError(UnreadableError):
    """A limit was reached."""


def unpack(path: str, data: bytes, budget: Budget) -> Iterator[Content]:
    """A file of the module and, where it is an archive or compressed, everything in it.

    What could not be read is added to `budget.unread`, with the path and the member.
    """
    yield from _unpack(Content(path, "", data), budget, 0)


def _unpack(content: Content, budget: Budget, depth: int) -> Iterator[Content]:
    yield content
    reader = _reader(content.data)
    if reader is None:
        for start, name in _OTHERS.items():
            if content.data.startswith(start):
                _note(content, budget, f"is compressed as {name}, which is not unpacked")
        return
    if depth == MAX_DEPTH:
        _note(content, budget, f"lies more than {MAX_DEPTH} archives deep")
        return
    try:
        for name, data in reader(content.data, budget):
            shown = name.encode("unicode_escape").decode()[:200]
            way = f"{content.member} > {shown}" if content.member else shown
            yield from _unpack(Content(content.path, way, data), budget, depth + 1)
    except (UnreadableError, RefusedTarError) as error:
        _note(content, budget, str(error))
    except _BROKEN as error:
        _note(content, budget, f"cannot be unpacked ({type(error).__name__})")


def _note(content: Content, budget: Budget, reason: str) -> None:
    where = f"{content.path} ({content.member})" if content.member else content.path
    budget.unread.append(Unread(where, reason))


Members = Iterator[tuple[str, bytes]]


def _reader(data: bytes) -> Callable[[bytes, Budget], Members] | None:
    """What gives the members of these bytes, by what they begin with; None where they have none."""
    if data.startswith(b"\x1f\x8b"):
        return partial(_stream, lambda packed: cast("IO[bytes]", gzip.open(packed)))
    if data.startswith(b"BZh"):
        return partial(_stream, lambda packed: bz2.open(packed))
    if data.startswith(b"\xfd7zXZ\0") or (data[:3] == b"\x5d\0\0" and data[5:13] == b"\xff" * 8):
        return partial(_stream, lambda packed: lzma.open(packed))
    if data[257:262] == b"ustar":
        return _tar
    if b"%PDF-" in data[:1024]:
        return _pdf
    # By its end: a program that unpacks itself is an archive, too.
    if data.startswith(b"PK\x03\x04") or zipfile.is_zipfile(io.BytesIO(data)):
        return _zip
    return None


def _take(stream: IO[bytes], budget: Budget) -> bytes:
    """All that a stream holds. Raises `_LimitError` where that is more than the module may have."""
    budget.members -= 1
    if budget.members < 0:
        raise _LimitError(f"comes after {MAX_MEMBERS:,} members of archives")
    data = stream.read(min(budget.size, MAX_FILE) + 1)
    if len(data) > MAX_FILE:
        raise _LimitError(f"unpacks to more than {MAX_FILE // 1024 // 1024} MiB in one piece")
    if len(data) > budget.size:
        raise _LimitError(f"unpacks to more than {MAX_BYTES // 1024 // 1024} MiB with the others")
    budget.size -= len(data)
    return data


def _stream(opener: Callable[[io.BytesIO], IO[bytes]], data: bytes, budget: Budget) -> Members:
    with opener(io.BytesIO(data)) as stream:
        yield "unpacked", _take(stream, budget)


def _zip(data: bytes, budget: Budget) -> Members:
    if has_more_entries(io.BytesIO(data), MAX_MEMBERS):
        raise _LimitError(f"lists more than {MAX_MEMBERS:,} members")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as stream:
                    yield info.filename, _take(stream, budget)


def _tar(data: bytes, budget: Budget) -> Members:
    for file in read_files(io.BytesIO(data), lambda _: None):
        yield file.name, _take(file.content, budget)


def _pdf(data: bytes, budget: Budget) -> Members:
    for name, stream in streams(data):
        yield name, _take(stream, budget)

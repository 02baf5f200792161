"""The files of a tar that nobody vouches for, one after the other. Pure.

`tarfile` reads a header of any length into memory, keeps each header it has seen, ends without a
word at one that is damaged, where other programs go on, and never ends at a size below zero. So
it reads single headers here, and no more. Source: POSIX.1-2017, pax; GNU tar, "Basic Tar Format".
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO

from gates.records import dataclass

MAX_HEADER = 1024 * 1024
"""Bytes of one extended header, which holds a name and what else is known of a file."""
_BLOCK = 512
_STEP = 1024 * 1024
_NAMES = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_RECORDS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE)
_WITHOUT_CONTENT = (
    tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
)  # fmt: skip


class RefusedTarError(Exception):
    """A tar cannot be read to its end; the message says why, after its name."""


@dataclass(frozen=True)
class File:
    """A file of a tar."""

    name: str
    size: int
    """Bytes, as its header says."""
    content: IO[bytes]
    """To be read before the next file is asked for."""


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with these 512 bytes is a tar: their checksum is in them, also in
    the oldest ones, which say nothing else of what they are."""
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return any(head[:100])  # its name


def read_files(stream: IO[bytes], count: Callable[[int], None]) -> Iterator[File]:
    """The files of a tar, in order; links, folders and devices are none.

    `count` is told the size of whatever a header speaks of, and may raise. Raises `RefusedTarError`
    for what is damaged, cut off or sparse, and what `stream` raises.
    """
    shared: dict[str, str] = {}
    own: dict[str, str] = {}
    while block := stream.read(_BLOCK):
        if not block.strip(b"\0"):
            if stream.read(_BLOCK).strip(b"\0"):
                raise RefusedTarError("goes on behind its end")
            return
        header = _header(block)
        count(header.size)
        if header.type in (*_NAMES, *_RECORDS):
            data = _extended(stream, header)
            if header.type == tarfile.GNUTYPE_LONGNAME:
                own["path"] = _text(data.partition(b"\0")[0])
            elif header.type == tarfile.XGLTYPE:
                shared |= _records(data)
            elif header.type in _RECORDS:
                own |= _records(data)
            continue
        said, own = {**shared, **own}, {}
        if header.type in _WITHOUT_CONTENT:
            continue
        yield from _file(stream, header, said, count)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise RefusedTarError("is damaged") from error
    if header.size < 0:
        raise RefusedTarError("is damaged")
    if header.type == tarfile.GNUTYPE_SPARSE:
        raise RefusedTarError("holds a sparse file, which is not read")
    return header


def _extended(stream: IO[bytes], header: tarfile.TarInfo) -> bytes:
    if header.size > MAX_HEADER:
        raise RefusedTarError(f"has a header of more than {MAX_HEADER // 1024} KiB")
    data = stream.read(header.size)
    _skip(stream, header.size - len(data) + -header.size % _BLOCK)
    return data


def _file(
    stream: IO[bytes], header: tarfile.TarInfo, said: Mapping[str, str],
    count: Callable[[int], None],
) -> Iterator[File]:  # fmt: skip
    size = header.size
    if "size" in said:
        if not (said["size"].isascii() and said["size"].isdigit() and len(said["size"]) < 20):
            raise RefusedTarError("is damaged")
        size = int(said["size"])
        count(size)
    content = _Content(stream, size)
    yield File(said.get("path", header.name), size, io.BufferedReader(content))
    _skip(stream, content.left + -size % _BLOCK)


def _records(data: bytes) -> dict[str, str]:
    """What an extended header says: "27 path=a.txt\\n" and so on, each with its own length."""
    found, at = {}, 0
    while at < len(data) and data[at]:
        digits = data[at : at + 10].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = data[at : at + length]
        name, equals, value = record[len(digits) + 1 :].partition(b"=")
        if len(record) != length or not equals or not value.endswith(b"\n"):
            raise RefusedTarError("is damaged")
        if name.startswith(b"GNU.sparse."):
            raise RefusedTarError("holds a sparse file, which is not read")
        found[_text(name)] = _text(value[:-1])
        at += length
    return found


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _skip(stream: IO[bytes], size: int) -> None:
    while size:
        data = stream.read(min(size, _STEP))
        if not data:
            raise RefusedTarError("is cut off")
        size -= len(data)


class _Content(io.RawIOBase):
    """So many of the next bytes of a stream."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self.left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), self.left))
        if not data and self.left and buffer:
            raise RefusedTarError("is cut off")
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)

"""What is written in a PDF: its unpacked streams, and the text that they draw. Pure.

A PDF that could hold text which this does not see is refused.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import IO

MAX_STREAM = 64 * 1024 * 1024
"""Bytes of one stream, unpacked."""

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_FILTER = re.compile(rb"/([A-Za-z0-9]+Decode|Fl|LZW|AHx|A85|RL|Crypt)\b")
_PICTURES = {b"DCTDecode", b"JPXDecode", b"CCITTFaxDecode", b"JBIG2Decode"}
_ENCRYPTED = re.compile(rb"/Encrypt\b")
_GLYPHS = re.compile(rb"/Identity-[HV]\b")
_DRAWN = re.compile(rb"\(((?:\\.|[^\\()])*)\)|\b(?:T[dDm*]|ET)\b", re.DOTALL)


class UnreadableError(Exception):
    """Something is in a file that was not read; the message says why, after the file's name."""


def streams(data: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    """The packed streams of a PDF, unpacked, and the text of each; by names for messages.

    Raises `UnreadableError` for an encrypted PDF, for a stream that is packed in another way than
    with zlib, and for text in the codes of a font.
    """
    if _ENCRYPTED.search(data):
        raise UnreadableError("is an encrypted PDF")
    glyphs = bool(_GLYPHS.search(data))
    for number, match in enumerate(_STREAM.finditer(data), 1):
        begin = max(data.rfind(b"obj", 0, match.start()), match.start() - 4096, 0)
        header = data[begin : match.start()]
        filters = set(_FILTER.findall(header)) - _PICTURES
        if not filters:
            continue  # What is not packed is read with the file's own bytes.
        unpacked = _inflate(match[1]) if filters == {b"FlateDecode"} else None
        shuffled = b"/Predictor" in header and b"/XRef" not in header and b"/Image" not in header
        if unpacked is None or shuffled:
            raise UnreadableError(f"is a PDF whose stream {number} cannot be unpacked")
        glyphs = glyphs or bool(_GLYPHS.search(unpacked))
        yield f"stream {number}", io.BytesIO(unpacked)
        yield f"text of stream {number}", io.BytesIO(_drawn(unpacked))
    if glyphs:
        raise UnreadableError("is a PDF whose text is written in the codes of a font")


def _inflate(packed: bytes) -> bytes | None:
    """The stream unpacked; None where it is broken or larger than `MAX_STREAM`."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(packed, MAX_STREAM)
    except zlib.error:
        return None
    return data if inflater.eof else None


def _drawn(stream: bytes) -> bytes:
    """The strings of a content stream, put together where they stand on one line."""
    return b"".join(b"\n" if m[1] is None else m[1] for m in _DRAWN.finditer(stream))

"""The texts that a file can be read as. Pure.

Whatever the bytes are, they become text: nothing is left out for its kind, its name or a byte that
fits no encoding.
"""

from __future__ import annotations

import codecs

from gates.records import dataclass

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024
_ASCII = bytes(byte if 32 <= byte < 127 or byte in (9, 10, 13) else 32 for byte in range(256))


@dataclass(frozen=True)
class View:
    """One way to read a file."""

    text: str
    exact: bool
    """Whether lines and columns of the text are those of the file in an editor."""


def views(data: bytes) -> tuple[View, ...]:
    """Every text that the bytes hold, the most likely first.

    Bytes with zeros or with the mark of a wide encoding are read a second time, as what is left
    without the zeros: characters of two or four bytes in a binary file, or text behind a mark that
    does not fit it. No view holds a zero.
    """
    encoding = _encoding(data)
    if encoding == "ascii":
        first = data.translate(_ASCII).decode("ascii")
    else:
        first = data.decode(encoding, "replace").removeprefix("\ufeff").replace("\0", " ")
    main = View(first, exact=True)
    if encoding == "utf-8":
        return (main,)
    left = data.replace(b"\0\0\0", b"\n" if "32" not in encoding else b"").replace(b"\0", b"")
    return main, View(left.translate(_ASCII).decode("ascii"), exact=False)


def _encoding(data: bytes) -> str:
    """The encoding of the bytes; "ascii" for what is no text."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    if b"\0" not in data:
        return "utf-8"
    sample = data[:_SAMPLE]
    zeros = [sample[start::4].count(0) * 4 / len(sample) for start in range(4)]
    if len(data) % 4 == 0 and zeros[0] < 0.1 and min(zeros[2:]) > 0.9:
        return "utf-32-le"
    if len(data) % 4 == 0 and zeros[3] < 0.1 and min(zeros[:2]) > 0.9:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    if even > 0.4 and odd < 0.1:
        return "utf-16-be"
    return "ascii"

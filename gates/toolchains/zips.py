"""How many entries the list of a zip may have, before `zipfile` reads it whole. Pure.

Its list is one of 46 bytes and a name each, packed in another archive a thousandth of that, and
becomes an object of a kilobyte for each. Source: PKWARE, APPNOTE.TXT, 4.3.12.
"""

from __future__ import annotations

from typing import IO

_ENTRY = b"PK\x01\x02"
_STEP = 4 * 1024 * 1024


def has_more_entries(stream: IO[bytes], most: int) -> bool:
    """Whether a zip may list more than so many files: how often the beginning of an entry stands
    anywhere in it, which is at least once for each. The stream is at its start before and after."""
    found, before = 0, b""
    while data := stream.read(_STEP):
        data = before + data
        found += data.count(_ENTRY)
        before = data[-3:]
    stream.seek(0)
    return found > most

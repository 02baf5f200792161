"""One digest for any plain value, the same in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from pathlib import Path

from gates.records import fields, is_dataclass

_TEXTS = frozenset({str})
_UTF_8 = ("utf-8", "surrogatepass")


def digest_of(value: object) -> str:
    """SHA-256, in hex, over a value made of texts, numbers, dates, collections and dataclasses.

    Raises `TypeError` for anything else: what is not understood must not look unchanged.
    """
    return hashlib.sha256(_encode(value)).hexdigest()


def _encode(value: object) -> bytes:
    """Kind, length and content, so that no two values have one encoding."""
    if type(value) is str:  # most of what there is; not the text of an enum
        kind, content = b"text", value.encode("utf-8", "surrogatepass")
    else:
        kind, content = _parts(value)
    return b"%s %d:%s" % (kind, len(content), content)


def _parts(value: object) -> tuple[bytes, bytes]:
    if isinstance(value, Enum):
        return b"enum", _encode(value.value)
    if value is None or isinstance(value, bool | int | float):
        return b"plain", repr(value).encode()
    if isinstance(value, str | Path):
        return b"text", str(value).encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return b"bytes", value
    if isinstance(value, date):
        return b"date", value.isoformat().encode()
    if type(value) is dict and _TEXTS.issuperset(map(type, (*value, *value.values()))):
        pairs = ((k.encode(*_UTF_8), v.encode(*_UTF_8)) for k, v in value.items())
        return b"mapping", b"".join(
            sorted(b"text %d:%stext %d:%s" % (len(k), k, len(v), v) for k, v in pairs)
        )
    if isinstance(value, Mapping):
        return b"mapping", b"".join(sorted(_encode(key) + _encode(value[key]) for key in value))
    if isinstance(value, frozenset | set):
        return b"set", b"".join(sorted(map(_encode, value)))
    if is_dataclass(value) and not isinstance(value, type):
        named = ((each.name, getattr(value, each.name)) for each in fields(value))
        return b"record", b"".join(_encode(each) for each in named)
    if isinstance(value, Iterable):
        return b"sequence", b"".join(map(_encode, value))
    raise TypeError(f"a {type(value).__name__} has no digest")

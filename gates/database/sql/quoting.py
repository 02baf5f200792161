"""Texts that stand for what a run makes: markers of what is unknown, quoting, format(). Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

NAME, WORD, RAW, NUMBER, VOID = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
"""One quoted identifier; text that cannot end a word or a literal (a date, a uuid); any text at
all; a number, which may be negative; nothing, where a known text may be NULL."""
UNKNOWN = "unknown_at_parse_time"
"""Stands in a statement for a part of a name that only a run can know."""
_PLAIN = re.compile(r"[a-z_\ue000\ue001\ue003][a-z0-9_$\ue000\ue001\ue003]*")
_BESIDE = re.compile(r"(?<=[-/*])[\ue001\ue003]|[\ue001\ue003](?=[-/*])")
_MOST_BESIDE = 3


def identifier(value: str) -> str:
    """As `quote_ident` writes it; what is unknown in it cannot leave the identifier."""
    from pglast.keywords import RESERVED_KEYWORDS

    value = value.replace(RAW, NAME)
    if _PLAIN.fullmatch(value) and value not in RESERVED_KEYWORDS:
        return value
    return '"' + value.replace('"', '""') + '"'


def literal(value: str) -> str:
    """As `quote_literal` writes it."""
    return "'" + value.replace(RAW, WORD).replace("'", "''") + "'"


def written(text: str) -> str:
    """An alternative as SQL that the parser can read."""
    text = text.replace(NUMBER, "0").replace(VOID, "")
    return re.sub(f"[{NAME}{WORD}{RAW}]", UNKNOWN, text)


def others(text: str) -> Iterator[str] | None:
    """The same text where a value beside `-`, `/` or `*` is negative or nothing: two dashes begin a
    comment. None where there are too many such values."""
    places = [each.start() for each in _BESIDE.finditer(text)]
    if len(places) > _MOST_BESIDE:
        return None
    return _others(text, places)


def _others(text: str, places: list[int]) -> Iterator[str]:
    for values in itertools.product((None, "-1", ""), repeat=len(places)):
        if any(each is not None for each in values):
            pieces = list(text)
            for place, value in zip(places, values, strict=True):
                pieces[place] = pieces[place] if value is None else value
            yield written("".join(pieces))

"""Dates, times and durations that a rule may accept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from gates.database.rows.literals import Literals
from gates.database.tenant_session import quote

_TIME = re.compile(
    r"^\d{1,4}[-:/.]\d|^\d{8}|infinity|epoch|today|now|tomorrow|yesterday", re.IGNORECASE
)
_DURATION = re.compile(r"^[-+]?\d|^P\d|infinity", re.IGNORECASE)
_OFFSETS = ("1 minute", "1 day", "1 hour", "10 days", "2 years", "-1 minute", "-1 hour", "-1 day",
            "-10 days", "-2 years")  # fmt: skip
_UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute")
_BORN = 30 * 365
"""Days to a date that is long ago."""


def times(given: Literals, shown: str, seed: int) -> Iterator[str]:
    """Expressions of a date or time type at the constants of a rule and beside them."""
    named = [each for each in given.texts if _TIME.search(each)]
    for text in named:
        at = f"{quote(text)}::{shown}"
        yield at
        yield from _moved(at, shown, (f"{seed % 1000} minutes", *_OFFSETS))
    years = [int(each) for each in given.numbers if each == int(each) and 1000 <= each <= 9999]
    if not shown.startswith("time") or "stamp" in shown:
        yield from (f"'{year}-{seed % 12 + 1:02}-15'::{shown}" for year in years[:4])
    for text in named:  # what is between two of them, as a range of a time zone or a day
        yield f"({quote(text)}::date + {1 + seed % 20})::{shown}"


def ordinary(shown: str, seed: int, today: date) -> Iterator[str]:
    """Where calendars begin and end something, and what is before or after today."""
    if shown.startswith("time") and "stamp" not in shown:
        yield from (f"'{hour:02}:00'::{shown}" for hour in (0, 6, 9, 12, 18, 23))
        return
    month = date(2026 + seed // 12 % 5, seed % 12 + 1, 1)
    monday = date(2026, 1, 5) + timedelta(weeks=seed % 500)
    days = [
        month, month - timedelta(days=1), monday, monday + timedelta(days=6),
        date(2026 + seed % 50, 1, 1), date(2026 + seed % 50, 12, 31),
        date(2026 + seed // 4 % 50, seed % 4 * 3 + 1, 1), today + timedelta(days=1),
        today - timedelta(days=1), today, today + timedelta(days=400), today - timedelta(days=400),
        today - timedelta(days=_BORN + seed % 300), date(2000, 1, 1),
    ]  # fmt: skip
    yield from (f"'{each}'::{shown}" for each in days)
    if shown != "date":
        yield from (f"'{each} 12:00:00'::{shown}" for each in days[:3])


def durations(given: Literals, shown: str, seed: int) -> Iterator[str]:
    """Durations at the constants of a rule, beside them, and of ordinary lengths."""
    for text in given.texts:
        at = f"{quote(text)}::{shown}"
        if _DURATION.search(text):
            yield at
            yield from (f"({at} {sign} interval '1 second')::{shown}" for sign in "+-")
    whole = [int(each) for each in given.numbers if each == int(each) and abs(each) < 10**6]
    yield from (f"'{number} {unit}s'::{shown}" for number in whole[:6] for unit in _UNITS)
    yield from (f"'{seed % 50 + 1} {unit}s'::{shown}" for unit in reversed(_UNITS))
    yield f"'0'::{shown}"


def _moved(at: str, shown: str, offsets: tuple[str, ...]) -> Iterator[str]:
    yield from (f"({at} + interval '{each}')::{shown}" for each in offsets)

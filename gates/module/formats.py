"""The formats that the platform holds stored settings to; every other format is a note to the form.

Draft 2020-12 leaves it open whether `format` asserts anything. The platform asserts those whose
rules are short and the same everywhere; `password` and whatever else there is asserts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_MAIL = re.compile(r"[^\s@\"]{1,64}@[^\s@]{1,255}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def _date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) and date.fromisoformat(text))


def _time(text: str) -> bool:
    return bool(_TIME.fullmatch(text) and time.fromisoformat(_without_fraction(text)) is not None)


def _date_time(text: str) -> bool:
    parts = re.fullmatch(r"([^Tt ]+)[Tt](.+)", text)
    return bool(
        parts
        and _DAY.fullmatch(parts[1])
        and _TIME.fullmatch(parts[2])
        and datetime.fromisoformat(f"{parts[1]}T{_without_fraction(parts[2])}")
    )


def _without_fraction(text: str) -> str:
    """Of any length in RFC 3339; Python reads six digits. The leap second is its 59th as well."""
    return re.sub(r":60(?=\D|$)", ":59", re.sub(r"\.\d+", "", text)).upper()


FORMATS: dict[str, Callable[[str], object]] = {
    "date": _date,
    "date-time": _date_time,
    "time": _time,
    "email": lambda text: bool(_MAIL.fullmatch(text)),
    "hostname": lambda text: len(text) <= 253 and bool(_HOST.fullmatch(text)),
    "ipv4": lambda text: bool(IPv4Address(text)) or True,
    "ipv6": lambda text: "%" not in text and (bool(IPv6Address(text)) or True),
    "uri": lambda text: bool(_URI.fullmatch(text)),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
}
"""By name: whether a text has it, or a `ValueError`. RFC 3339, 5321 (in outline), 1123, 2673,
4291, 3986 and 4122."""

SAMPLES = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:00Z",
    "time": "12:30:00Z",
    "email": "someone@example.com",
    "hostname": "www.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/a",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
}
"""A text of each."""


@cache
def format_checker() -> Any:  # noqa: ANN401 - jsonschema's stubs know no constructor by formats
    """What a validator takes to assert these formats and no others."""
    from jsonschema import FormatChecker

    made: Any = FormatChecker(formats=())
    for name, has in FORMATS.items():
        made.checkers[name] = (_of_text(has), ValueError)
    return made


def _of_text(has: Callable[[str], object]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or bool(has(value))

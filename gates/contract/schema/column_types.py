"""Which changes of a column's type lose nothing.

A type may become a wider one of its own family: every value stays what it is, everything that
could be written still can be, and every comparison that was written still runs. A call need not: a
function that takes integer takes no bigint, as no cast leads back unasked. All other changes break:
`text` takes every uuid, but `id = '...'::uuid` does not run on it any more.
Names are those of `format_type` (PostgreSQL, "System Information Functions").
"""

from __future__ import annotations

import re

_SIZED = re.compile(r"([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( (?:with|without) time zone)?(\[\])?")

WIDER: dict[str, tuple[str, ...]] = {
    "smallint": ("integer", "bigint", "numeric"),
    "integer": ("bigint", "numeric"),
    "bigint": ("numeric",),
    "real": ("double precision",),
    "character varying": ("text",),
    "bit": ("bit varying",),
}
"""A type and those that take all its values, without a size of their own. `text` and numbers of
different families are not among them; nor is `json` to `jsonb`, which refuses `\\u0000`."""

_GROWS = frozenset({
    "character varying", "bit varying", "timestamp without time zone", "timestamp with time zone",
    "time without time zone", "time with time zone", "interval",
})  # fmt: skip
"""Types that take more with a larger number in brackets, and everything without one."""

_CALLS = {
    "smallint": "int2abs({})",
    "integer": "repeat('x', {})",
    "bigint": "to_hex({})",
    "real": "float4abs({})",
}
"""Calls of PostgreSQL's own functions that take a type and nothing wider: pg_cast has no implicit
cast from the wider type back (castcontext 'i')."""

_LONGEST = 60


def widened(old: str, new: str) -> bool:
    """Whether `new` takes every value of `old` as it is."""
    one, other = _parts(old), _parts(new)
    if one is None or other is None or one[3] != other[3]:
        return False
    (base, size, scale, _), (target, wide, fine, _) = one, other
    if base == target:
        if base == "numeric":
            return wide is None or (
                size is not None and wide - (fine or 0) >= size - (scale or 0)
                and (fine or 0) >= (scale or 0)
            )  # fmt: skip
        if base in _GROWS:
            return wide is None or (size is not None and wide >= size)
        return size == wide
    if target not in WIDER.get(base, ()):
        return False
    return wide is None or (base == "bit" and size is not None and wide >= size)


def refused_call(old: str, new: str, column: str) -> str | None:
    """An expression that ran on a column of the old type, and is refused on the wider new one; None
    where a value of that is taken for one of the old type without a cast."""
    one, other = _parts(old), _parts(new)
    if one is None or other is None or one[0] == other[0] or one[0] not in _CALLS:
        return None
    return f"{column} && '{{}}'::{old}" if one[3] else _CALLS[one[0]].format(column)


def refused_value(old: str, new: str) -> str | None:
    """A value of the old type, as SQL, that the new one refuses; None where none is known."""
    one, other = _parts(old), _parts(new)
    if one is None or other is None or one[3] or other[3]:
        return None
    base, size, _, _ = one
    target, limit, fine, _ = other
    if base in {"text", "character varying"} and target == "character varying" and limit:
        length = limit + 1 if size is None else min(size, limit + 1)
        return f"repeat('x', {length})"
    if base in {"text", "character varying"} and target != "text":
        return "'x'"
    largest = {"smallint": 32767, "integer": 2147483647, "bigint": 9223372036854775807}
    if base in largest and target in largest and largest[target] < largest[base]:
        return str(largest[target] + 1)
    if base == "numeric" and target == "numeric" and limit is not None:
        return str(10 ** (limit - (fine or 0)))
    return None


def _parts(text: str) -> tuple[str, int | None, int | None, bool] | None:
    match = _SIZED.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    base, size, scale, zone, array = match.groups()
    numbers = (int(each) if each else None for each in (size, scale))
    return (base + (zone or ""), *numbers, bool(array))  # type: ignore[return-value]

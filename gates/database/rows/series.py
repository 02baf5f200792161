"""SQL expressions that give another value of a type for every number `g.i` from 1 on. Pure.

None of them is a value that the row maker makes for its first rows.
"""

from __future__ import annotations

import re

_LENGTH = re.compile(r"\((\d+)\)")
_PRECISION = re.compile(r"numeric\((\d+),(-?\d+)\)")
SMALLEST_TEXT = 7
"""Characters that "v" and a number up to 999,999 need."""

_PLAIN = {
    "int4": "(100000 + g.i)", "int8": "(100000 + g.i)", "float4": "(100000 + g.i)",
    "float8": "(100000 + g.i)", "money": "(100000 + g.i)", "oid": "(100000 + g.i)",
    "text": "('v' || g.i)", "citext": "('v' || g.i)",
    "name": "('v' || g.i)",
    "uuid": "('00000000-0000-4000-9000-' || lpad(to_hex(g.i), 12, '0'))",
    "date": "(date '2026-01-01' - g.i)",
    "timestamp": "(timestamp '2026-01-01' - g.i * interval '1 minute')",
    "timestamptz": "(timestamptz '2026-01-01 00:00+00' - g.i * interval '1 minute')",
    "interval": "((100000 + g.i) * interval '1 minute')",
    "json": "json_build_object('n', g.i)", "jsonb": "jsonb_build_object('n', g.i)",
    "bytea": "decode('ff' || lpad(to_hex(g.i), 8, '0'), 'hex')",
    "macaddr": "('06:00:' || regexp_replace(lpad(to_hex(g.i), 8, '0'), '(..)(?!$)', '\\1:', 'g'))",
    "int4range": "int4range(1000000 + 10 * g.i, 1000005 + 10 * g.i)",
    "int8range": "int8range(1000000 + 10 * g.i, 1000005 + 10 * g.i)",
    "numrange": "numrange(1000000 + 10 * g.i, 1000005 + 10 * g.i)",
    "daterange": "daterange(date '2100-01-01' + 2 * g.i, date '2100-01-02' + 2 * g.i)",
    "tsrange": "tsrange(timestamp '2100-01-01' + g.i * interval '1 hour',"
    " timestamp '2100-01-01 00:30' + g.i * interval '1 hour')",
    "tstzrange": "tstzrange(timestamptz '2100-01-01 00:00+00' + g.i * interval '1 hour',"
    " timestamptz '2100-01-01 00:30+00' + g.i * interval '1 hour')",
}  # fmt: skip


def varying(name: str, shown: str) -> str | None:
    """An expression of the type `name` (pg_type.typname), which `format_type` calls `shown`.

    None where a type has too few values, or none that is known here: booleans, enums, short texts.
    """
    if name == "int2":
        return f"(10000 + g.i % 20000)::{shown}"
    if name == "numeric":
        precise = _PRECISION.search(shown)
        whole = int(precise[1]) - int(precise[2]) if precise else 9
        return f"(({10**whole // 2} + g.i) % {10**whole})::{shown}" if whole >= 4 else None
    if name in {"varchar", "bpchar"}:
        limit = _LENGTH.search(shown)
        if limit is not None and int(limit[1]) < SMALLEST_TEXT:
            return None
        return f"('v' || g.i)::{shown}"
    if name == "inet":
        parts = " || '.' || ".join(f"(g.i >> {shift} & 255)" for shift in (16, 8, 0))
        return f"('11.' || {parts})::{shown}"
    plain = _PLAIN.get(name)
    return f"{plain}::{shown}" if plain else None

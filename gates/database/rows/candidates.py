"""Values that a rule suggests, by the kind of the type that it is about.

Some may not even be of the type; whoever uses them has the server try them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice

from gates.database.rows import numbers, texts, times
from gates.database.rows.documents import documents, pairs
from gates.database.rows.literals import Literals, literals_of
from gates.database.rows.values import Type, Types
from gates.database.tenant_session import quote

_MOST = 160
"""Expressions for one column."""
_MOST_FITTING = 4
_MOST_ITEMS = 20
_MOST_ELEMENTS = 14


def likely(types: Types, kind: Type, shown: str, rule: str, seed: int) -> list[str]:
    """Expressions of a type from the constants of one rule, or of several joined by AND."""
    seed = abs(seed)
    given = literals_of(rule)
    return list(islice(dict.fromkeys(_likely(types, kind, shown, rule, given, seed)), _MOST))


def ordinary(types: Types, kind: Type, shown: str, rule: str, seed: int) -> list[str]:
    """Expressions of a type in the forms that applications use, whatever a rule names."""
    seed = abs(seed)
    found: list[str] = []
    if kind.element is not None:
        element = types.get(kind.element)
        each = ordinary(types, element, _inner(types, kind, shown), rule, seed)
        found = [f"ARRAY[{one}]::{shown}" for one in each]
    elif kind.kind != "b":
        pass
    elif kind.category == "S":
        found = [f"{quote(each)}::{shown}" for each in texts.ordinary(seed)]
    elif kind.category == "N":
        found = [f"{quote(each)}::{shown}" for each in numbers.ordinary(seed)]
    elif kind.category == "D":
        found = list(times.ordinary(shown, seed, datetime.now(UTC).date()))
    return list(dict.fromkeys(found))


def _likely(
    types: Types, kind: Type, shown: str, rule: str, given: Literals, seed: int
) -> Iterator[str]:
    if kind.category == "B":
        yield from ("true", "false")
    elif kind.kind == "e":
        named = [each for each in kind.labels if each in given.texts]
        yield from (f"{quote(label)}::{shown}" for label in dict.fromkeys([*named, *kind.labels]))
    elif kind.element is not None:
        yield from _arrays(types, kind, shown, rule, given, seed)
    elif kind.kind in {"r", "m"}:
        yield from _ranges(types, kind, shown, given, seed)
    elif kind.kind == "c":
        yield from _composites(types, kind, shown, given, seed)
    elif kind.name in {"json", "jsonb"}:
        fitting = list(islice(texts.texts(given, seed), _MOST_FITTING)) if given.patterns else []
        yield from (f"{quote(each)}::{shown}" for each in documents(rule, given, seed, fitting))
    elif kind.name == "hstore":
        yield from (f"{quote(each)}::{shown}" for each in pairs(given, seed))
    elif kind.name == "bytea":
        yield from (f"'\\x{seed % (1 << 8 * min(size, 3)):0{2 * size}x}'::bytea"
                    for size in given.sizes)  # fmt: skip
    elif kind.category == "S":
        found: Iterator[str] = texts.texts(given, seed)
        if "::json" in rule:
            found = chain(documents(rule, given, seed), found)
        yield from (f"{quote(each)}::{shown}" for each in found)
    elif kind.category == "G":
        yield from (f"'({x},{y})'::{shown}" for x, y in ((0, 0), (1, seed % 90), (10, 45)))
    elif kind.category == "N":
        whole = kind.name in {"int2", "int4", "int8"}
        yield from (f"{quote(each)}::{shown}" for each in numbers.numbers(given, seed)
                    if not (whole and "." in each))  # fmt: skip
    elif kind.category == "D":
        yield from times.times(given, shown, seed)
    elif kind.category == "T":
        yield from times.durations(given, shown, seed)
    else:
        yield from (f"{quote(each)}::{shown}" for each in given.texts)
        if kind.name in {"inet", "cidr"}:
            yield from (f"'fd00::{seed:x}'::{shown}", f"'10.{seed % 256}.{seed >> 8 & 255}.0/24'")
    if kind.kind == "b" and kind.element is None:
        # A rule that compares columns wants one to be more than another.
        yield from (types.value(kind.oid, shown, seed + later) for later in (1, 40, 3, 1000))


def _inner(types: Types, kind: Type, shown: str) -> str:
    """The type of an array's elements."""
    assert kind.element is not None  # noqa: S101 - for the type checker
    return shown.removesuffix("[]") if shown.endswith("[]") else types.get(kind.element).shown


def _arrays(
    types: Types, kind: Type, shown: str, rule: str, given: Literals, seed: int
) -> Iterator[str]:
    if kind.element is None:
        return
    element, inner = types.get(kind.element), _inner(types, kind, shown)
    plain = [types.value(element.oid, inner, seed + at) for at in range(_MOST_ITEMS)]
    sizes = [each for each in dict.fromkeys([1, *given.sizes]) if each <= _MOST_ITEMS]
    words = [each for each in given.texts if not each.startswith("{")]
    words += [item for each in given.texts if each[:1] == "{" for item in each[1:-1].split(",")]
    named = [f"{quote(each)}::{inner}" for each in words]
    fitting = named + likely(types, element, inner, rule, seed)[:_MOST_ELEMENTS]
    for size in sizes:
        yield f"ARRAY[{', '.join(plain[:size])}]::{shown}"
    for each in fitting:
        yield f"ARRAY[{each}]::{shown}"
    for at in range(len(named)):
        yield f"ARRAY[{', '.join(named[at:])}]::{shown}"
    for size in sizes[1:]:
        yield from (f"ARRAY[{', '.join([each] * size)}]::{shown}" for each in fitting[:4])
    yield from (f"{quote(each)}::{shown}" for each in given.texts if each.startswith("{"))
    yield f"'{{}}'::{shown}"


def _ranges(types: Types, kind: Type, shown: str, given: Literals, seed: int) -> Iterator[str]:
    if kind.subtype is None or kind.kind == "m":
        return
    subtype = types.get(kind.subtype)
    name = subtype.shown
    whole = [int(each) for each in given.numbers if each == int(each)][:8]
    if subtype.category == "N":
        for number in whole:
            low = f"{number + 2 * seed}::{name}"
            yield f"{shown}({low}, ({low} + 1)::{name})"
            yield f"{shown}({number}::{name}, {number + 1}::{name})"
            yield f"{shown}({2 * seed}::{name}, ({2 * seed} + {abs(number)} + 1)::{name})"
    if subtype.category == "D":
        base = types.value(subtype.oid, name, 40 * seed)
        lows = [f"{quote(text)}::{name}" for text in given.texts]
        for low in (*lows, base):
            later = f"({low} + interval '{seed} hours')::{name}"
            for unit in ("day", "hour", "month"):
                yield f"{shown}({later}, ({later} + interval '1 {unit}')::{name})"
            for number in whole:
                yield f"{shown}({low}, ({low} + interval '{abs(number) + 1} days')::{name})"
    yield from (f"{quote(each)}::{shown}" for each in given.texts)


def _composites(types: Types, kind: Type, shown: str, given: Literals, seed: int) -> Iterator[str]:
    attributes = [types.get(each) for each in kind.attributes]
    for number in given.sizes:
        parts = [
            f"{number}::{each.shown}" if each.category == "N" else types.value(
                each.oid, each.shown, seed)
            for each in attributes
        ]  # fmt: skip
        yield f"ROW({', '.join(parts)})::{shown}"

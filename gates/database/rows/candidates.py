"""More values that a CHECK expression suggests: by the kind of the type that it is about.

What none of them meets is still said; some may not even be of the type, and are tried out first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gates.database.rows.values import Type, Types
from gates.database.tenant_session import quote

_NUMBER = re.compile(r"(?<![\w.'])(\d+(?:\.\d+)?)(?![\w.])")
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_KEY = re.compile(r"(?:->>?|\?)\s*'((?:[^']|'')+)'")
_REMAINDER = re.compile(r"% (\d+)\) = (\d+)")
_LONGEST = 4096
_MOST_ITEMS = 20


def suggested(types: Types, kind: Type, shown: str, rule: str, seed: int) -> list[str]:
    """Expressions of a type that a rule may accept, for one seed."""
    numbers = [float(each) for each in _NUMBER.findall(rule)]
    whole = sorted({int(each) for each in numbers if each == int(each)})
    texts = [each.replace("''", "'") for each in _TEXT.findall(rule)]
    found: list[str] = []
    if kind.element is not None:
        found += _arrays(types, kind, shown, whole, texts, seed)
    elif kind.kind in {"r", "m"}:
        found += _ranges(types, kind, shown, whole, texts, seed)
    elif kind.kind == "c":
        found += _composites(types, kind, shown, whole, seed)
    elif kind.name in {"json", "jsonb"}:
        found += [f"{quote(each)}::{shown}" for each in _documents(rule, texts, whole, seed)]
    elif kind.name == "bytea":
        lengths = {size for each in whole for size in (each, each + 1) if 0 < size <= _LONGEST}
        found += [f"'\\x{seed % (1 << 8 * min(size, 3)):0{2 * size}x}'::bytea"
                  for size in sorted(lengths)]  # fmt: skip
    elif kind.name in {"inet", "cidr"}:
        found.append(f"'fd00::{seed:x}'::{shown}")
    elif kind.category == "S":
        found += _words(shown, whole, seed)
    elif kind.category == "N":
        for divisor, rest in _REMAINDER.findall(rule):
            step = max(int(divisor), 1)
            start = max([*whole, 0]) // step + 1
            found += [f"{quote(str((start + seed + more) * step + int(rest)))}::{shown}"
                      for more in (0, 1)]  # fmt: skip
    if kind.kind == "b" and kind.element is None:
        # A rule that compares columns wants one to be more than another.
        found += [types.value(kind.oid, shown, seed + later) for later in (1, 40)]
    return list(dict.fromkeys(found))


def _words(shown: str, lengths: list[int], seed: int) -> Iterator[str]:
    """Letters alone, of a length."""
    for length in dict.fromkeys(size for each in lengths for size in (each, each + 1, each - 1)):
        if 0 < length <= _LONGEST:
            digits = [chr(97 + int(each)) for each in f"{seed:04d}"]
            word = ("".join(digits) + "abcdefghij" * (length // 10 + 1))[:length]
            yield f"{quote(word)}::{shown}"
            yield f"{quote(word.upper())}::{shown}"


def _arrays(
    types: Types, kind: Type, shown: str, whole: list[int], texts: list[str], seed: int
) -> Iterator[str]:
    if kind.element is None:
        return
    element = types.get(kind.element)
    inner = shown.removesuffix("[]") if shown.endswith("[]") else element.shown
    for size in dict.fromkeys(more for each in [1, *whole] for more in (each, each + 1)):
        if 0 < size <= _MOST_ITEMS:
            items = ", ".join(types.value(element.oid, inner, seed + at) for at in range(size))
            yield f"ARRAY[{items}]::{shown}"
    words = [each for each in texts if not each.startswith("{")]
    words += [item for each in texts if each.startswith("{") for item in each[1:-1].split(",")]
    for at in range(len(words)):
        yield f"ARRAY[{', '.join(map(quote, words[at:]))}]::{shown}"
        yield f"ARRAY[{quote(words[at])}]::{shown}"


def _ranges(
    types: Types, kind: Type, shown: str, whole: list[int], texts: list[str], seed: int
) -> Iterator[str]:
    if kind.subtype is None or kind.kind == "m":
        return
    subtype = types.get(kind.subtype)
    for number in whole if subtype.category == "N" else ():
        low = f"{number + 2 * seed}::{subtype.shown}"
        yield f"{shown}({low}, ({low} + 1)::{subtype.shown})"
        yield f"{shown}({number}::{subtype.shown}, {number + 1}::{subtype.shown})"
    for text in texts if subtype.category == "D" else ():
        low = f"{quote(text)}::{subtype.shown}"
        later = f"({low} + interval '{seed} hours')::{subtype.shown}"
        yield f"{shown}({later}, ({later} + interval '1 day')::{subtype.shown})"


def _composites(types: Types, kind: Type, shown: str, whole: list[int], seed: int) -> Iterator[str]:
    attributes = [types.get(each) for each in kind.attributes]
    for number in dict.fromkeys(more for each in whole for more in (each, each + 1, each - 1)):
        parts = [
            f"{number}::{each.shown}" if each.category == "N" else types.value(
                each.oid, each.shown, seed)
            for each in attributes
        ]  # fmt: skip
        yield f"ROW({', '.join(parts)})::{shown}"


def _documents(rule: str, texts: list[str], whole: list[int], seed: int) -> Iterator[str]:
    """JSON texts: with the keys that the rule names, and lists."""
    keys = [each.replace("''", "'") for each in _KEY.findall(rule)]
    constants = [each for each in texts if each not in keys]
    values: list[object] = [*constants, seed, f"v{seed}", True, [seed], {"a": seed}, *whole]
    if keys:
        for value in values:
            yield json.dumps(dict.fromkeys(keys, value))
        if len(keys) > 1 and len(constants) >= len(keys):
            yield json.dumps(dict(zip(keys, constants, strict=False)))
    for size in dict.fromkeys([1, *whole]):
        if 0 < size <= _MOST_ITEMS:
            yield json.dumps([seed + at for at in range(size)])
            yield json.dumps([f"v{seed + at}" for at in range(size)])
    yield from (json.dumps(seed), json.dumps(f"v{seed}"), "true", "[]", "{}")

"""Random settings schemas, small changes of them, and random settings; small enough to collide.

Each depth has names of its own, so that a name in the text of a schema is one of a setting there.
"""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any
from unittest.mock import patch

from gates.contract import Change
from gates.contract.settings import compare_settings
from gates.module import Document

NAMES = (("a", "b"), ("c", "d"), ("e", "f"))
TEXTS = ("", "x", "xy", "abc", "Q", "7")
NUMBERS = (-1, 0, 1, 2, 3, 4, 0.5, 2.5)
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def schema(r: Random, depth: int = 0) -> Any:
    """A schema of a value at a depth."""
    kind = r.choice(
        ("number", "number", "text", "choice", "object", "array", "logic", "ref", "bool")
    )
    if kind == "object" and depth < 2:
        return an_object(r, depth)
    if kind == "array" and depth < 2:
        return an_array(r, depth)
    if kind == "logic" and depth < 2:
        return logic(r, depth)
    if kind == "ref":
        return {"$ref": f"#/$defs/{r.choice('pq')}"}
    if kind == "bool" and r.random() < 0.5:
        return r.random() < 0.8
    if kind == "text":
        made: dict[str, Any] = {"type": "string"}
        if r.random() < 0.5:
            made[r.choice(("minLength", "maxLength"))] = r.randint(0, 3)
        if r.random() < 0.3:
            made["pattern"] = r.choice(("^x", "^[a-x]*$", "[0-9]", "y$"))
        return made
    if kind == "choice":
        values = [*TEXTS[:4], *NUMBERS[:4], None, True]
        return {"enum": r.sample(values, r.randint(1, 4))}
    made = {"type": r.choice(("integer", "number", ["integer", "null"]))}
    for _ in range(r.randint(0, 2)):
        made[r.choice(BOUNDS)] = r.randint(-1, 4)
    if r.random() < 0.2:
        made["multipleOf"] = r.choice((1, 2, 0.5))
    if r.random() < 0.2:
        del made["type"]
    return made


def an_object(r: Random, depth: int) -> dict[str, Any]:
    """A schema of an object, with rules on its members."""
    named = r.sample(NAMES[depth], r.randint(0, 2))
    made: dict[str, Any] = {
        "type": "object", "properties": {name: schema(r, depth + 1) for name in named},
    }  # fmt: skip
    if r.random() < 0.4:
        made["required"] = [r.choice(NAMES[depth])]
    if r.random() < 0.4:
        made["additionalProperties"] = r.choice((False, False, {"type": "integer"}))
    if r.random() < 0.15:
        made["patternProperties"] = {"^z": schema(r, depth + 1)}
    if r.random() < 0.15:
        made[r.choice(("minProperties", "maxProperties"))] = r.randint(0, 2)
    if r.random() < 0.15:
        made["dependentRequired"] = {NAMES[depth][0]: [NAMES[depth][1]]}
    if r.random() < 0.1:
        made["propertyNames"] = {"maxLength": r.randint(1, 2)}
    if r.random() < 0.1:
        made["unevaluatedProperties"] = False
    if r.random() < 0.25:
        made |= logic(r, depth)
    return made


def an_array(r: Random, depth: int) -> dict[str, Any]:
    """A schema of a list."""
    made: dict[str, Any] = {"type": "array"}
    if r.random() < 0.7:
        made["items"] = schema(r, depth + 1)
    if r.random() < 0.3:
        made["prefixItems"] = [schema(r, depth + 1) for _ in range(r.randint(1, 2))]
    if r.random() < 0.4:
        made[r.choice(("minItems", "maxItems"))] = r.randint(0, 2)
    if r.random() < 0.2:
        made["uniqueItems"] = True
    if r.random() < 0.2:
        made["contains"] = schema(r, depth + 1)
    return made


def logic(r: Random, depth: int) -> dict[str, Any]:
    """Rules that combine others about the same value."""

    def part() -> Any:
        return schema(r, depth) if r.random() < 0.5 else fragment(r, depth)

    keyword = r.choice(("allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas"))
    if keyword == "not":
        return {"not": part()}
    if keyword == "if":
        return {"if": part(), r.choice(("then", "else")): part()}
    if keyword == "dependentSchemas":
        return {keyword: {NAMES[min(depth, 2)][0]: part()}}
    return {keyword: [part() for _ in range(r.randint(1, 2))]}


def fragment(r: Random, depth: int) -> dict[str, Any]:
    """A rule about one member."""
    name = r.choice(NAMES[min(depth, 2)])
    made: dict[str, Any] = {}
    if r.random() < 0.7:
        made["properties"] = {name: schema(r, 2)}
    if r.random() < 0.5 or not made:
        made["required"] = [name]
    return made


def settings(r: Random) -> dict[str, Any]:
    """A whole settings schema."""
    return {**an_object(r, 0), "$defs": {name: schema(r, 2) for name in "pq" for _ in "x"}} | {
        "$defs": {"p": plain(r), "q": plain(r)}
    }


def plain(r: Random) -> Any:
    """A schema without references."""
    while True:
        made = schema(r, 2)
        if "$ref" not in json.dumps(made):
            return made


def changed(r: Random, old: dict[str, Any]) -> dict[str, Any]:
    """The schema with one to three small changes somewhere in it."""
    new = copy.deepcopy(old)
    for _ in range(r.randint(1, 3)):
        places = list(schemas_in(new, 0))
        owner, key, depth = r.choice(places)
        inner = owner[key]
        how = r.random()
        if not isinstance(inner, dict) or how < 0.25:
            owner[key] = plain(r) if depth > 1 else schema(r, depth)
        elif how < 0.5:
            loose = [k for k in inner if k not in ("$defs", "then", "else", "if")]
            if loose:
                del inner[r.choice(loose)]
        elif how < 0.75:
            numbers = [k for k, v in inner.items() if type(v) in (int, float)]
            if numbers:
                one = r.choice(numbers)
                inner[one] = max(inner[one] + r.choice((-1, 1)), -1 if one in BOUNDS else 0) or (
                    1 if one == "multipleOf" else 0
                )
        else:
            more = schema(r, 2)
            if isinstance(more, dict) and "$ref" not in inner:
                inner |= {k: v for k, v in more.items() if k != "$ref"}
    return {**new, "type": "object", "$defs": {"p": True, "q": True, **new.get("$defs", {})}}


def schemas_in(node: Any, depth: int) -> Any:
    """Each schema inside one: what holds it, its key there, and its depth."""
    if not isinstance(node, dict):
        return
    for keyword in ("properties", "patternProperties", "dependentSchemas", "$defs"):
        for name in node.get(keyword, ()):
            inside = 2 if keyword == "$defs" else depth + (keyword != "dependentSchemas")
            yield node[keyword], name, inside
            yield from schemas_in(node[keyword][name], inside)
    for keyword in ("prefixItems", "allOf", "anyOf", "oneOf"):
        for index in range(len(node.get(keyword, ()))):
            inside = depth + (keyword == "prefixItems")
            yield node[keyword], index, inside
            yield from schemas_in(node[keyword][index], inside)
    for keyword in ("items", "additionalProperties", "not", "if", "then", "else", "contains"):
        if keyword in node:
            inside = depth + (keyword in ("items", "additionalProperties", "contains"))
            yield node, keyword, inside
            yield from schemas_in(node[keyword], inside)


def value(r: Random, depth: int = 0) -> Any:
    """Any JSON value with the names of its depth."""
    kind = r.randrange(9 if depth < 3 else 5)
    if kind < 2:
        return r.choice(NUMBERS)
    if kind < 4:
        return r.choice(TEXTS)
    if kind == 4:
        return r.choice((None, True, False))
    if kind < 7:
        return [value(r, depth + 1) for _ in range(r.randint(0, 3))]
    return document(r, depth)


def document(r: Random, depth: int = 0) -> dict[str, Any]:
    """Random settings."""
    names = [*(NAMES[depth] if depth < 3 else ()), "zz", "other"]
    chosen = [name for name in names if r.random() < (0.6 if len(name) == 1 else 0.1)]
    return {name: value(r, depth + 1) for name in chosen}


def new_names(old: Any, new: Any) -> list[str]:
    """The names that only the new schema knows, as they look in the text of settings."""
    before, after = json.dumps(old), json.dumps(new)
    names = [f'"{name}"' for names in NAMES for name in names]
    return [f"{name}:" for name in names if name in after and name not in before]


def uses(names: list[str], stored: Any) -> bool:
    """Whether settings use one of these names."""
    return bool(names) and any(name in json.dumps(stored) for name in names)


def compared(old: Document, new: Document) -> list[Change]:
    """As `compare_settings` says it, and never from a process of its own: the patterns here take
    no time, the start of a process half a second."""
    with patch("gates.contract.settings.bounded._may_take_long", return_value=False):
        return compare_settings(old, new)

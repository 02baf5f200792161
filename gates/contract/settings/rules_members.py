"""Whether an old schema already demands what a keyword about members or items demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.contract.settings.canon import Canon
from gates.contract.settings.view import Conj, Rule, View, matches
from gates.module.subschemas import Place

if TYPE_CHECKING:
    from gates.contract.settings.subset import Prover


def _required(
    prover: Prover, before: View, after: View, _pointer: Place, names: list[str], sure: bool
) -> bool:
    filled_before = before.defaults(prover.old)
    filled_after = after.defaults(prover.new) if sure and prover.fills_safely else {}
    for name in names:
        if name in filled_after:
            if not prover.new.valid(after.of_key(name), filled_after[name]):
                return False
        elif name not in before.required or name in filled_before:
            return False
    return True


def _properties(
    prover: Prover, before: View, _after: View, pointer: Place, named: dict[str, Any], sure: bool
) -> bool:
    for name in named:
        there = before.of_key(name)
        if not there and not prover.means_something(before, name):
            continue
        if not prover.subset(there, ((*pointer, "properties", name),), sure=sure):
            return False
    return True


def _pattern_properties(
    prover: Prover, before: View, _after: View, pointer: Place, named: dict[str, Any], sure: bool
) -> bool:
    for pattern in named:
        wanted = ((*pointer, "patternProperties", pattern),)
        keys = [before.of_key(name) for name in before.names if matches(pattern, name)]
        keys += [_of_pattern(before, each) for each in before.patterns]
        if before.of_others and pattern not in before.patterns:
            keys.append(before.of_others)
        if not all(prover.subset(each, wanted, sure=sure) for each in keys):
            return False
    return True


def _additional_properties(
    prover: Prover, before: View, _after: View, pointer: Place, value: object, sure: bool
) -> bool:
    if value is True:
        return True
    wanted = ((*pointer, "additionalProperties"),)
    beside = View(((pointer, prover.new.schema(pointer)),), never=False)
    keys = [before.of_key(name) for name in before.names if not beside.says(name)]
    keys += [_of_pattern(before, each) for each in before.patterns if each not in beside.patterns]
    return all(prover.subset(each, wanted, sure=sure) for each in [*keys, before.of_others])


def _property_names(
    prover: Prover, before: View, _after: View, pointer: Place, _value: object, _sure: bool
) -> bool:
    wanted = (*pointer, "propertyNames")
    if any(
        prover.subset(((*place, "propertyNames"),), (wanted,), frozenset({"string"}), sure=False)
        for place, _ in before.every("propertyNames")
    ):
        return True
    closed = bool(before.of_others) and prover.old.view(before.of_others).never
    return (
        closed
        and not before.patterns
        and all(prover.new.valid((wanted,), name) for name in before.names)
    )


def _dependent_required(
    prover: Prover,
    before: View,
    _after: View,
    _pointer: Place,
    value: dict[str, list[str]],
    _sure: bool,
) -> bool:
    for name, needed in value.items():
        there = set(before.required)
        for _, given in before.every("dependentRequired"):
            there |= set(given.get(name, ()))
        absent = prover.old.view(before.of_key(name)).never
        new_name = not before.of_key(name) and not prover.means_something(before, name)
        if not absent and not new_name and not set(needed) <= there:
            return False
    return True


def _unevaluated_properties(
    prover: Prover, before: View, _after: View, pointer: Place, value: object, _sure: bool
) -> bool:
    """The same rule, for no fewer keys: those that are named for sure, and equal branches."""
    wanted = prover.canon_new.schema((*pointer, "unevaluatedProperties"))
    here = prover.new.view((pointer,))
    if value is True or here.every("additionalProperties"):
        return True
    for place, _ in before.every("unevaluatedProperties"):
        there = prover.old.view((place,))
        if (
            wanted is not None
            and prover.canon_old.schema((*place, "unevaluatedProperties")) == wanted
            and not there.every("additionalProperties")
            and set(there.names) <= set(here.names)
            and set(there.patterns) <= set(here.patterns)
            and _choices(prover.canon_old, there) == _choices(prover.canon_new, here)
        ):
            return True
    return False


def _items(
    prover: Prover, before: View, _after: View, pointer: Place, value: object, sure: bool
) -> bool:
    beside = len(prover.new.schema(pointer).get("prefixItems", ()))
    most = before.tightest("maxItems")
    wanted = ((*pointer, "items"),)
    positions = [*range(beside, max(beside, before.positions)), None]
    return value is True or all(
        prover.subset(before.of_item(each), wanted, sure=sure)
        for each in positions
        if most is None or (max(beside, before.positions) if each is None else each) < most
    )


def _prefix_items(
    prover: Prover, before: View, _after: View, pointer: Place, value: list[Any], sure: bool
) -> bool:
    most = before.tightest("maxItems")
    return all(
        prover.subset(before.of_item(n), ((*pointer, "prefixItems", n),), sure=sure)
        for n in range(len(value))
        if most is None or n < most
    )


def _contains(
    prover: Prover, before: View, _after: View, pointer: Place, _value: object, _sure: bool
) -> bool:
    wanted = prover.canon_new.schema((*pointer, "contains"))
    least, most = _counts(prover.new.schema(pointer))
    return any(
        prover.canon_old.schema((*place, "contains")) == wanted is not None
        and least <= _counts(prover.old.schema(place))[0]
        and most >= _counts(prover.old.schema(place))[1]
        for place, _ in before.every("contains")
    )


RULES: dict[str, Rule] = {
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "dependentRequired": _dependent_required,
    "unevaluatedProperties": _unevaluated_properties,
    "items": _items,
    "prefixItems": _prefix_items,
    "contains": _contains,
}
"""By keyword."""


def _choices(canon: Canon, view: View) -> list[str]:
    """The branches of a view, by which further keys may be evaluated."""
    keywords = ("anyOf", "oneOf", "if", "dependentSchemas")
    return sorted(
        str(canon.keyword(pointer, keyword))
        for keyword in keywords
        for pointer, _ in view.every(keyword)
    )


def _counts(schema: dict[str, Any]) -> tuple[float, float]:
    return schema.get("minContains", 1), schema.get("maxContains", float("inf"))


def _of_pattern(view: View, pattern: str) -> Conj:
    return tuple(
        (*pointer, "patternProperties", pattern)
        for pointer, named in view.every("patternProperties")
        if pattern in named
    )

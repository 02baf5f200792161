"""Whether an old schema already demands what a choice, a condition or a negation demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.contract.settings.disjoint import disjoint
from gates.contract.settings.side import ANNOTATIONS, text_of
from gates.contract.settings.view import Rule, View
from gates.module.subschemas import Place

if TYPE_CHECKING:
    from gates.contract.settings.subset import Prover


MOST_BRANCHES = 200
"""Forms that are held against each other; a choice of more is not looked through."""


def _not(
    prover: Prover, before: View, _after: View, pointer: Place, _value: object, _sure: bool
) -> bool:
    if prover.same(before, pointer, "not"):
        return True
    refused = _plain_list(prover.new.schema((*pointer, "not")))
    return refused is not None and any(
        refused <= (_plain_list(prover.old.schema((*place, "not"))) or set())
        for place, _ in before.every("not")
    )


def _if(
    prover: Prover, before: View, _after: View, pointer: Place, _value: object, _sure: bool
) -> bool:
    if prover.same(before, pointer, "if"):
        return True
    here = before.pointers
    schema = prover.new.schema(pointer)
    wanted = prover.canon_new.schema((*pointer, "if"))
    branches = []
    for keyword in ("then", "else"):
        if keyword not in schema:
            continue
        known = tuple(
            (*place, each)
            for place, _ in before.every("if")
            if wanted is not None and prover.canon_old.schema((*place, "if")) == wanted
            for each in (("if", "then") if keyword == "then" else ("else",))
            if each in prover.old.schema(place)
        )
        branches.append(((*here, *known), ((*pointer, keyword),)))
    return all(prover.subset(old, new, before.only, sure=False) for old, new in branches)


def _any_of(
    prover: Prover, before: View, _after: View, pointer: Place, value: list[Any], _sure: bool
) -> bool:
    return prover.same(before, pointer, "anyOf") or _within_one(
        prover, before, [(*pointer, "anyOf", n) for n in range(len(value))]
    )


def _one_of(
    prover: Prover, before: View, _after: View, pointer: Place, value: list[Any], _sure: bool
) -> bool:
    places = [(*pointer, "oneOf", n) for n in range(len(value))]
    return prover.same(before, pointer, "oneOf") or (
        _within_one(prover, before, places) and _apart(prover, before, places)
    )


def _within_one(prover: Prover, before: View, places: list[Place]) -> bool:
    """Whether all that fits `before` fits one of these; the likely one is tried first."""
    here = before.pointers
    chosen = {
        each[at + 1]
        for each in here
        for at, part in enumerate(each[:-1])
        if part in ("anyOf", "oneOf")
    }
    likely = sorted(places, key=lambda place: place[-1] not in chosen)
    return any(prover.subset(here, (each,), before.only, sure=False) for each in likely)


def _apart(prover: Prover, before: View, places: list[Place]) -> bool:
    """Whether no value fits two of these."""
    key = (places[0], before.kinds)
    if key not in prover.apart:
        prover.apart[key] = len(places) <= MOST_BRANCHES and all(
            disjoint(prover.new, one, other, before.kinds)
            for n, one in enumerate(places)
            for other in places[:n]
        )
    return prover.apart[key]


RULES: dict[str, Rule] = {
    "not": _not,
    "if": _if,
    "anyOf": _any_of,
    "oneOf": _one_of,
}
"""By keyword."""


def _plain_list(schema: object) -> set[str] | None:
    """The values of a schema that is nothing but a list of values."""
    if isinstance(schema, dict) and set(schema) - ANNOTATIONS == {"enum"}:
        return {text_of(each) for each in schema["enum"]}
    if isinstance(schema, dict) and set(schema) - ANNOTATIONS == {"const"}:
        return {text_of(schema["const"])}
    return None

"""Whether an old schema already demands what a choice of forms demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.contract.settings.disjoint import disjoint
from gates.contract.settings.view import Rule, View
from gates.module.subschemas import Place

if TYPE_CHECKING:
    from gates.contract.settings.subset import Prover


MOST_BRANCHES = 200
"""Forms that are held against each other; a choice of more is not looked through."""


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
    "anyOf": _any_of,
    "oneOf": _one_of,
}
"""By keyword."""

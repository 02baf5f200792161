"""Values at the edges of what schemas say: the last number that fits, the first that does not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from math import ceil, floor
from typing import Any

from gates.contract.settings.texts import COMMON, texts
from gates.module.formats import SAMPLES

MOST_CHARACTERS = 100_000
"""Longest text that is tried; a setting of more is a file."""
MOST_NUMBERS = 400

Nodes = list[dict[str, Any]]


def scalars(nodes: Nodes) -> Iterator[Any]:
    """Values that tell these schemas apart, all but lists and objects, the plainest first."""
    for node in nodes:
        yield from islice(node.get("enum", ()), 300)
        if "const" in node:
            yield node["const"]
        for each in (node.get("default"), *_listed(node.get("examples"))):
            if each is not None and not isinstance(each, dict | list):
                yield each
    yield from (None, False, True)
    yield from numbers(nodes)
    yield from strings(nodes)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def numbers(nodes: Nodes) -> Iterator[Any]:
    """Bounds, those just beside them, and multiples near them; integers first."""
    bounds: dict[Fraction, None] = {}
    steps: dict[Fraction, None] = {}
    for node in nodes:
        for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if keyword in node:
                bounds[Fraction(str(node[keyword]))] = None
        if "multipleOf" in node:
            steps[Fraction(str(node["multipleOf"]))] = None
        for each in (*_listed(node.get("enum")), node.get("const")):
            if isinstance(each, int | float) and not isinstance(each, bool):
                bounds[Fraction(str(each))] = None
    bounds |= dict.fromkeys((Fraction(0), Fraction(1), Fraction(-1)))
    made: dict[Fraction, None] = {}
    for bound in list(bounds)[:60]:
        made |= dict.fromkeys((Fraction(ceil(bound)), Fraction(floor(bound)), bound))
        made |= dict.fromkeys(bound + each for each in (1, -1, 2, -2))
        for step in steps:
            nearest = floor(bound / step) * step
            made |= dict.fromkeys(nearest + step * n for n in (-2, -1, 0, 1, 2, 3))
    several = [each for each in made if each.denominator == 1]
    several += [each for each in made if each.denominator != 1]
    half, tiny = Fraction(1, 2), Fraction(1, 1000)
    several += [bound + each for bound in bounds for each in (half, -half, tiny, -tiny)]
    for each in several[:MOST_NUMBERS]:
        yield int(each) if each.denominator == 1 else float(each)


def strings(nodes: Nodes) -> Iterator[str]:
    """Texts of each pattern and format, and of each length at the edge, the shortest first."""
    patterns = [node["pattern"] for node in nodes if "pattern" in node]
    seeds: dict[str, None] = {}
    for number, pattern in enumerate(patterns[:8]):
        other = next((each for each in patterns if each != pattern), "")
        seeds |= dict.fromkeys(texts(pattern, other))
        if number == 0 and other:
            seeds |= dict.fromkeys(texts(other, pattern))
    seeds |= dict.fromkeys(
        SAMPLES[node["format"]] for node in nodes if node.get("format") in SAMPLES
    )
    for node in nodes:
        given = [*_listed(node.get("examples")), *_listed(node.get("enum")), node.get("default")]
        seeds |= dict.fromkeys(each for each in given if isinstance(each, str))
    seeds |= dict.fromkeys(("", "a", "text", "A", "1", *COMMON))
    yield from seeds
    lengths: dict[int, None] = {}
    for node in nodes:
        for keyword in ("minLength", "maxLength"):
            if keyword in node:
                at = int(node[keyword])
                lengths |= dict.fromkeys((at, at + 1, max(at - 1, 0)))
    for length in sorted(lengths):
        for seed in list(seeds)[:24] if length <= MOST_CHARACTERS else ():
            yield from _stretched(seed, length)


def _stretched(seed: str, length: int) -> Iterator[str]:
    missing = length - len(seed)
    if missing <= 0:
        yield seed[:length]
    elif seed:
        yield seed + seed[-1] * missing
        yield seed[0] * missing + seed
        if "@" in seed:
            yield "a" * missing + seed
    else:
        yield "a" * length


def sizes(nodes: Nodes, least: str, most: str) -> list[int]:
    """Numbers of items or members at the edges of two keywords."""
    found = {0, 1, 2}
    for node in nodes:
        for keyword in (least, most, "minContains", "maxContains"):
            if keyword in node:
                at = int(node[keyword])
                found |= {at, at + 1, max(at - 1, 0)}
    return sorted(each for each in found if each <= 2000)

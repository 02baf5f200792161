"""All mutants of all clean modules."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.mutation.later import later
from tests.mutation.mutant import Mutant, edited, short
from tests.mutation.shapes import Shape
from tests.mutation.statements import statements
from tests.mutation.structure import changes
from tests.mutation.swaps import SWAPS


def mutants(shape: Shape) -> Iterator[Mutant]:
    """Every mutant of a shape, once: two mutators may make the same text."""
    seen = {tuple(sorted(shape.files.items()))}
    for mutant in _all(shape):
        content = tuple(sorted((shape.files | dict(mutant.files)).items()))
        if content not in seen:
            seen.add(content)
            yield mutant


def chosen(everything: Sequence[Mutant], limit: int) -> list[Mutant]:
    """At most `limit` of them, always the same ones, as different from each other as may be.

    One of each kind of change first (the same change elsewhere is of the same kind), the mutators
    taking turns, then a second one from another place, and so on; in the order of `everything`.
    """
    rounds: Counter[tuple[str, str]] = Counter()
    turns: Counter[tuple[str, int]] = Counter()
    ranked = []
    shaken = random.Random(20261124)
    for mutant in shaken.sample(everything, len(everything)):
        kind = mutant.mutator, re.sub(r"tenant_\w+_|alert_engine|retention_report", "", mutant.what)
        turn = mutant.mutator, rounds[kind]
        ranked.append((rounds[kind], turns[turn], mutant))
        rounds[kind] += 1
        turns[turn] += 1
    ranked.sort(key=lambda each: each[:2])
    kept = {id(mutant) for *_, mutant in ranked[:limit]}
    return [mutant for mutant in everything if id(mutant) in kept]


def _all(shape: Shape) -> Iterator[Mutant]:
    for path in shape.mutated:
        text = shape.files[path]
        parsed = list(statements(text))
        made = Mutant(shape.name, "", path, 0, "", ())
        for mutator, line, what, new in changes(text, parsed, rollback="/" in path):
            yield replace(made, mutator=mutator, line=line, what=what, files=((path, new),))
        for statement in parsed:
            for swap in SWAPS:
                for start, end, new in swap.changes(statement):
                    line = text.count("\n", 0, start) + 1
                    what = f"{short(text[start:end], 60)} -> {short(new, 110)}"
                    files = ((path, edited(text, start, end, new)),)
                    yield replace(made, mutator=swap.name, line=line, what=what, files=files)
    number = max(int(name[:3]) for name in shape.files if "/" not in name) + 1
    for what, files in later(shape.name):
        renamed = tuple((name.replace("009", f"{number:03}"), text) for name, text in files.items())
        first = renamed[0][0]
        yield Mutant(shape.name, "later-file", first, 5, what, renamed)

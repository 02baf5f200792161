"""Objects and lists with one member more than a new schema allows, where the old one takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count, islice, product
from string import ascii_lowercase
from typing import Any

from gates.contract.settings.samples import Samples
from gates.contract.settings.side import text_of
from gates.contract.settings.texts import texts
from gates.contract.settings.view import Conj, View

MOST_MEMBERS = 600
"""Members or items of the largest value that is made; a limit above is not tried."""
MOST_TRIED = 4_000
"""Names or items that are tried for one value."""


def too_many(samples: Samples, old: Conj, new: View) -> Iterator[Any]:
    """Values of the old schemas that have too many members or items for the new ones."""
    view = samples.side.view(old)
    for keyword, kind, make in (
        ("maxProperties", "object", _object),
        ("maxItems", "array", _list),
    ):
        limits = [int(limit) for _, limit in new.every(keyword)] if kind in view.kinds else []
        for limit in limits:
            if 0 <= limit < MOST_MEMBERS:
                made = make(samples, old, view, limit + 1)
                if made is not None:
                    yield made


def _object(samples: Samples, old: Conj, view: View, size: int) -> dict[str, Any] | None:
    names = [((*pointer, "propertyNames"),) for pointer, _ in view.every("propertyNames")]
    patterns = [*view.patterns]
    for conj in names:
        patterns += [pattern for _, pattern in samples.side.view(conj).every("pattern")]
    made: dict[str, Any] = {name: samples.first(view, name, 1) for name in sorted(view.required)}
    for name in islice(chain(view.names, _words(patterns)), MOST_TRIED):
        if len(made) >= size:
            break
        inner = view.of_key(name)
        if name not in made and not samples.side.view(inner).never:
            values = samples.some(inner, 1)
            if values and all(samples.fits(conj, name) for conj in names):
                made[name] = values[0]
    return made if len(made) == size and samples.fits(old, made) else None


def _list(samples: Samples, old: Conj, view: View, size: int) -> list[Any] | None:
    several = [next(iter(samples.some(view.of_item(n), 1)), None) for n in range(size)]
    if samples.fits(old, several):
        return several
    made: dict[str, Any] = {}
    for n in range(view.positions):
        made |= {text_of(each): each for each in samples.some(view.of_item(n), 1)[:1]}
    rest = view.of_item(None)
    for value in islice(_different(samples, rest), MOST_TRIED):
        if len(made) >= size:
            break
        text = text_of(value)
        if text not in made and samples.fits(rest, value):
            made[text] = value
    items = list(made.values())
    return items if len(items) == size and samples.fits(old, items) else None


def _different(samples: Samples, conj: Conj) -> Iterator[Any]:
    """Many items, of which each is another: of each kind that a sample shows."""
    view = samples.side.view(conj, loose=True)
    patterns = [pattern for _, pattern in view.every("pattern")]
    least = [int(bound) for word in ("minimum", "maximum") for _, bound in view.every(word)]
    for sample in samples.some(conj, 1):
        if isinstance(sample, dict):
            for name in sample:
                yield from ({**sample, name: each} for each in islice(_scalars((), []), 1500))
    yield from _scalars(least, patterns)


def _scalars(bounds: Iterable[int], patterns: list[str]) -> Iterator[Any]:
    starts = [0, *bounds]
    rounds = zip(count(), _words(patterns), strict=False)
    for number, word in rounds:
        yield word
        for start in starts:
            yield from (start + number, start - number)


def _words(patterns: Iterable[str]) -> Iterator[str]:
    """Many short words, and such as patterns may fit, in turn."""
    seeds = list(dict.fromkeys(["", *(seed for each in patterns for seed in texts(each)[:4])]))
    endings = chain(ascii_lowercase, (one + two for one, two in product(ascii_lowercase, repeat=2)))
    for number, ending in enumerate(endings):
        for seed in seeds:
            yield seed + ending
            if seed:
                yield f"{seed}{number}"

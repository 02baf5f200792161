"""Values at the edges of two schemas: such as fit the old one and may not fit the new."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, product, zip_longest
from typing import Any

from gates.contract.settings.edges import Nodes, scalars, sizes
from gates.contract.settings.many import too_many
from gates.contract.settings.placing import Placing
from gates.contract.settings.samples import Samples
from gates.contract.settings.side import Side, UnknownAnswerError, text_of
from gates.contract.settings.view import Conj, View, kind_of
from gates.module.subschemas import IN_PLACE

MOST_VALUES = 400
"""Values that are tried at one place."""
MOST_ALTOGETHER = 30_000
"""Values that are tried in one comparison; what is different beyond is told, and not shown."""
ENOUGH = 24
"""Values that the new schema refuses, of which the smallest are tried first."""
_NOTHING = object()


class Edges:
    """Makes values of the old side, with an eye on the new."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.samples, self.other = Samples(old), Samples(new)
        self.placing = Placing(self.samples)
        self.left = MOST_ALTOGETHER

    def values(self, old: Conj, new: Conj) -> list[Any]:
        """Values of the old schemas at the edges of both, those that the new refuses first."""
        mine, theirs = self.old.view(old, loose=True), self.new.view(new, loose=True)
        nodes = [node for view in (mine, theirs) for _, node in view.nodes]
        several = chain(
            islice(_no_longer(mine, theirs), 60),
            too_many(self.samples, old, theirs),
            self.samples.some(old),
            self._varied_objects(old, theirs),
            self._varied_lists(old, theirs, nodes),
            scalars(nodes),
        )
        good: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for value in islice(several, 4 * MOST_VALUES):
            self.left -= 1
            if self.left < 0:
                break
            text = text_of(value)
            if text in good or text in rest or not self.samples.fits(old, value):
                continue
            try:
                kept = rest if self.new.valid(new, value) else good
            except UnknownAnswerError:
                continue
            kept[text] = value
            if len(good) == ENOUGH:
                break
        listed = [*sorted(good.values(), key=_size), *sorted(rest.values(), key=_size)]
        return listed[:MOST_VALUES]

    def _varied_objects(self, old: Conj, theirs: View) -> Iterator[dict[str, Any]]:
        view = self.old.view(old)
        if "object" not in view.kinds:
            return
        names = list(dict.fromkeys([*view.names, *theirs.names, *theirs.required]))[:40]
        known = self.old.view(old, loose=True)
        fresh = list(islice(self.placing.fresh(view, None), 2))
        for base in self.placing.bases(old)[:6]:
            yield from ({each: base[each] for each in base if each != name} for name in base)
            for name in [*(each for each in names if known.says(each)), *fresh]:
                for inner in self._inner(view, known, theirs, name, 12):
                    yield from self.placing.completed(old, {**base, name: inner})
            others = {f"other_{n}": 1 for n in range(3)}
            yield {**base, **others}
        asked = [name for name in self._in_branches(known, theirs) if known.mentions(name)][:3]
        several = [[None, *self._inner(view, known, theirs, name, 8)] for name in asked]
        for chosen in islice(product(*several), 300):
            together = zip(asked, chosen, strict=True)
            picked = {name: value for name, value in together if value is not None}
            for base in self.placing.bases(old)[-3:]:
                yield {**base, **picked}

    @staticmethod
    def _in_branches(known: View, theirs: View) -> list[str]:
        """Names that branches and conditions of either side speak about."""
        found: dict[str, None] = {}
        for side in (known, theirs):
            for pointer, node in side.nodes:
                if any(part in IN_PLACE for part in pointer):
                    found |= dict.fromkeys(node.get("properties", ()))
                    found |= dict.fromkeys(node.get("required", ()))
        return list(found)

    def _inner(self, view: View, known: View, theirs: View, name: str, most: int) -> list[Any]:
        """Values of a property at the edges of both sides."""
        old, new = known.of_key(name), theirs.of_key(name)
        nodes = [node for _, node in self.old.view(old, loose=True).nodes]
        nodes += [node for _, node in self.new.view(new, loose=True).nodes]
        found = {text_of(each): each for each in self.samples.some(view.of_key(name))[:3]}
        found |= {text_of(each): each for each in self.samples.some(old)[:3]}
        for each in islice(scalars(nodes), 60):
            found.setdefault(text_of(each), each)
        kinds = self.old.view(view.of_key(name)).kinds
        by_kind: dict[str, list[Any]] = {}
        for each in found.values():
            if kind_of(each) in kinds:
                by_kind.setdefault(kind_of(each), []).append(each)
        rounds = zip_longest(*by_kind.values(), fillvalue=_NOTHING)
        return [each for one in rounds for each in one if each is not _NOTHING][:most]

    @staticmethod
    def _asked(view: View, samples: Samples) -> Iterator[Any]:
        """Items that `contains` asks for."""
        for pointer, _ in view.every("contains"):
            yield from samples.some(((*pointer, "contains"),))[:2]

    def _varied_lists(self, old: Conj, theirs: View, nodes: Nodes) -> Iterator[list[Any]]:
        view = self.old.view(old)
        if "array" not in view.kinds:
            return
        yield from self.samples.arrays(view, nodes, 1)
        one = self.samples.some(view.of_item(None))
        yield from ([each, each] for each in one[:2])
        yield from ([each] for each in one)
        asked = [*self._asked(view, self.samples), *self._asked(theirs, self.other)]
        for size in sizes(nodes, "minItems", "maxItems"):
            if size <= 60:
                yield from ([each] * size for each in asked)
            yield from ([*[each] * min(size, 60), *one[:1]] for each in asked)
            made: list[Any] = []
            for n in range(min(size, 60)):
                made.append(self.placing.spare(view.of_item(n), made))
            yield made


def _no_longer(mine: View, theirs: View) -> Iterator[Any]:
    """Choices of the old side that the new one does not list."""
    kept = {text_of(each) for _, listed in theirs.every("enum") for each in listed}
    for _, listed in mine.every("enum"):
        yield from (each for each in listed if text_of(each) not in kept)


def _size(value: object) -> int:
    return len(text_of(value))

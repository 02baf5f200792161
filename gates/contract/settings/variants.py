"""Values at the edges of two schemas: such as fit the old one and may not fit the new."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from gates.contract.settings.edges import Nodes, scalars, sizes
from gates.contract.settings.many import too_many
from gates.contract.settings.placing import Placing
from gates.contract.settings.samples import Samples
from gates.contract.settings.side import Side, UnknownAnswerError, text_of
from gates.contract.settings.texts import texts
from gates.contract.settings.view import Conj, View

MOST_VALUES = 400
"""Values that are tried at one place."""
MOST_ALTOGETHER = 30_000
"""Values that are tried in one comparison; what is different beyond is told, and not shown."""
ENOUGH = 24
"""Values that the new schema refuses, of which the smallest are tried first."""
MOST_ITEMS = 60


class Edges:
    """Makes values of the old side, with an eye on the new."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.samples = Samples(old)
        self.placing = Placing(self.samples)
        self.left = MOST_ALTOGETHER

    def values(self, old: Conj, new: Conj) -> list[Any]:
        """Values of the old schemas at the edges of both, those that the new refuses first."""
        mine, theirs = self.old.view(old, loose=True), self.new.view(new, loose=True)
        nodes = [node for view in (mine, theirs) for _, node in view.nodes]
        several = chain(
            islice(_no_longer(mine, theirs), 60),
            self.samples.some(old),
            too_many(self.samples, old, theirs),
            self._varied_objects(old, theirs),
            self._varied_lists(old, nodes),
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
        """Objects with one member less, and with one of a name that nobody knows."""
        view = self.old.view(old)
        if "object" not in view.kinds:
            return
        patterns = [
            pattern
            for pointer, _ in theirs.every("propertyNames")
            for _, pattern in self.new.view(((*pointer, "propertyNames"),)).every("pattern")
        ]
        strange = ["Other_1", *(text for each in patterns for text in texts(each)[:8])]
        for base in self.placing.bases(old)[:6]:
            yield from ({each: base[each] for each in base if each != name} for name in base)
            for name in (*self.placing.fresh(view, None), *strange):
                yield {**base, name: self.samples.first(view, name, 1)}

    def _varied_lists(self, old: Conj, nodes: Nodes) -> Iterator[list[Any]]:
        view = self.old.view(old)
        if "array" not in view.kinds:
            return
        yield from self.samples.arrays(view, nodes, 1)
        one = self.samples.some(view.of_item(None))
        for pointer, _ in view.every("contains"):
            one = [*self.samples.some(((*pointer, "contains"),))[:2], *one]
        yield from ([each, each] for each in one[:4])
        yield from ([each] for each in one)
        for size in sizes(nodes, "minItems", "maxItems"):
            made: list[Any] = []
            for n in range(min(size, MOST_ITEMS)):
                made.append(self.placing.spare(view.of_item(n), made))
            yield made


def _no_longer(mine: View, theirs: View) -> Iterator[Any]:
    """Choices of the old side that the new one does not list."""
    kept = {text_of(each) for _, listed in theirs.every("enum") for each in listed}
    for _, listed in mine.every("enum"):
        yield from (each for each in listed if text_of(each) not in kept)


def _size(value: object) -> int:
    return len(text_of(value))

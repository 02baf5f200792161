"""A few values that fit the schemas of one side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from gates.contract.settings.edges import Nodes, scalars, sizes
from gates.contract.settings.side import Side, UnknownAnswerError, text_of
from gates.contract.settings.view import Conj, View

DEEPEST = 8
MOST_SAMPLES = 6


class Samples:
    """Makes values that fit, the smallest first; the same ones every time."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._samples: dict[Conj, list[Any]] = {}

    def fits(self, conj: Conj, value: object) -> bool:
        """Whether a value fits, as far as that can be told."""
        try:
            return self.side.valid(conj, value)
        except UnknownAnswerError:
            return False

    def some(self, conj: Conj, depth: int = 0) -> list[Any]:
        """A few values that fit all of these schemas."""
        if conj not in self._samples:
            if depth > DEEPEST:
                return []
            self._samples[conj] = []  # for a schema that holds itself
            found: dict[str, Any] = {}
            for value in islice(self.of_kinds(conj, depth), 120):
                if text_of(value) not in found and self.fits(conj, value):
                    found[text_of(value)] = value
                if len(found) == MOST_SAMPLES:
                    break
            self._samples[conj] = list(found.values())
        return self._samples[conj]

    def of_kinds(self, conj: Conj, depth: int) -> Iterator[Any]:
        """Values that may fit, kind by kind."""
        view = self.side.view(conj)
        nodes = [node for _, node in view.nodes]
        if view.listed is not None:
            yield from view.listed
            return
        if "object" in view.kinds:
            yield from self._objects(conj, depth)
        for node in nodes:
            yield from node.get("examples", ())
            if "default" in node:
                yield node["default"]
        if "array" in view.kinds:
            yield from self.arrays(view, nodes, depth)
        loose = [node for _, node in self.side.view(conj, loose=True).nodes]
        yield from islice(scalars(loose), 100)

    def branches(self, conj: Conj) -> Iterator[Conj]:
        """The conjunction itself, and with each branch of its choices."""
        yield conj
        for pointer, node in self.side.view(conj).nodes:
            for keyword in ("anyOf", "oneOf"):
                for n in range(len(node.get(keyword, ()))):
                    yield (*conj, (*pointer, keyword, n))
            if "if" in node:
                yield (*conj, (*pointer, "if"), (*pointer, "then"))
                yield (*conj, (*pointer, "else"))
            for name in node.get("dependentSchemas", ()):
                yield (*conj, (*pointer, "dependentSchemas", name))

    def _objects(self, conj: Conj, depth: int) -> Iterator[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for chosen in islice(self.branches(conj), 12):
            view = self.side.view(chosen)
            smallest = {name: self.first(view, name, depth) for name in sorted(view.required)}
            made.append(smallest)
            yield smallest
            for extra in self._filling(view, len(smallest)):
                yield {**smallest, **extra}
        for each in made:
            view = self.side.view(conj)
            needed = [
                other
                for _, named in view.every("dependentRequired")
                for name in each
                for other in named.get(name, ())
            ]
            if needed:
                yield {**each, **{name: self.first(view, name, depth) for name in needed}}
        for chosen in islice(self.branches(conj), 12):
            view = self.side.view(chosen)
            named = list(view.names)[:40]
            yield {name: self.first(view, name, depth) for name in named}

    def _filling(self, view: View, there: int) -> Iterator[dict[str, Any]]:
        """Members that are missing to the least number of them."""
        least = view.tightest("minProperties") or 0
        if least > there:
            names = [each for each in view.names if each not in view.required]
            names += ["x", "y", *(f"key_{n}" for n in range(min(int(least), 200)))]
            yield {name: self.first(view, name, 1) for name in names[: int(least) - there]}

    def first(self, view: View, name: str, depth: int) -> Any:  # noqa: ANN401
        """A value of a property; None where there is none, or none was found."""
        return next(iter(self.some(view.of_key(name), depth + 1)), None)

    def arrays(self, view: View, nodes: Nodes, depth: int) -> Iterator[list[Any]]:
        """Lists of each length at the edge."""
        if depth > DEEPEST:
            return
        yield []
        for size in sizes(nodes, "minItems", "maxItems"):
            made: list[Any] = []
            for n in range(min(size, 200)):
                several = self.some(view.of_item(n), depth + 1)
                made.append(several[n % len(several)] if several else None)
            yield made

"""Settings documents that fit an old schema, around a value at a place in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from gates.contract.settings.samples import Samples
from gates.contract.settings.side import text_of
from gates.contract.settings.texts import texts
from gates.contract.settings.view import Conj, View, matches

Step = tuple[str, Any]
"""("key", name), ("item", index or None), ("other", pattern or None), ("branch", pointers), and
("with", name), which stays where it is and sees to it that a key is there."""
Focus = tuple[Step, ...]
"""The way from the root of the old schema to a place in it."""


class Placing:
    """Puts values where a focus leads to."""

    def __init__(self, samples: Samples) -> None:
        self.samples, self.side = samples, samples.side

    def documents(self, focus: Focus, value: object) -> Iterator[Any]:
        """Documents of the old schema, most likely valid, with a value at a place."""
        yield from self._around(((),), focus, value)

    def conj_at(self, focus: Focus) -> Conj:
        """The schemas of the old side that apply at a place."""
        conj: Conj = ((),)
        for kind, what in focus:
            if kind in ("branch", "with"):
                conj = (*conj, *what) if kind == "branch" else conj
                continue
            view = self.side.view(conj)
            if kind == "item":
                conj = view.of_item(what)
            elif kind == "key":
                conj = view.of_key(what)
            else:
                conj = next((view.of_key(name) for name in self.fresh(view, what)), ())
        return conj

    def _around(self, conj: Conj, focus: Focus, value: object) -> Iterator[Any]:
        if not focus:
            yield value
            return
        (kind, what), rest = focus[0], focus[1:]
        if kind == "branch":
            yield from self._around((*conj, *what), rest, value)
            return
        if kind == "with":
            first = self.samples.first(self.side.view(conj), what, 1)
            for made in self._around(conj, rest, value):
                yield {what: first, **made} if isinstance(made, dict) else made
            return
        view = self.side.view(conj)
        if kind == "item":
            for inner in islice(self._around(view.of_item(what), rest, value), 3):
                yield from self._lists(view, what, inner)
            return
        names = [what] if kind == "key" else list(self.fresh(view, what))
        for name in names:
            for inner in islice(self._around(view.of_key(name), rest, value), 4):
                for base in self.bases(conj):
                    yield from self.completed(conj, {**base, name: inner})

    def completed(self, conj: Conj, made: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """An object, and with what its members demand to be there beside them."""
        yield made
        view = self.side.view(conj)
        missing = {
            other: None
            for _, named in view.every("dependentRequired")
            for name in made
            for other in named.get(name, ())
            if other not in made
        }
        for pointer, named in view.every("dependentSchemas"):
            for name in named if self.samples.fits(conj, made) is False else ():
                if name in made:
                    inner = self.side.view(((*pointer, "dependentSchemas", name),))
                    missing |= dict.fromkeys(each for each in inner.required if each not in made)
        more = {name: self.samples.first(view, name, 1) for name in missing}
        if more:
            yield {**more, **made}
        lacking = (view.tightest("minProperties") or 0) - len(made)
        if lacking > 0:
            names = [*view.names, "x", "y", *(f"key_{n}" for n in range(20))]
            spare = [each for each in names if each not in made][: int(lacking)]
            yield {**{name: self.samples.first(view, name, 1) for name in spare}, **made}

    def bases(self, conj: Conj) -> list[dict[str, Any]]:
        """Objects that a member can be added to."""
        objects = [each for each in self.samples.some(conj) if isinstance(each, dict)]
        needed = self.side.view(conj).required
        smallest = {
            name: self.samples.first(self.side.view(conj), name, 1) for name in sorted(needed)
        }
        found = {text_of(each): each for each in [*objects[:4], smallest, {}]}
        return list(found.values())

    def fresh(self, view: View, pattern: str | None) -> Iterator[str]:
        """Names of keys that nobody names, or that a pattern fits."""
        if pattern is not None:
            yield from islice((each for each in texts(pattern) if matches(pattern, each)), 4)
            return
        for pointer, _ in view.every("propertyNames"):
            names = self.samples.some(((*pointer, "propertyNames"),))
            yield from (each for each in names if isinstance(each, str) and not view.says(each))
        yield from (each for each in ("other", "other_2", "x") if not view.says(each))

    def _lists(self, view: View, index: int | None, inner: object) -> Iterator[list[Any]]:
        before = view.positions if index is None else index
        head = [next(iter(self.samples.some(view.of_item(n))), None) for n in range(before)]
        least = view.tightest("minItems") or 0
        for made in ([*head, inner], [inner]):
            padded = list(made)
            for n in range(len(made), min(least, 200)):
                spare = self.spare(view.of_item(n), padded)
                padded += [spare]
            yield padded
        for pointer, _ in view.every("contains"):
            for one in self.samples.some(((*pointer, "contains"),))[:2]:
                yield [*head, inner, one]

    def spare(self, conj: Conj, used: list[Any]) -> Any:  # noqa: ANN401
        """An item that is not there yet, where there is one."""
        known = {text_of(each) for each in used}
        several = chain(self.samples.some(conj), self.samples.of_kinds(conj, 2))
        fresh = (
            each for each in several if text_of(each) not in known and self.samples.fits(conj, each)
        )
        return next(fresh, next(iter(self.samples.some(conj)), None))

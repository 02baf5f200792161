"""What a change of the settings schema means for the settings that tenants have stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from gates.contract.model import Bump, Change
from gates.contract.settings.difference import Difference, Spot
from gates.contract.settings.plain import PlainSearch
from gates.contract.settings.search import Search
from gates.contract.settings.shrink import shrunk, smallest
from gates.contract.settings.side import Side, UnknownAnswerError
from gates.contract.settings.subset import Prover
from gates.contract.settings.walk import Walk
from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module import Document
from gates.module.subschemas import Place

SHOWN = 160
"""Characters of a counter-example in a message; all of it is in `Change.example`."""


def compare_here(
    old: Document, new: Document, first: Callable[[list[Change]], None] | None = None
) -> list[Change]:
    """As `compare_settings`, for two schemas, in this process: a pattern may take for ever.

    `first` is told the break that a plain search finds, before anything else is looked at.
    """
    try:
        judge = _Judge(Side(old), Side(new))
        if first is not None:
            first(judge.first())
        return judge.changes()
    except UnicodeError as error:
        raise CouldNotCheckError(
            f"{old.path} or {new.path} holds half a character (a lone surrogate)",
            hint="remove its \\ud... escape",
        ) from error
    except (RecursionError, OverflowError) as error:
        raise CouldNotCheckError(
            f"{new.path} is nested too deep, or holds numbers too large, to be compared",
            hint="flatten the settings",
        ) from error


class _Judge:
    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.walk = Walk(Prover(old, new))
        self.search = Search(old, new)

    @cached_property
    def plain(self) -> list[Any]:
        """Documents of the plain search that break."""
        return [*self._first, *(each for each in self._several if self.search.breaks(each))]

    @cached_property
    def _several(self) -> Iterator[Any]:
        return PlainSearch(self.old, self.new, self.search.samples).found()

    @cached_property
    def _first(self) -> list[Any]:
        return list(islice((each for each in self._several if self.search.breaks(each)), 1))

    def first(self) -> list[Change]:
        """A break that the plain search finds, by itself."""
        return [self._refused(each) for each in self._first]

    def changes(self) -> list[Change]:
        """The changes, one for each difference, without repeats."""
        found: dict[tuple[Place, Location | None, Location | None, str], Change] = {}
        for difference in self.walk.differences():
            change = self._judged(difference)
            kind = "" if difference.old or difference.new else change.message
            key = (difference.symbol, difference.old, difference.new, kind)
            if key not in found or _weight(found[key]) < _weight(change):
                found[key] = change
        changes = list(found.values())
        if not any(each.bump is Bump.MAJOR for each in changes):
            changes += self._missed(changes)
        return changes

    def _judged(self, each: Difference) -> Change:
        if each.bump is not None:
            return _change(each, each.bump, each.message)
        example = None
        if each.searched:
            spot = each.spot
            example = self.search.counter_example(spot.focus, spot.around_old, spot.new, each.about)
            if example is None and not spot.plain:  # it may fit by another branch
                focus = tuple(step for step in spot.focus if step[0] != "branch")
                around = self.search.placing.conj_at(focus)
                example = self.search.counter_example(focus, around, spot.new, each.about)
        if example is None and each.searched:
            example = self.search.among(self.plain, each.about)
        if example is not None:
            text = as_text(example)
            said = f"{each.message}: stored settings such as {_cut(text)} are refused"
            return _change(each, Bump.MAJOR, said, text)
        if each.loses is not None and (example := self._losing(each)) is not None:
            text = as_text(example)
            said = f"{each.message}: {each.why}, as with the stored settings {_cut(text)}"
            return _change(each, Bump.MAJOR, said, text)
        said = (
            f"{each.message}; could not show that this breaks stored settings, nor that it does not"
        )
        return _change(each, Bump.MINOR, said, proved=False)

    def _losing(self, each: Difference) -> Any | None:  # noqa: ANN401 - a settings document
        def shows(document: object) -> bool:
            try:
                return (
                    isinstance(document, dict)
                    and self.old.accepts(document)
                    and each.loses is not None
                    and each.loses(document)
                )
            except UnknownAnswerError:
                return False

        found = next(filter(shows, self._around(each.spot)), None)
        return None if found is None else smallest(found, shows)

    def _around(self, spot: Spot) -> Iterator[Any]:
        samples, placing = self.search.samples, self.search.placing
        above = spot.focus[:-1]
        yield from placing.documents(above, {})  # a default counts where nothing is set
        for value in samples.some(spot.around_old):
            yield from placing.documents(spot.focus, value)
        for value in samples.some(placing.conj_at(above)):
            for document in placing.documents(above, value):
                yield document
                yield from shrunk(document)

    def _missed(self, changes: list[Change]) -> Iterator[Change]:
        """A break that no single difference shows: the last look where nothing is proved."""
        if not all(each.proved for each in changes):
            yield from self.first()

    def _refused(self, document: object) -> Change:
        """A break that stands by itself."""
        found = self.search.smallest(document, lambda _where, _what: True)
        where = min((place for place, _ in self.new.errors(self.new.filled(found))), key=len)
        text = as_text(found)
        return Change(
            "settings",
            symbol(where[:-1]),
            Bump.MAJOR,
            f"stored settings such as {_cut(text)} are refused",
            None,
            self.new.document.at(*where),
            text,
        )


def _weight(change: Change) -> tuple[int, bool]:
    return change.bump.rank, change.proved


def _change(
    each: Difference, bump: Bump, message: str, example: str | None = None, *, proved: bool = True
) -> Change:
    return Change(
        "settings", symbol(each.symbol), bump, message, each.old, each.new, example, proved
    )


def symbol(pointer: Place) -> str:
    """The name of a schema in `breaking[].symbol`: "settings:" and its JSON Pointer (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in pointer)
    return "settings:" + "".join(f"/{part}" for part in parts)


def as_text(value: object) -> str:
    """A settings document as compact JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isprintable() else json.dumps(value, separators=(",", ":"))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."

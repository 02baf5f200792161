"""Walks two settings schemas side by side and tells what is different, place by place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gates.contract.model import Bump
from gates.contract.settings import words
from gates.contract.settings.canon import COMPANY
from gates.contract.settings.choices import Choices
from gates.contract.settings.difference import Difference, Spot
from gates.contract.settings.meaning import Meaning
from gates.contract.settings.members import Members
from gates.contract.settings.side import text_of
from gates.contract.settings.subset import Prover
from gates.contract.settings.view import Conj, View
from gates.module.subschemas import Place
from gates.records import replace

ASSERTIONS = (
    "type", "const", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties",
)  # fmt: skip
WHOLE = ("not", "contains", "propertyNames", "dependentRequired", "unevaluatedProperties",
         "unevaluatedItems")  # fmt: skip
"""Keywords that are compared as one, without looking for the difference inside."""

Occurrence = tuple[Place, Any]


class Walk:
    """Goes through both schemas once."""

    def __init__(self, prover: Prover) -> None:
        self.prover = prover
        self.back = Prover(prover.new, prover.old)
        self.old, self.new = prover.old, prover.new
        self._seen: set[tuple[Conj, Conj]] = set()
        self._waiting: list[Spot] = []

    def differences(self) -> Iterator[Difference]:
        """Every difference, in the order of the new schema as far as it goes."""
        root: Conj = ((),)
        self._waiting = [Spot((), (), root, root, root, root, root, root)]
        while self._waiting:
            spot = self._waiting.pop()
            if (spot.old, spot.new) in self._seen:
                continue
            self._seen.add((spot.old, spot.new))
            deeper: list[Spot] = []
            yield from self._at(spot, deeper)
            self._waiting += reversed(deeper)

    def _at(self, spot: Spot, deeper: list[Spot]) -> Iterator[Difference]:
        if spot.plain and not spot.proved:
            proved = self.prover.subset(spot.around_old, spot.new, sure=spot.sure)
            spot = replace(spot, proved=proved)
        before, after = self.old.view(spot.old), self.new.view(spot.new)
        if before.never or after.never:
            if before.never is not after.never:
                yield self._opened_or_closed(spot, before)
            return
        yield from Meaning(self.old, self.new, spot).differences()
        if spot.old and spot.loose_new and not spot.new:  # only forms speak about it now
            yield from Members(self, spot).gone(deeper)
            self._items(spot, before, after, deeper)
            return
        yield from self._assertions(spot, before, after)
        yield from Members(self, spot).differences(deeper)
        self._items(spot, before, after, deeper)
        yield from Choices(self, spot).differences(deeper)
        for keyword in WHOLE:
            yield from self._whole(spot, keyword)

    def _opened_or_closed(self, spot: Spot, before: View) -> Difference:
        pointer = (spot.old if before.never else spot.new)[-1]
        others = pointer[-1:] == ("additionalProperties",)
        around = spot.place[:-1] if others else spot.place
        what = "undeclared keys" if others else words.setting(spot.place)
        message = f"{what} {'are' if others else 'is'} "
        message += "allowed now" if before.never else "no longer allowed"
        if others:
            message += f" in {words.setting(around)}"
        return Difference(
            message,
            pointer,
            spot,
            self._at_old(spot.old),
            self._at_new(spot.new),
            Bump.MINOR if before.never or spot.proved else None,
            about=_at_or_around([*spot.new, *(each[:-1] for each in spot.new)]),
        )

    def _at_old(self, conj: Conj) -> Any:  # noqa: ANN401 - a location or None
        return self.old.document.at(*conj[0]) if conj else None

    def _at_new(self, conj: Conj) -> Any:  # noqa: ANN401
        return self.new.document.at(*conj[0]) if conj else None

    def pairs(
        self, spot: Spot, keyword: str
    ) -> Iterator[tuple[Occurrence | None, Occurrence | None]]:
        """What both say with a keyword, without what both say alike."""
        before = self.old.view(spot.old).every(keyword)
        after = self.new.view(spot.new).every(keyword)
        left: list[Occurrence] = []
        said = [self.prover.canon_new.keyword(pointer, keyword) for pointer, _ in after]
        for pointer, value in before:
            text = self.prover.canon_old.keyword(pointer, keyword)
            if text is not None and text in said:
                index = said.index(text)
                del said[index], after[index]
            else:
                left.append((pointer, value))
        for index in range(max(len(left), len(after))):
            yield (
                left[index] if index < len(left) else None,
                after[index] if index < len(after) else None,
            )

    def _assertions(self, spot: Spot, before: View, after: View) -> Iterator[Difference]:
        del before, after
        for keyword in ASSERTIONS:
            for old, new in self.pairs(spot, keyword):
                values = old and old[1], new and new[1]
                if keyword == "format" and "password" in values:
                    continue  # said by what settings mean
                yield self.keyword(
                    spot, keyword, old, new, words.changed(keyword, spot.place, *values)
                )
        for old, new in self.pairs(spot, "enum"):
            if old and new:
                message = words.choices(spot.place, old[1], new[1])
            else:
                said = (
                    "is limited to a list of choices now" if new else "takes more than its choices"
                )
                message = f"{words.setting(spot.place)} {said}"
            yield self.keyword(spot, "enum", old, new, message)

    def _whole(self, spot: Spot, keyword: str) -> Iterator[Difference]:
        for old, new in self.pairs(spot, keyword):
            message = words.changed(keyword, spot.place, old and old[1], new and new[1])
            yield self.keyword(spot, keyword, old, new, message)

    def keyword(
        self,
        spot: Spot,
        keyword: str,
        old: Occurrence | None,
        new: Occurrence | None,
        message: str,
    ) -> Difference:
        """The difference of one keyword: harmless where that is proved, to be judged otherwise."""
        at_old = self.old.document.at(*old[0], keyword) if old else None
        at_new = self.new.document.at(*new[0], keyword) if new else None
        if old and new and keyword == "enum":
            at_old, at_new = self._entries(old, new)
        pointer = new[0] if new else old[0] if old else ()
        return Difference(
            message,
            pointer,
            spot,
            at_old,
            at_new,
            self.judged(spot, keyword, old, new),
            about=_at_or_around(
                [(*new[0], each) for each in COMPANY.get(keyword, (keyword,))]
                if new
                else list(spot.new)
            ),
        )

    def judged(
        self, spot: Spot, keyword: str, old: Occurrence | None, new: Occurrence | None
    ) -> Bump | None:
        """The bump of a keyword's change where a proof tells, None where it does not."""
        before, after = self.old.view(spot.around_old), self.new.view(spot.around_new)
        forward = spot.proved or (
            spot.plain
            and (new is None or self.prover.implied(before, after, new[0], keyword, sure=spot.sure))
        )
        if not forward:
            return None
        back = (
            old is None
            or self.back.implied(after, before, old[0], keyword, sure=False)
            or self.back.subset(spot.around_new, spot.old, sure=False)
        )
        return Bump.PATCH if back else Bump.MINOR

    def _entries(self, old: Occurrence, new: Occurrence) -> tuple[Any, Any]:
        """The first choice that is gone and the first that is new, or the lists themselves."""
        before, after = [[text_of(each) for each in side[1]] for side in (old, new)]
        gone = [n for n, each in enumerate(before) if each not in after]
        more = [n for n, each in enumerate(after) if each not in before]
        return (
            self.old.document.at(*old[0], "enum", *gone[:1]),
            self.new.document.at(*new[0], "enum", *more[:1] if not gone else ()),
        )

    def _items(self, spot: Spot, before: View, after: View, deeper: list[Spot]) -> None:
        most = max(before.positions, after.positions)
        around_old = self.old.view(spot.around_old)
        around_new = self.new.view(spot.around_new)
        loose_old = self.old.view(spot.loose_old, loose=True)
        loose_new = self.new.view(spot.loose_new, loose=True)
        for index in [*range(most), None]:
            old, new = before.of_item(index), after.of_item(index)
            if not old and not new:
                continue
            part = "[]" if index is None else index
            deeper.append(
                replace(
                    spot,
                    place=(*spot.place, part),
                    focus=(*spot.focus, ("item", most if index is None else index)),
                    old=old,
                    new=new,
                    around_old=around_old.of_item(index),
                    around_new=around_new.of_item(index),
                    loose_old=loose_old.of_item(index),
                    loose_new=loose_new.of_item(index),
                )
            )


def _at_or_around(places: list[Place]) -> Any:  # noqa: ANN401 - an `About`
    """Whether a refusal is at one of these places, below it, or at a choice around it."""

    def about(where: Place, _what: object) -> bool:
        return any(
            where[: len(each)] == each or (where == each[: len(where)] and _branches(where))
            for each in places
        )

    return about


def _branches(where: Place) -> bool:
    return bool(where) and where[-1] in ("anyOf", "oneOf", "not", "if", "contains")

"""What is different in a choice of forms (anyOf, oneOf) and in what depends on a condition (if)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.contract.settings import words
from gates.contract.settings.difference import Difference, Spot
from gates.module.subschemas import Place
from gates.records import replace

if TYPE_CHECKING:
    from gates.contract.settings.walk import Occurrence, Walk


class Choices:
    """Compares the branches at one place."""

    def __init__(self, walk: Walk, spot: Spot) -> None:
        self.walk, self.spot = walk, spot
        self.prover = walk.prover

    def differences(self, deeper: list[Spot]) -> Iterator[Difference]:
        """Differences here; branches to look into are added to `deeper`."""
        for keyword in ("anyOf", "oneOf"):
            self._same_branches(keyword, deeper)
            for old, new in self.walk.pairs(self.spot, keyword):
                if old is None or new is None:
                    message = words.changed(
                        keyword, self.spot.place, old and old[1], new and new[1]
                    )
                    yield self.walk.keyword(self.spot, keyword, old, new, message)
                else:
                    yield from self._branches(keyword, old, new, deeper)
        self._same_conditions(deeper)
        yield from self._with_keys(deeper)
        for old, new in self.walk.pairs(self.spot, "if"):
            if old and new and self._same_condition(old, new):
                yield from self._depending(old, new, deeper)
            else:
                message = words.changed("if", self.spot.place, old and old[1], new and new[1])
                yield self.walk.keyword(self.spot, "if", old, new, message)

    def _same_branches(self, keyword: str, deeper: list[Spot]) -> None:
        """Branches that refuse the same are looked into for what they say to people."""
        canon_old, canon_new = self.prover.canon_old, self.prover.canon_new
        news = [
            (*pointer, keyword, n)
            for pointer, value in self.walk.new.view(self.spot.new).every(keyword)
            for n in range(len(value))
        ]
        for pointer, value in self.walk.old.view(self.spot.old).every(keyword):
            for n in range(len(value)):
                place = (*pointer, keyword, n)
                text = canon_old.schema(place)
                twin = next((each for each in news if canon_new.schema(each) == text), None)
                if twin is not None and text is not None:
                    news.remove(twin)
                    deeper.append(self._branch((place,), (twin,), proved=True))

    def _branch(
        self, old: tuple[Place, ...], new: tuple[Place, ...], *, proved: bool, plain: bool = True
    ) -> Spot:
        return replace(
            self.spot,
            focus=(*self.spot.focus, ("branch", old)),
            old=old,
            new=new,
            around_old=(*self.spot.around_old, *old),
            around_new=(*self.spot.around_new, *new),
            loose_old=(*self.spot.loose_old, *old),
            loose_new=(*self.spot.loose_new, *new),
            sure=False,
            plain=self.spot.plain and plain,
            proved=self.spot.proved or proved,
        )

    def _branches(
        self, keyword: str, old: Occurrence, new: Occurrence, deeper: list[Spot]
    ) -> Iterator[Difference]:
        canon_old, canon_new = self.prover.canon_old, self.prover.canon_new
        left = [(*old[0], keyword, n) for n in range(len(old[1]))]
        more = [(*new[0], keyword, n) for n in range(len(new[1]))]
        for place in list(left):
            twin = next((e for e in more if canon_new.schema(e) == canon_old.schema(place)), None)
            if twin is not None:
                left.remove(place)
                more.remove(twin)
        proved = self.spot.proved or (
            self.spot.plain
            and self.prover.implied(
                self.walk.old.view(self.spot.old), self.walk.new.view(self.spot.new),
                new[0], keyword, sure=self.spot.sure,
            )
        )  # fmt: skip
        pairs: list[tuple[Place, Place]] = []
        for place in list(left):
            twin = next((e for e in more if self.prover.subset((place,), (e,), sure=False)), None)
            if twin is not None:
                pairs.append((place, twin))
                left.remove(place)
                more.remove(twin)
        if len(left) == len(more):
            pairs += zip(left, more, strict=True)
            left, more = [], []
        for before, after in pairs:
            deeper.append(
                self._branch((before,), (after,), proved=proved, plain=keyword == "anyOf")
            )
        for place in left:
            yield self._branch_alone(keyword, place, None, proved=proved, old=old, new=new)
        for place in more:
            yield self._branch_alone(keyword, None, place, proved=proved, old=old, new=new)

    def _branch_alone(
        self,
        keyword: str,
        gone: Place | None,
        more: Place | None,
        *,
        proved: bool,
        old: Occurrence,
        new: Occurrence,
    ) -> Difference:
        what = "a form is gone" if gone else "a form is new"
        spot = self.spot
        if gone:
            spot = replace(
                spot, focus=(*spot.focus, ("branch", (gone,))), around_old=(*spot.around_old, gone)
            )
        made = self.walk.keyword(
            replace(spot, proved=spot.proved or proved), keyword, old, new,
            f"{what} among those {words.of(self.spot.place)} ({keyword})",
        )  # fmt: skip
        at: Any = self.walk.old.document.at(*gone) if gone else self.walk.old.document.at(
            *old[0], keyword
        )  # fmt: skip
        there = self.walk.new.document.at(*(more or (*new[0], keyword)))
        return replace(made, symbol=more or gone or (), old=at, new=there)

    def _consequence(self, old: Place, new: Place, keyword: str, *, proved: bool) -> Spot:
        spot = self._branch(((*old, keyword),), ((*new, keyword),), proved=proved)
        if keyword == "else":
            return spot
        chosen = ((*old, "if"), (*old, keyword))
        return replace(
            spot,
            focus=(*self.spot.focus, ("branch", chosen)),
            around_old=(*self.spot.around_old, *chosen),
        )

    def _same_conditions(self, deeper: list[Spot]) -> None:
        """Conditions that refuse the same are looked into for what they say to people."""
        news = [pointer for pointer, _ in self.walk.new.view(self.spot.new).every("if")]
        for pointer, _ in self.walk.old.view(self.spot.old).every("if"):
            text = self.prover.canon_old.keyword(pointer, "if")
            twin = next((e for e in news if self.prover.canon_new.keyword(e, "if") == text), None)
            if twin is None or text is None:
                continue
            news.remove(twin)
            deeper += [
                self._consequence(pointer, twin, keyword, proved=True)
                for keyword in ("then", "else")
                if keyword in self.walk.old.schema(pointer)
            ]

    def _with_keys(self, deeper: list[Spot]) -> Iterator[Difference]:
        """What must hold where a key is there (dependentSchemas)."""
        before, after = (
            {name: pointer for pointer, named in view.every("dependentSchemas") for name in named}
            for view in (self.walk.old.view(self.spot.old), self.walk.new.view(self.spot.new))
        )
        for name in dict.fromkeys([*before, *after]):
            if name in before and name in after:
                places = [(*e[name], "dependentSchemas", name) for e in (before, after)]
                spot = self._branch((places[0],), (places[1],), proved=False)
                focus = (*self.spot.focus, ("with", name), *spot.focus[len(self.spot.focus) :])
                deeper.append(replace(spot, focus=focus))
                continue
            old: Occurrence | None = (before[name], {}) if name in before else None
            new: Occurrence | None = (after[name], {}) if name in after else None
            message = f"what holds {words.of(self.spot.place)} with {name} is "
            focus = (*self.spot.focus, ("with", name))
            yield self.walk.keyword(
                replace(self.spot, focus=focus), "dependentSchemas", old, new,
                message + ("gone" if old else "new"),
            )  # fmt: skip

    def _same_condition(self, old: Occurrence, new: Occurrence) -> bool:
        before = self.prover.canon_old.schema((*old[0], "if"))
        return before is not None and before == self.prover.canon_new.schema((*new[0], "if"))

    def _depending(
        self, old: Occurrence, new: Occurrence, deeper: list[Spot]
    ) -> Iterator[Difference]:
        for keyword in ("then", "else"):
            before = keyword in self.walk.old.schema(old[0])
            after = keyword in self.walk.new.schema(new[0])
            context = ((*old[0], "if"),) if keyword == "then" else ()
            if before and after:
                deeper.append(self._consequence(old[0], new[0], keyword, proved=False))
            elif before or after:
                message = f"what holds {words.of(self.spot.place)} under a condition is "
                made = self.walk.keyword(
                    self.spot, "if", old, new, message + ("new" if after else "gone")
                )
                if context:
                    spot = replace(self.spot, focus=(*self.spot.focus, ("branch", context)))
                    around = (*spot.around_old, *context)
                    made = replace(made, spot=replace(spot, around_old=around))
                yield made

"""What is different among the settings of an object: new, gone, required, undeclared ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gates.contract.model import Bump
from gates.contract.settings import words
from gates.contract.settings.difference import Difference, Spot
from gates.contract.settings.meaning import has_key, leads_to, lost
from gates.contract.settings.view import matches
from gates.model import Location
from gates.module.subschemas import Place
from gates.records import replace

if TYPE_CHECKING:
    from gates.contract.settings.search import About
    from gates.contract.settings.walk import Walk


class Members:
    """Compares the members of the objects at one place."""

    def __init__(self, walk: Walk, spot: Spot) -> None:
        self.walk, self.spot = walk, spot
        self.old, self.new = walk.old, walk.new
        self.before, self.after = self.old.view(spot.old), self.new.view(spot.new)
        self.around_before = self.old.view(spot.around_old)
        self.around_after = self.new.view(spot.around_new)
        self.anywhere_before = self.old.view(spot.loose_old, loose=True)
        self.anywhere_after = self.new.view(spot.loose_new, loose=True)

    def differences(self, deeper: list[Spot]) -> Iterator[Difference]:
        """Differences here; places to look into are added to `deeper`."""
        yield from self.gone(deeper)
        for name in self.after.names:
            if name in self.before.names:
                continue
            refused = self.old.view(self.around_before.of_key(name)).never
            if self.anywhere_before.says(name) or (self.before.of_key(name) and not refused):
                deeper.append(self._below(name))
            if not self.anywhere_before.says(name):
                yield self._added(name)
        yield from self._required()
        yield from self._by_pattern(deeper)
        if self.before.of_others or self.after.of_others:
            deeper.append(
                replace(
                    self.spot,
                    place=(*self.spot.place, "*"),
                    focus=(*self.spot.focus, ("other", None)),
                    old=self.before.of_others,
                    new=self.after.of_others,
                    around_old=self.around_before.of_others,
                    around_new=self.around_after.of_others,
                    loose_old=self.anywhere_before.of_others,
                    loose_new=self.anywhere_after.of_others,
                )
            )

    def gone(self, deeper: list[Spot]) -> Iterator[Difference]:
        """Settings that the new schema says nothing about any more; the others go to `deeper`."""
        for name in self.before.names:
            if self.new.cares(self.spot.loose_new, name):
                deeper.append(self._below(name))
            else:
                yield self._gone(name)

    def _below(self, name: str) -> Spot:
        return replace(
            self.spot,
            place=(*self.spot.place, name),
            focus=(*self.spot.focus, ("key", name)),
            old=self.before.of_key(name),
            new=self.after.of_key(name),
            around_old=self.around_before.of_key(name),
            around_new=self.around_after.of_key(name),
            loose_old=self.anywhere_before.of_key(name),
            loose_new=self.anywhere_after.of_key(name),
        )

    def _declared(self, name: str, *, old: bool) -> tuple[Place, Location]:
        side, view = (self.old, self.before) if old else (self.new, self.after)
        pointer = view.named(name)[0]
        return pointer, side.document.key(*pointer)

    def _gone(self, name: str) -> Difference:
        pointer, location = self._declared(name, old=True)
        place = (*self.spot.place, name)
        spot = replace(self._below(name), new=())
        focus = self.spot.focus

        def loses(document: object) -> bool:
            return has_key(document, focus, name) and any(
                leads_to(place, focus, name) for place in lost(self.old, self.new, document)
            )

        return Difference(
            f"the setting {words.setting(place)} is gone",
            pointer,
            spot,
            location,
            None,
            Bump.PATCH if self.old.view(spot.old).never else None,
            about=_with_key(name, among=True),
            loses=loses,
            searched=self._closes(),
            why="what tenants stored under it is kept, and means nothing any more",
        )

    def _closes(self) -> bool:
        """Whether the new schema could refuse a key that it does not name."""
        view = self.anywhere_after
        keywords = ("unevaluatedProperties", "propertyNames", "maxProperties", "not")
        return bool(view.of_others) or any(view.every(keyword) for keyword in keywords)

    def _added(self, name: str) -> Difference:
        pointer, location = self._declared(name, old=False)
        place = (*self.spot.place, name)
        return Difference(
            f"the setting {words.setting(place)} is new",
            pointer,
            replace(self._below(name), proved=True),
            None,
            location,
            Bump.MINOR,
        )

    def _required(self) -> Iterator[Difference]:
        spot = self.spot
        for name in sorted(self.after.required - self.before.required):
            at = next(
                (*pointer, "required", names.index(name))
                for pointer, names in self.after.every("required")
                if name in names
            )
            named = self.after.named(name)
            has_default = spot.sure and name in self.after.defaults(self.new)
            place = (*spot.place, name)
            message = f"the setting {words.setting(place)} is required now"
            judged = self.walk.judged(spot, "required", None, (at[:-2], [name]))
            harmless = spot.proved or (spot.plain and has_default and self._default_fits(name))
            yield Difference(
                message + (", and has a default" if has_default else ", and has no default"),
                named[0] if named else at[:-2],
                spot,
                self.old.document.key(*self.before.named(name)[0])
                if self.before.named(name)
                else None,
                self.new.document.at(*at),
                Bump.MINOR if harmless else judged,
                about=_with_key(name, among=False),
            )
        for name in sorted(self.before.required - self.after.required):
            pointer = next(
                (*pointer, "required", names.index(name))
                for pointer, names in self.before.every("required")
                if name in names
            )
            named = self.after.named(name)
            if not named and not self.anywhere_after.says(name):
                continue  # said as gone
            known = spot.proved or spot.plain
            yield Difference(
                f"the setting {words.setting((*spot.place, name))} is no longer required",
                named[0] if named else pointer[:-2],
                spot,
                self.old.document.at(*pointer),
                self.new.document.key(*named[0]) if named else None,
                Bump.MINOR if known else None,
            )

    def _default_fits(self, name: str) -> bool:
        value = self.after.defaults(self.new)[name]
        return self.new.valid(self.after.of_key(name), value)

    def _by_pattern(self, deeper: list[Spot]) -> Iterator[Difference]:
        for pattern in dict.fromkeys([*self.before.patterns, *self.after.patterns]):
            old = _under(self.before, pattern)
            new = _under(self.after, pattern)
            spot = replace(
                self.spot,
                place=(*self.spot.place, f"/{pattern}/"),
                focus=(*self.spot.focus, ("other", pattern)),
                old=old,
                new=new,
                around_old=_under(self.around_before, pattern) or self.around_before.of_others,
                around_new=_under(self.around_after, pattern),
                loose_old=_under(self.anywhere_before, pattern) or self.anywhere_before.of_others,
                loose_new=_under(self.anywhere_after, pattern) or self.anywhere_after.of_others,
            )
            if old and new:
                deeper.append(spot)
                continue
            gone = bool(old)
            owner = (new or old)[0][:-2]
            closed = self.after.of_others
            bump = (
                self.walk.judged(self.spot, "patternProperties", None, (owner, {pattern: True}))
                if new
                else Bump.MINOR
                if self.spot.proved
                else None
            )
            open_before = bool(new) and bump is Bump.PATCH and not self.around_before.of_others
            yield Difference(
                f"the settings named like {pattern} {of_parent(self.spot)} are "
                f"{'gone' if gone else 'new'}"
                f"{'; what is stored under such names may be refused' if open_before else ''}",
                (new or old)[0],
                replace(spot, new=new or closed),
                self.old.document.key(*old[0]) if old else None,
                self.new.document.key(*new[0]) if new else None,
                Bump.MINOR if open_before else bump,
                about=_in_pattern(pattern, gone=gone),
                loses=self._loses_any(pattern) if gone and not closed else None,
                why="what tenants stored under such names is kept, and means nothing any more",
            )

    def _loses_any(self, pattern: str) -> Callable[[object], bool]:
        """Whether a document holds a key of a pattern here that means nothing any more."""

        def loses(document: object) -> bool:
            return any(
                leads_to(place, self.spot.focus, place[-1]) and matches(pattern, str(place[-1]))
                for place in lost(self.old, self.new, document)
            )

        return loses


def of_parent(spot: Spot) -> str:
    """The object that a key belongs to, for a message."""
    return words.of(spot.place) if spot.place else "among the settings"


def _under(view: Any, pattern: str) -> tuple[Place, ...]:  # noqa: ANN401 - a `View`
    return tuple(
        (*pointer, "patternProperties", pattern)
        for pointer, named in view.every("patternProperties")
        if pattern in named
    )


def _with_key(name: str, *, among: bool) -> About:
    """A refusal of an object because a key is there (`among`), or because it is not."""

    def about(where: Place, what: object) -> bool:
        if not isinstance(what, dict) or (name in what) is not among:
            return False
        last = where[-1] if where else ""
        closing = ("additionalProperties", "unevaluatedProperties", "propertyNames", "anyOf",
                   "oneOf", "not")  # fmt: skip
        return last in (closing if among else ("required", "anyOf", "oneOf", "not"))

    return about


def _in_pattern(pattern: str, *, gone: bool) -> About:
    def about(where: Place, _what: object) -> bool:
        if gone:
            return bool(where) and "additionalProperties" in where
        return "patternProperties" in where and pattern in where

    return about

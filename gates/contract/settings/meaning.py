"""What is different in what settings mean and say, though no value is refused: defaults, secrets,
deprecations and texts for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gates.contract.model import Bump
from gates.contract.settings import words
from gates.contract.settings.difference import Difference, Spot
from gates.contract.settings.placing import Focus
from gates.contract.settings.side import Side, text_of
from gates.contract.settings.view import Conj
from gates.module.document import show
from gates.module.subschemas import Place

SAYING = ("title", "description", "examples", "readOnly", "writeOnly", "contentEncoding",
          "contentMediaType", "contentSchema")  # fmt: skip
"""Keywords that a form shows, and nothing else depends on."""


class Meaning:
    """Compares what both schemas say about a value to people and to the module."""

    def __init__(self, old: Side, new: Side, spot: Spot) -> None:
        self.old, self.new, self.spot = old, new, spot
        self.before, self.after = old.view(spot.old), new.view(spot.new)

    def differences(self) -> Iterator[Difference]:
        """Differences here."""
        if not self.spot.old or not self.spot.loose_new:
            return
        yield from self._default()
        yield from self._secret()
        yield from self._deprecated()
        yield from self._said()

    def _made(
        self,
        message: str,
        keyword: str,
        bump: Bump | None,
        **more: Any,  # noqa: ANN401
    ) -> Difference:
        old, new = self.before.every(keyword), self.after.every(keyword)
        place = old[0][0] if old else self.spot.old[0]
        there = new[0][0] if new else (self.spot.new or self.spot.loose_new)[0]
        return Difference(
            message,
            there,
            self.spot,
            self.old.document.at(*place, keyword) if old else self.old.document.key(*place),
            self.new.document.at(*there, keyword) if new else self.new.document.key(*there),
            bump,
            **more,
        )

    def _anywhere(self, keyword: str) -> list[tuple[Place, Any]]:
        """What the new schema says with a keyword in any branch."""
        return self.new.view(self.spot.loose_new, loose=True).every(keyword)

    def _default(self) -> Iterator[Difference]:
        old, new = self.before.every("default"), self.after.every("default")
        if not old and not new:
            return
        if old and new and text_of(old[0][1]) == text_of(new[0][1]):
            return
        what = words.of(self.spot.place)
        in_forms = [text_of(each) for _, each in self._anywhere("default")]
        if old and not new and text_of(old[0][1]) in in_forms:
            message = f"the default {what} is that of a form now; only forms show it"
            yield self._made(message, "default", Bump.MINOR)
            return
        if not old:
            message = f"the default {what} is {show(new[0][1])}, and there was none"
            yield self._made(message, "default", Bump.MINOR)
            return
        if new:
            message = f"the default {what} is {show(new[0][1])} now, and was {show(old[0][1])}"
        else:
            message = f"the default {what} is gone (it was {show(old[0][1])})"
        focus = self.spot.focus
        if not self.spot.sure or not focus or focus[-1][0] != "key":
            yield self._made(f"{message}; only forms show it", "default", Bump.MINOR)
            return
        name = focus[-1][1]

        def loses(document: object) -> bool:
            before = list(at(self.old.filled(document), focus))
            there = list(at(self.new.filled(document), focus))
            left_out = any(
                isinstance(each, dict) and name not in each for each in at(document, focus[:-1])
            )
            return left_out and [text_of(e) for e in before] != [text_of(e) for e in there]

        yield self._made(
            message, "default", None, loses=loses, searched=False,
            why="tenants that never set it get another behaviour",
        )  # fmt: skip

    def _secret(self) -> Iterator[Difference]:
        was = any(value == "password" for _, value in self.before.every("format"))
        became = any(value == "password" for _, value in self.after.every("format"))
        setting = words.setting(self.spot.place)
        if became and not was:
            message = f"{setting} is a secret now: it is encrypted, and hidden in forms"
            yield self._made(message, "format", Bump.MINOR)
        kept = any(value == "password" for _, value in self._anywhere("format"))
        if was and not became and not kept:
            yield self._made(
                f"{setting} is no secret any more", "format", None,
                loses=lambda document: any(True for _ in at(document, self.spot.focus)),
                searched=False,
                why="what tenants stored as a secret would be shown in the clear",
            )  # fmt: skip

    def _deprecated(self) -> Iterator[Difference]:
        was = any(value is True for _, value in self.before.every("deprecated"))
        became = any(value is True for _, value in self.after.every("deprecated"))
        if became and not was:
            message = f"{words.setting(self.spot.place)} is deprecated"
            yield self._made(message, "deprecated", Bump.MINOR)
        elif was and not became:
            message = f"{words.setting(self.spot.place)} is no longer deprecated"
            yield self._made(message, "deprecated", Bump.PATCH)

    def _said(self) -> Iterator[Difference]:
        own = dict.fromkeys(
            key for view in (self.before, self.after) for _, node in view.nodes for key in node
        )
        different = [
            key
            for key in own
            if key in SAYING or key.startswith("x-")
            if [text_of(value) for _, value in self.before.every(key)]
            != [text_of(value) for _, value in self.after.every(key)]
        ]
        if different:
            message = f"other {', '.join(different)} {words.of(self.spot.place)}"
            yield self._made(message, different[0], Bump.PATCH)


def at(document: object, focus: Focus) -> Iterator[Any]:
    """The values in a document that stand where a focus leads to."""
    if not focus:
        yield document
        return
    (kind, what), rest = focus[0], focus[1:]
    if kind in ("branch", "with"):
        yield from at(document, rest)
    elif kind == "key" and isinstance(document, dict):
        if what in document:
            yield from at(document[what], rest)
    elif kind == "other" and isinstance(document, dict):
        for value in document.values():
            yield from at(value, rest)
    elif kind == "item" and isinstance(document, list):
        for value in document:
            yield from at(value, rest)


def has_key(document: object, focus: Focus, name: str) -> bool:
    """Whether an object that a focus leads to has a key."""
    return any(isinstance(each, dict) and name in each for each in at(document, focus))


def lost(old: Side, new: Side, document: object) -> Iterator[Place]:
    """The places of a document that the old schema names and that no branch of the new one says
    anything about: what stands there is kept, and means nothing."""
    waiting: list[tuple[Any, Conj, Conj, Place]] = [(document, ((),), ((),), ())]
    while waiting:
        value, before, after, place = waiting.pop()
        view, there = old.view(before, loose=True), new.view(after, loose=True)
        if isinstance(value, dict):
            for key, inner in value.items():
                if new.cares(after, key):
                    waiting.append((inner, view.of_key(key), there.of_key(key), (*place, key)))
                elif old.cares(before, key):
                    yield (*place, key)
        elif isinstance(value, list):
            waiting += [
                (inner, view.of_item(n), there.of_item(n), (*place, n))
                for n, inner in enumerate(value)
            ]


def leads_to(place: Place, focus: Focus, name: object) -> bool:
    """Whether a place in a document is that of a key of an object that a focus leads to."""
    steps = [step for step in focus if step[0] not in ("branch", "with")]
    return (
        len(place) == len(steps) + 1
        and place[-1] == name
        and all(
            kind != "key" or part == what for part, (kind, what) in zip(place, steps, strict=False)
        )
    )

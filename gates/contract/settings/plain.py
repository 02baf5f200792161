"""A plain search: settings that the old schema accepts, changed a little and asked of both, over
and over. It knows nothing of what the schemas differ in, so it also finds what rules on several
settings together refuse; the same settings every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

from gates.contract.settings.edges import scalars
from gates.contract.settings.samples import Samples
from gates.contract.settings.side import Side, UnknownAnswerError, text_of
from gates.contract.settings.view import Conj, kind_of
from gates.module.subschemas import IN_PLACE, Place

MOST_TRIED = 8_000
EACH_RULE = 600
"""Documents more for each branch or condition: what several of them refuse together is rare."""
MOST_SLOW = 200
"""Documents where the quick validator cannot be asked."""
MOST_WORK = 200_000
"""Documents times schemas: fewer documents are tried of a schema of thousands."""
MOST_KEPT = 400
ENOUGH = 40
"""Documents that break, after which it looks no further."""
_GONE = object()


class PlainSearch:
    """Finds documents that the old schema accepts and the new one refuses."""

    def __init__(self, old: Side, new: Side, samples: Samples) -> None:
        self.old, self.new, self.samples = old, new, samples
        self.random = Random(20_12)  # noqa: S311 - the same choices every time, no secret
        self._pools: dict[tuple[Conj, Conj], list[Any]] = {}

    def found(self) -> Iterator[Any]:
        """Up to `ENOUGH` of them, as they are found."""
        kept: set[str] = set()
        accepted: list[Any] = []
        breaks = 0
        waiting: list[Any] = [{}, *self.samples.some(((),))]
        rules = sum(_is_rule(each.pointer) for each in self.new.found.schemas)
        most = min(MOST_TRIED, EACH_RULE * (1 + rules), MOST_WORK // len(self.old.found.schemas))
        if not (self.old.answers_quickly and self.new.answers_quickly):
            most = min(most, MOST_SLOW)
        for _ in range(most):
            if waiting:
                document = waiting.pop()
            elif accepted and self.random.random() < 0.8:
                document = self._changed(self.random.choice(accepted[-MOST_KEPT:]))
            else:
                document = self._whole(((),), ((),))
            text = text_of(document)
            if text in kept or len(text) > 4_000:
                continue
            try:
                if not isinstance(document, dict) or not self.old.accepts(document):
                    continue
                kept.add(text)
                accepted.append(document)
                refused = not self.new.accepts(document)
            except UnknownAnswerError:
                continue
            if refused:
                yield document
                breaks += 1
            if breaks == ENOUGH:
                return

    def _changed(self, document: Any) -> Any:  # noqa: ANN401 - any JSON value
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            document = self._step(document, ((),), ((),), 0)
        return document

    def _whole(self, one: Conj, other: Conj) -> dict[str, Any]:
        """An object with what any rule asks for, and some of the rest."""
        old, new = self.old.view(one, loose=True), self.new.view(other, loose=True)
        others = [name for name in islice(old.names, 200) if name not in old.required]
        some = min(1.0, 6 / len(others)) / 2 if others else 0
        names = [*sorted(old.required), *(n for n in others if self.random.random() < some)]
        return {name: self._made(old.of_key(name), new.of_key(name)) for name in names}

    def _step(self, value: Any, old: Conj, new: Conj, depth: int) -> Any:  # noqa: ANN401
        """The value with one place in it changed."""
        before, after = self.old.view(old, loose=True), self.new.view(new, loose=True)
        r = self.random
        if isinstance(value, dict) and (depth == 0 or r.random() < 0.8):
            names = list(dict.fromkeys([*before.names, *sorted(before.required), *value, "other"]))
            name = r.choice(names)
            inner = value.get(name, _GONE)
            rest = {key: each for key, each in value.items() if key != name}
            if inner is not _GONE and r.random() < 0.2:
                return rest
            there, then = before.of_key(name), after.of_key(name)
            if inner is _GONE or r.random() < 0.5:
                return {**rest, name: self._made(there, then)}
            return {**rest, name: self._step(inner, there, then, depth + 1)}
        if isinstance(value, list) and r.random() < 0.8:
            at = r.randrange(len(value) + 1)
            there, then = before.of_item(at), after.of_item(at)
            if at == len(value):
                return [*value, self._made(there, then)]
            if r.random() < 0.3:
                return value[:at] + value[at + 1 :]
            return [*value[:at], self._step(value[at], there, then, depth + 1), *value[at + 1 :]]
        return self._made(old, new)

    def _made(self, old: Conj, new: Conj) -> Any:  # noqa: ANN401
        """A value at the edges of both, more often one that fits more of the old schemas."""
        if (old, new) not in self._pools:
            made = {text_of(each): each for each in islice(self._several(old, new), 120)}
            ranked = sorted(made.values(), key=lambda each: -self._fitting(old, each))
            self._pools[old, new] = ranked
        pool = self._pools[old, new]
        if isinstance(pool[0], dict) and self.random.random() < 0.3:
            return self._whole(old, new)
        most = len(pool) if self.random.random() < 0.3 else 1 + len(pool) // 4
        return pool[self.random.randrange(most)]

    def _fitting(self, old: Conj, value: object) -> int:
        return sum(self.samples.fits((each,), value) for each in old[:8])

    def _several(self, old: Conj, new: Conj) -> Iterator[Any]:
        """Of each schema by itself: those of several branches together fit nothing."""
        before, after = self.old.view(old, loose=True), self.new.view(new, loose=True)
        for each in old[:8]:
            yield from self.samples.some((each,))
        kinds = self.old.view(old[:1]).kinds
        nodes = [node for view in (before, after) for _, node in view.nodes]
        fitting = (each for each in scalars(nodes) if kind_of(each) in kinds)
        yield from islice(fitting, 80)
        yield from ({}, [], None, "", 0, True)


def _is_rule(pointer: Place) -> bool:
    """Whether a schema is a branch or a condition of the one around it."""
    return bool(IN_PLACE & {str(each) for each in pointer[-2:]})

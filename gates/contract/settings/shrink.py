"""Smaller versions of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gates.module.subschemas import Place

MOST_SHRINKS = 300


def smallest(document: Any, holds: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - any JSON value
    """The document without what it does not need for something to hold, which does."""
    left = MOST_SHRINKS
    again = True
    while again:
        again = False
        for smaller in shrunk(document):
            left -= 1
            if left < 0:
                return document
            if holds(smaller):
                document, again = smaller, True
                break
    return document


def shrunk(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """The value with one member or item less, at every depth, outermost first."""
    waiting: list[Place] = [()]
    while waiting:
        place = waiting.pop(0)
        inner = _at(value, place)
        if isinstance(inner, dict):
            for key in list(inner):
                yield _without(value, (*place, key))
            waiting += [(*place, key) for key in inner]
        elif isinstance(inner, list):
            for index in range(min(len(inner), 50)):
                yield _without(value, (*place, index))
            waiting += [(*place, index) for index in range(min(len(inner), 50))]


def _at(value: Any, place: Place) -> Any:  # noqa: ANN401
    for part in place:
        value = value[part]
    return value


def _without(value: Any, place: Place) -> Any:  # noqa: ANN401
    if len(place) == 1:
        if isinstance(value, dict):
            return {key: each for key, each in value.items() if key != place[0]}
        return [each for index, each in enumerate(value) if index != place[0]]
    made: Any = dict(value) if isinstance(value, dict) else list(value)
    made[place[0]] = _without(value[place[0]], place[1:])
    return made

"""Where in a source a TypeScript name is declared: declarations have no line of the source."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gates.contract.model import Change
from gates.model import Location
from gates.module import Module
from gates.records import replace

_WORDS = "function|class|const|let|var|interface|type|enum|namespace"


def placed(changes: Iterable[Change], old: Module, new: Module) -> list[Change]:
    """The changes with the line of the declaration, where a module has the source and it is
    found; a bundle has none."""
    return [
        replace(each, old=_at(each, each.old, old), new=_at(each, each.new, new))
        for each in changes
    ]


def _at(change: Change, place: Location | None, module: Module) -> Location | None:
    if place is None or place.line is not None or place.path not in module.files:
        return place
    name = change.symbol.removeprefix("code:").partition(".")[0]
    word = re.compile(rf"\b(?:{_WORDS})[ \t*]+({re.escape(name)})(?![\w$])")
    for number, line in enumerate(module.lines(place.path), 1):
        if found := word.search(line):
            return Location(place.path, number, found.start(1) + 1, found.end(1) + 1)
    return place

"""What differs from the standard's shapes, and the digest that an approval is given for. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """One object of a module that is not of an allowed shape."""

    label: str
    """"policy shared on public.x", "function public.f(uuid)"."""
    name: str
    """The bare name to look for in the migrations."""
    sentence: str
    """What is wrong with it, after its label."""
    fix: str
    definition: str
    """As the server prints it, with all that it leans on: what an approval holds for."""

    @property
    def digest(self) -> str:
        """SHA-256 of the definition, in hex."""
        return hashlib.sha256(self.definition.encode()).hexdigest()


@dataclass(frozen=True)
class Definitions:
    """The module's objects as the server prints them."""

    by_name: Mapping[str, tuple[str, ...]]
    """Definitions by the bare name of an object, or of the table that it is a part of."""

    def around(self, definition: str) -> str:
        """A definition, with those that its text names, and those that theirs name: what runs when
        it runs. A name anywhere in a text counts, so that none is missed; one with
        escapes may be any."""
        found = [definition]
        waiting = dict(self.by_name)
        for text in found:
            named = [name for name in waiting if _names(text, name)]
            for name in named:
                found += waiting.pop(name)
        first, *rest = found
        return "\n\n".join([first, *sorted(set(rest) - {first})])


def _names(text: str, name: str) -> bool:
    written = rf"(?<!\w){re.escape(name)}(?!\w)|\bU&\""
    return re.search(written, text, re.IGNORECASE) is not None


def definitions_of(named: Iterable[tuple[str, str]]) -> Definitions:
    """From (bare name, definition)."""
    found: dict[str, list[str]] = {}
    for name, definition in named:
        found.setdefault(name, []).append(definition)
    return Definitions({name: tuple(sorted(each)) for name, each in found.items()})

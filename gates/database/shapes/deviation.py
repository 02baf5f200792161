"""What differs from the standard's shapes, and the digest that an approval is given for. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache

from gates.records import dataclass

_WORD = re.compile(r"\w+")
_ESCAPED = re.compile(r'\bU&"', re.IGNORECASE)


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
        reached: set[str] = set()
        for text in found:
            for name in self._named_in(text) - reached:
                reached.add(name)
                found += self.by_name[name]
        first, *rest = found
        return "\n\n".join([first, *sorted(set(rest) - {first})])

    def _named_in(self, text: str) -> set[str]:
        if _ESCAPED.search(text):
            return set(self.by_name)
        words = _words(text)
        named = {name for word in words & self._plain.keys() for name in self._plain[word]}
        return named | {name for name, written in self._special.items() if written.search(text)}

    @cached_property
    def _plain(self) -> dict[str, list[str]]:
        """Names that are one word, by that word in small letters."""
        found: dict[str, list[str]] = {}
        for name in self.by_name.keys() - self._special.keys():
            found.setdefault(name.casefold(), []).append(name)
        return found

    @cached_property
    def _special(self) -> dict[str, re.Pattern[str]]:
        """The other names, each with what finds it."""
        return {
            name: re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
            for name in self.by_name
            if not _WORD.fullmatch(name)
        }


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(each.casefold() for each in _WORD.findall(text))


def definitions_of(named: Iterable[tuple[str, str]]) -> Definitions:
    """From (bare name, definition)."""
    found: dict[str, list[str]] = {}
    for name, definition in named:
        found.setdefault(name, []).append(definition)
    return Definitions({name: tuple(sorted(each)) for name, each in found.items()})

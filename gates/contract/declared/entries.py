"""Reads what a manifest lists, tolerant of what `manifest-schema` reports."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

from gates.model import Location
from gates.module import Document, Key
from gates.records import dataclass

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class Entry:
    """One member of a list in a manifest, and where it stands."""

    value: Any
    pointer: tuple[Key, ...]
    document: Document

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - any JSON value
        """A member of the entry; `default` where it has none or is no object."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    def text(self, key: str) -> str:
        """A member that is a text; "" for any other."""
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def true(self, key: str, *, default: bool) -> bool:
        """A member that is true or false; `default` for any other."""
        value = self.get(key)
        return value if isinstance(value, bool) else default

    def at(self, *pointer: Key) -> Location:
        """The place of a member; of the entry where it has no such member."""
        return self.document.at(*self.pointer, *pointer)


def entries(document: Document, *pointer: Key) -> Iterator[Entry]:
    """What a list holds, in order; nothing for what is no list."""
    value = document.get(*pointer)
    for index, each in enumerate(value if isinstance(value, list) else ()):
        yield Entry(each, (*pointer, index), document)


def entries_by(
    document: Document, key: Callable[[Entry], K | None], *pointer: Key
) -> dict[K, Entry]:
    """Entries by what they are known by; the first of several, none without a name."""
    found: dict[K, Entry] = {}
    for each in entries(document, *pointer):
        name = key(each)
        if name is not None:
            found.setdefault(name, each)
    return found


def whole_text(entry: Entry) -> str | None:
    """The key of an entry that is a text."""
    return entry.value if isinstance(entry.value, str) else None


def named(entry: Entry) -> str | None:
    """The key of an entry with a `name`."""
    return entry.text("name") or None


def pairs(old: Mapping[K, V], new: Mapping[K, V]) -> Iterator[tuple[K, V, V]]:
    """What both have, in the order of the new one."""
    for key, entry in new.items():
        if key in old:
            yield key, old[key], entry


def gone(old: Mapping[K, V], new: Mapping[K, V]) -> Iterator[tuple[K, V]]:
    """What the old one has alone, in its order; for the other way swap them."""
    return ((key, entry) for key, entry in old.items() if key not in new)


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list, in order; none for what is no list."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

"""The modules of an organisation, as a user names them: folders, or a file that lists folders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from gates.ci.modules import find_modules
from gates.errors import UsageError
from gates.filesystem import is_file, is_folder
from gates.records import dataclass

LARGEST_LIST = 16 * 1024**2
"""Bytes that a list of modules may have."""


@dataclass(frozen=True)
class Member:
    """One module of the fleet."""

    name: str
    """How reports call its folder: as it was named, or relative to the folder that was."""
    path: Path
    """Its folder, absolute."""


def find_members(places: Iterable[Path]) -> tuple[Member, ...]:
    """The modules of each place, each once, in order of their names.

    A place is a folder with modules below it, or a text file with a folder a line (`#` begins a
    comment; paths are relative to the file). Raises `UsageError` for a place without a module and
    for a listed folder that is none: a module that is left out silently would count as sound.
    """
    found: dict[Path, Member] = {}
    for place in places:
        for each in _members(place):
            found.setdefault(each.path, each)
    return tuple(sorted(found.values(), key=lambda each: each.name))


def _members(place: Path) -> Iterator[Member]:
    if is_folder(place):
        for name in find_modules(place):
            path = (place / name).resolve()
            yield Member(path.name if name == "." else name, path)
        return
    if not is_file(place):
        raise UsageError(f"{place} is neither a folder nor a file that lists folders")
    for number, line in enumerate(_lines(place), 1):
        if name := line.partition("#")[0].strip():
            path = place.parent / name
            if not is_file(path / "module.json"):
                raise UsageError(f"{place}:{number}: there is no module.json in {name}")
            yield Member(name, path.resolve())


def _lines(place: Path) -> list[str]:
    if place.stat().st_size > LARGEST_LIST:
        raise UsageError(f"{place} is larger than 16 MiB, which is no list of modules")
    try:
        return place.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{place} is not UTF-8") from None


def owner_of(path: Path) -> str:
    """Who owns a module: the author in its manifest; "" where that cannot be read."""
    try:
        author = json.loads((path / "module.json").read_bytes()).get("author")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    if isinstance(author, dict):
        author = author.get("name")
    return author if isinstance(author, str) else ""

"""The environment variables that a module's env.ts or env.py reads, and its .env.example shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gates.model import Location
from gates.records import dataclass

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_LINE = re.compile(rf"(?P<before>\s*(?:export\s+)?)(?P<name>{_NAME})\s*=\s*(?P<value>.*)")
_REMARK = re.compile(r"\s*#\s*(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")


@dataclass(frozen=True)
class Variable:
    """One variable that the code reads."""

    name: str
    location: Location
    optional: bool | None
    """Whether the module starts without it; None where the source does not say."""
    default: str | None = None
    """What it is where it is not set, as text; None where the source does not write it out."""


@dataclass(frozen=True)
class Read:
    """What the code reads, and the places where that cannot be seen."""

    variables: tuple[Variable, ...]
    unknown: tuple[tuple[str, Location], ...]

    @classmethod
    def of(cls, found: Iterable[Variable], unknown: Iterable[tuple[str, Location]]) -> Read:
        """Each variable once, where it is read first."""
        once: dict[str, Variable] = {}
        for each in found:
            once.setdefault(each.name, each)
        return cls(tuple(once.values()), tuple(unknown))


@dataclass(frozen=True)
class Shown:
    """One line of .env.example."""

    name: str
    """"" for a line that is none."""
    value: str
    location: Location
    """Of the name, or of the line."""
    value_at: Location
    remark: bool = False
    """It is commented out."""


def read_example(path: str, lines: tuple[str, ...]) -> tuple[Shown, ...]:
    """The lines of an .env.example: NAME=value, `export NAME=value`, and NAME=value behind a #.

    Blank lines and other comments are left out; what is neither is a line without a name.
    """
    found = []
    for number, line in enumerate(lines, 1):
        if match := _REMARK.fullmatch(line):
            remark = True
        elif not line.strip() or line.lstrip().startswith("#"):
            continue
        else:
            match, remark = _LINE.fullmatch(line), False
        if match is None:
            start = len(line) - len(line.lstrip()) + 1
            whole = Location(path, number, start, len(line.rstrip()) + 1)
            found.append(Shown("", "", whole, whole))
            continue
        name = Location(path, number, match.start("name") + 1, match.end("name") + 1)
        value = Location(path, number, match.start("value") + 1, len(line.rstrip()) + 1)
        found.append(Shown(match["name"], _plain(match["value"]), name, value, remark))
    return tuple(found)


def _plain(value: str) -> str:
    """A value without its quotes, or without the comment behind it."""
    value = value.strip()
    if value[:1] in ("'", '"') and (end := value.find(value[0], 1)) > 0:
        return value[1:end]
    return re.split(r"\s#", value, maxsplit=1)[0].strip()

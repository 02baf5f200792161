"""On which line of a TOML file each value stands; the values themselves are tomllib's. Pure.

Only what a message needs: tables, their keys and the items of arrays of tables. A key that this
reader does not see has the line of what holds it.
"""

from __future__ import annotations

import re

Place = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=(.*)$"""
)
_STRINGS = re.compile(r"""'''|\"\"\"|"(?:[^"\\]|\\.)*"|'[^']*'|\#.*|[\[\]{}]""")


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of each table, item and key by its place: ("steps", 2, "budget")."""
    found: dict[Place, int] = {(): 1}
    counts: dict[Place, int] = {}
    table: Place = ()
    depth, quoted = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if depth == 0 and not quoted:
            if header := _HEADER.match(line):
                table = _table(_names(header[2]), counts, array=header[1] == "[[")
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                place = table
                for name in _names(key[1]):
                    place = (*place, name)
                    found.setdefault(place, number)
                depth, quoted = _open(key[2], depth, quoted)
                continue
        depth, quoted = _open(line, depth, quoted)
    return found


def line_at(found: dict[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest that holds it."""
    while place not in found:
        place = place[:-1]
    return found[place]


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(each.strip().strip("\"'") for each in dotted.split("."))


def _table(names: tuple[str, ...], counts: dict[Place, int], *, array: bool) -> Place:
    """The place of a table: names lead into the last item of an array of tables."""
    place: Place = ()
    for index, name in enumerate(names):
        place = (*place, name)
        if array and index == len(names) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _open(line: str, depth: int, quoted: str) -> tuple[int, str]:
    """How deep in brackets, and in which long string, a line ends."""
    start = 0
    if quoted:
        if (end := line.find(quoted)) < 0:
            return depth, quoted
        start, quoted = end + 3, ""
    for found in _STRINGS.finditer(line, start):
        mark = found[0]
        if mark in ("'''", '"""'):
            rest = line[found.end() :]
            if (end := rest.find(mark)) < 0:
                return depth, mark
            return _open(rest[end + 3 :], depth, "")
        depth += (mark in "[{") - (mark in "]}") if len(mark) == 1 else 0
    return max(depth, 0), quoted

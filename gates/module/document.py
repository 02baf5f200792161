"""JSON documents whose every value and key knows its line and column."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property
from typing import Any

from gates.model import Location
from gates.module.strict_json import Key, Node, scan
from gates.records import dataclass


class Lines:
    """Offsets of a text as lines and columns; a line ends with a line feed, as in every editor."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def locate(self, path: str, start: int, end: int) -> Location:
        """The location of a span; without an end column where it runs over several lines."""
        line = bisect_right(self.starts, start)
        first = self.starts[line - 1]
        same = bisect_right(self.starts, max(start, end - 1)) == line
        return Location(path, line, start - first + 1, end - first + 1 if same else None)


@dataclass(frozen=True)
class Document:
    """A JSON file with positions."""

    path: str
    text: str
    value: Any

    @cached_property
    def _index(self) -> tuple[Node, Lines]:
        return scan(self.text)[0], Lines(self.text)

    def _find(self, pointer: tuple[Key, ...]) -> Node:
        node = self._index[0]
        for part in pointer:
            child = node.children.get(part)
            if child is None:
                break
            node = child
        return node

    def at(self, *pointer: Key) -> Location:
        """The location of a value; of its nearest container where it does not exist."""
        node = self._find(pointer)
        return self._index[1].locate(self.path, node.start, node.end)

    def span(self, *pointer: Key) -> tuple[int, int]:
        """Where a value begins and ends in the text; of its nearest container where it does not
        exist."""
        node = self._find(pointer)
        return node.start, node.end

    def key(self, *pointer: Key) -> Location:
        """The location of the key of an object's member; of the value for items and the root."""
        node = self._find(pointer)
        return self._index[1].locate(self.path, *(node.key or (node.start, node.end)))

    def get(self, *pointer: Key, default: Any = None) -> Any:  # noqa: ANN401 - any JSON value
        """The value at a pointer, or `default` where there is none."""
        value = self.value
        for part in pointer:
            if isinstance(value, dict) and part in value:  # noqa: SIM114 - no common type
                value = value[part]
            elif isinstance(value, list) and isinstance(part, int) and -1 < part < len(value):
                value = value[part]
            else:
                return default
        return value


def show(value: object, most: int = 60) -> str:
    """A JSON value for a message: on one line, cut, and without what cannot be shown."""
    text = json.dumps(value, ensure_ascii=False)
    text = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def label(pointer: tuple[Key, ...] | list[Key]) -> str:
    """A pointer as an author writes it: `api_endpoints[0].path`; "" for the root.

    The part "[]" stands for every item, "*" for every other member.
    """
    text = ""
    for part in pointer:
        if part == "[]":
            text += "[]"
        elif isinstance(part, int):
            text += f"[{part}]"
        elif part == "*" or re.fullmatch(r"[A-Za-z_$][\w$-]*", part):
            text += f".{part}" if text else part
        else:
            text += f"[{show(part)}]"
    return text

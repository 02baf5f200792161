"""The texts that a JSON or YAML file means, where they are written otherwise than they read. Pure.

A secret written in escapes, over several lines, or as JSON in a text of JSON is in no line of the
file. Each such text is read by the format's own parser, and said as a line that the rules know:
`"name": "value"`. Sources: RFC 8259, YAML 1.2.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from gates.records import dataclass
from gates.toolchains.secrets.pdf import UnreadableError

MAX_DEPTH = 8
"""Texts in texts."""
MAX_NESTED = 200
"""Collections of YAML in each other; the parser's time grows with the square."""
MAX_RESUMED = 20
"""How often YAML is read on after a fault: the rest of a template is worth a look."""

_JSON = re.compile(r"\.(?:json|jsonc|json5|jsonl|ndjson|geojson|map|har|ipynb|webmanifest|avsc)$")
_YAML = re.compile(r"\.(?:ya?ml|cff)$")
_TOKEN = re.compile(r'"(?P<inner>(?:[^"\\\n]|\\[^\n])*)"(?P<colon>[ \t\r\n]*:)?')
_NOT_YAML = re.compile(
    r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NEW_START = re.compile(r"^[^\s#]", re.MULTILINE)


@dataclass(frozen=True)
class Value:
    """A text of a document that is in none of the file's lines."""

    shown: str
    """With its name, as the rules know it."""
    start: int
    end: int
    """Where it is written, in characters from the begin of the file."""


def values(name: str, text: str) -> Iterator[Value]:
    """What the texts of a document say, where they say something else than what is written.

    `name` is the file's: it or the first character says which format it is. JSON is read text by
    text, so that comments and faults hide nothing. Raises `UnreadableError`, after all that could
    be read, for texts in texts below `MAX_DEPTH`, and YAML with more than `MAX_RESUMED` faults.
    """
    yield from _values(name, text, 0)


def _values(name: str, text: str, depth: int) -> Iterator[Value]:
    reader = _reader(name, text, "{[" if not depth else '{["')
    if reader is None:
        return
    if depth > MAX_DEPTH:
        raise UnreadableError(f"holds texts in texts more than {MAX_DEPTH} deep")
    for key, value, start, end, plain in reader(text):
        if not plain:
            yield Value(f'"{key}": "{value}"', start, end)
        for inner in _values(key, value, depth + 1):
            yield Value(inner.shown, start, end)


_Found = tuple[str, str, int, int, bool]
"""The name of a text, the text, where it begins and ends, and whether a line holds both as they
are."""


def _reader(name: str, text: str, begins: str) -> Callable[[str], Iterator[_Found]] | None:
    lower = name.lower()
    if _YAML.search(lower):
        return _yaml
    if "\\" in text and (_JSON.search(lower) or text.lstrip().startswith(tuple(begins))):
        return _json
    return None


def _json(text: str) -> Iterator[_Found]:
    key, escaped = "", False
    for token in _TOKEN.finditer(text):
        value = _decoded(token["inner"])
        changed = value != token["inner"]
        if token["colon"]:
            key, escaped = value, changed
        elif changed or escaped:
            yield key, value, *token.span(), False


def _decoded(inner: str) -> str:
    if "\\" not in inner:
        return inner
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:  # an escape that JSON does not have
        return inner


def _yaml(text: str) -> Iterator[_Found]:
    import yaml

    parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text, begin = _NOT_YAML.sub(" ", text), 0
    for _ in range(MAX_RESUMED):
        try:
            yield from _scalars(parser(text[begin:]), text, begin)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            at = begin + (mark.index if mark else 0)
            line = text.find("\n", at)
            again = _NEW_START.search(text, line + 1) if line >= 0 else None
            if again is None:
                return
            begin = again.start()
        else:
            return
    raise UnreadableError(f"is YAML with more than {MAX_RESUMED} faults")


@dataclass
class _Around:
    """A collection that is being read."""

    name: str
    """Of what comes next."""
    new: bool = False
    """Whether the name is written otherwise than it reads."""
    line: int = -1
    """Where the name stands; -1 for none."""
    wants_name: bool | None = None
    """None in a sequence."""

    def step(self) -> None:
        """One node of it was read."""
        self.wants_name = None if self.wants_name is None else not self.wants_name


def _scalars(parser: Any, text: str, begin: int) -> Iterator[_Found]:  # noqa: ANN401 - two classes
    """Every text with its name, by an anchor too."""
    import yaml

    anchors: dict[str, str] = {}
    around = [_Around("")]
    while parser.check_event():
        event = parser.get_event()
        here, start, end = around[-1], event.start_mark, event.end_mark
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            mapping = isinstance(event, yaml.MappingStartEvent)
            if len(around) > MAX_NESTED:
                raise UnreadableError(f"is YAML nested more than {MAX_NESTED} deep")
            around.append(_Around(here.name, wants_name=True if mapping else None))
        elif isinstance(event, yaml.CollectionEndEvent):
            around.pop()
            around[-1].step()
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            span = (begin + start.index, begin + end.index)
            if isinstance(event, yaml.AliasEvent):
                value, new = anchors.get(event.anchor, ""), True
            else:
                value, new = event.value.strip(), not _as_it_is(event.value, text[slice(*span)])
                if event.anchor:
                    anchors[event.anchor] = value
            if here.wants_name:
                here.name, here.new, here.line = value, new, end.line
            else:
                new |= here.wants_name is False and (here.new or here.line != start.line)
                yield here.name, value, *span, not new
            here.step()


def _as_it_is(value: str, written: str) -> bool:
    written = written.strip()
    return "\n" not in written and written in (value, f'"{value}"', f"'{value}'")

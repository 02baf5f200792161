"""The file of a baseline: one line of JSON for each kind of finding, and for each signed growth.

No line numbers and no dates; sorted, so that branches merge line by line. A file that a merge left
with both sides is read all the same, and says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from gates.errors import CouldNotCheckError
from gates.lazy import pattern
from gates.model import Finding
from gates.module import Module
from gates.records import dataclass, field, replace

FILE = "gates-baseline.jsonl"
"""In the module's root."""
OF_FILE = "file "
LARGEST = 4 << 20
"""Bytes that such a file may have."""
MOST = 1_000_000
_LINE = pattern(r"(?<=[\w)>]):\d+(:\d+)?\b")
_WORD = pattern(r"\b(lines?|columns?) \d+\b")
_TIME = pattern(r"\b\d+(\.\d+)? (ms|s|seconds?)\b")


@dataclass(frozen=True, order=True)
class Entry:
    """What a finding is, wherever its line has moved to."""

    check: str
    object: str
    """A database object as the finding names it ("table public.tenant_x"), or "file " and its path;
    "" for the module as a whole."""
    digest: str
    """32 hex digits over the normalised text of the finding."""

    @classmethod
    def of(cls, finding: Finding) -> Entry:
        """Of a finding: a database object wherever its file lies, else the file."""
        where = finding.location
        text = finding.message if where.object else f"{finding.message}\n{finding.excerpt or ''}"
        parts = (finding.check, finding.rule or "", _normal(text, where.path))
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
        file = f"{OF_FILE}{where.path}" if where.path else ""
        return cls(finding.check, where.object or file, digest)

    @property
    def path(self) -> str | None:
        """The path of its file; None where it is about something else."""
        return self.object.removeprefix(OF_FILE) if self.object.startswith(OF_FILE) else None

    @property
    def shown(self) -> str:
        """For messages."""
        return f"{self.check} in {self.object or 'the module'}"


@dataclass(frozen=True, order=True)
class Line:
    """One line of the file: so many findings of one kind."""

    entry: Entry
    count: int
    was: str | None = None
    """The object that was signed, where its file has another name now; else None."""

    @property
    def signed_entry(self) -> Entry:
        """The entry under the name that was signed."""
        return self.entry if self.was is None else replace(self.entry, object=self.was)

    @property
    def value(self) -> dict[str, Any]:
        """As JSON data."""
        entry = self.entry
        value = {
            "check": entry.check, "object": entry.object, "digest": entry.digest,
            "count": self.count,
        }  # fmt: skip
        return value if self.was is None else {**value, "was": self.was}


@dataclass(frozen=True)
class Baseline:
    """What a file says, whether it may or not."""

    lines: tuple[Line, ...] = ()
    """One for each entry; of one that is there twice, the line with the smaller count."""
    growths: tuple[str, ...] = ()
    """The envelopes of signed growth, each as the JSON that its line holds."""
    problems: tuple[tuple[int, str], ...] = ()
    """Line number and what is wrong with it, in a clause."""
    paths: frozenset[str] = field(default=frozenset(), compare=False)
    """The files of the module: an entry of a file that is not there may have moved."""

    @property
    def total(self) -> int:
        """How many findings it holds."""
        return sum(each.count for each in self.lines)

    @property
    def counts(self) -> Mapping[Entry, int]:
        """How many of each entry."""
        return {each.entry: each.count for each in self.lines}


def read(data: bytes, paths: Iterable[str] = ()) -> Baseline:
    """The baseline in the bytes of a file; a line that cannot be understood is a problem."""
    found: dict[Entry, Line] = {}
    growths: list[str] = []
    problems: list[tuple[int, str]] = []
    if len(data) > LARGEST:
        problems.append((1, f"the file is larger than {LARGEST >> 20} MiB"))
        data = b""
    for number, raw in enumerate(data.split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            value = json.loads(raw.decode("utf-8"))
            if isinstance(value, dict) and set(value) == {"signed"}:
                growths.append(json.dumps(value["signed"], sort_keys=True, separators=(",", ":")))
                continue
            line = _line(value)
        except (ValueError, RecursionError):
            problems.append((number, "is no line of a baseline"))
            continue
        if (other := found.get(line.entry)) is not None:
            problems.append((number, f"lists {line.entry.shown} a second time"))
            line = min(line, other, key=lambda each: each.count)
        found[line.entry] = line
    unique = tuple(dict.fromkeys(growths))
    return Baseline(tuple(sorted(found.values())), unique, tuple(problems), frozenset(paths))


def baseline_of(module: Module) -> Baseline | None:
    """The baseline of a module, None where it has none.

    Raises `CouldNotCheckError` where its file is none or cannot be read.
    """
    file = module.files.get(FILE)
    if file is None:
        return None
    if file.link is not None:
        raise CouldNotCheckError(f"{FILE} is a link", hint="put the file itself in its place")
    return read(module.data(FILE), module.files)


def written(lines: Iterable[Line], growths: Iterable[str]) -> bytes:
    """The one form in which a baseline is written: entries in order, then signed growth."""
    texts = [json.dumps(each.value, ensure_ascii=False) for each in sorted(lines)]
    texts += [f'{{"signed": {each}}}' for each in sorted(set(growths))]
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "replace")


def _line(value: object) -> Line:
    keys = {"check", "object", "digest", "count"}
    if not isinstance(value, dict) or not keys <= set(value) <= {*keys, "was"}:
        raise ValueError("other members")
    texts = [value["check"], value["object"], value["digest"], value.get("was", "")]
    count = value["count"]
    if not all(isinstance(each, str) for each in texts) or type(count) is not int:
        raise ValueError("other types")
    if not 1 <= count <= MOST:
        raise ValueError("a count out of range")
    return Line(Entry(*texts[:3]), count, value.get("was"))


def _normal(text: str, path: str) -> str:
    """A text without what changes although the finding does not: its file's name, positions, white
    space, and what was measured in seconds."""
    text = text.replace(path, "<path>") if path else text
    for each, new in ((_LINE, ""), (_WORD, r"\1"), (_TIME, r"\2")):
        text = each.sub(new, text)
    return " ".join(text.split())

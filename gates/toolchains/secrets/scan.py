"""Every file of a module, as text, through the engine; and what it found, at its place."""

from __future__ import annotations

import hashlib
import itertools
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.records import dataclass, replace
from gates.toolchains.languages import LANGUAGES
from gates.toolchains.processes import disk
from gates.toolchains.secrets import kingfisher
from gates.toolchains.secrets.decode import views
from gates.toolchains.secrets.kingfisher import Match
from gates.toolchains.secrets.pdf import UnreadableError
from gates.toolchains.secrets.rules import BY_ID, RULES, accepts, samples
from gates.toolchains.secrets.unpack import Budget, Content, Unread, unpack
from gates.toolchains.secrets.values import values
from gates.toolchains.tools import Tools

CANARY = "glpat-" + "x7Kq2mVz9RtB4nWc8YpL"
"""A made-up token that the engine's own rules know. It ends every text that the engine is given."""
SAMPLES = "samples.txt"

_DIGESTS = {each.lock_file: each.lock_digest for each in LANGUAGES.values()}
"""Lines of the lock files that hold a digest and nothing else."""


@dataclass(frozen=True)
class Secret:
    """What looks like a secret. It is not kept itself."""

    location: Location
    inside: str
    """Where in what the file holds, as "member:line:column"; "" for the file itself."""
    kind: str
    digest: str
    """SHA-256 of the secret, in hex."""


_Spans = tuple[tuple[Location, Location], ...]


@dataclass(frozen=True)
class _Text:
    """A text that was written for the engine."""

    file: Path
    path: str
    member: str
    exact: bool
    end: int = 0
    """The line of the canary."""
    spans: _Spans = ()
    """Of what is no text of the file itself: where each line is written, its begin and its end."""


def scan(tools: Tools) -> tuple[list[Secret], list[Unread]]:
    """What looks like a secret in the module, and what could not be read.

    Every text ends with a made-up token, and one more file has a sample for each of our rules: a
    text whose token was not found counts as unread, a sample that was not found is
    `ToolFailedError`.
    """
    if not tools.session.module.files:
        raise CouldNotCheckError("there is no file to look at")
    folder = tools.folder / "texts"
    with disk():
        folder.mkdir()
        (folder / SAMPLES).write_text("\n".join(samples()) + "\n", "utf-8")
    budget = Budget()
    texts = list(_write(tools, folder, budget))
    found: dict[str, list[Match]] = defaultdict(list)
    for match in kingfisher.run(tools, folder, len(texts)):
        found[match.file].append(match)
    _check_samples(found[SAMPLES])
    seen, unread = [], list(budget.unread)
    for text in texts:
        matches = found[text.file.name]
        if any(match.line == text.end and match.secret == CANARY for match in matches):
            seen.append(text)
        else:
            unread.append(
                Unread(_way(text.path, text.member), "was not read to its end by kingfisher")
            )
    if not seen and texts:
        raise ToolFailedError("kingfisher found none of the keys that were put there for it")
    secrets: list[Secret] = []
    known: dict[str, list[Secret]] = defaultdict(list)
    for text in seen:
        new = list(_secrets(text, found[text.file.name], known[text.path]))
        known[text.path] += new
        secrets += new
    return secrets, unread


def _write(tools: Tools, folder: Path, budget: Budget) -> Iterator[_Text]:
    """Write every text of the module under a name that says nothing: engines skip by name."""
    module = tools.session.module
    numbers = itertools.count(1)
    for path, file in module.files.items():
        if file.link is not None:
            continue  # It leads to a file of the module.
        try:
            data = module.data(path)
        except CouldNotCheckError as error:
            budget.unread.append(Unread(path, error.message.removeprefix(f"{path} ")))
            continue
        for content in unpack(path, data, budget):
            for view in views(content.data):
                text = _Text(folder / f"{next(numbers):06}.txt", path, content.member, view.exact)
                yield _written(text, view.text)
                if not view.exact:
                    continue
                meant, spans = _meant(content, view.text, budget)
                if spans:
                    target = folder / f"{next(numbers):06}.txt"
                    yield _written(replace(text, file=target, exact=False, spans=spans), meant)


def _written(text: _Text, content: str) -> _Text:
    """A text with its canary. Its number makes it unlike others: engines read equal ones once."""
    end = f"\n{text.file.stem} {CANARY}\n"
    with disk():
        text.file.write_bytes(content.encode("utf-8", "replace") + end.encode())
    return replace(text, end=content.count("\n") + 2)


def _meant(content: Content, text: str, budget: Budget) -> tuple[str, _Spans]:
    """What the values of a document mean, and where each of its lines is written."""
    lines: list[str] = []
    spans: list[tuple[Location, Location]] = []
    breaks: list[int] = []
    path = content.member or content.path

    def place(offset: int) -> Location:
        line = bisect_left(breaks, offset)
        return Location(path, line + 1, offset - (breaks[line - 1] if line else -1))

    try:
        for value in values(path, text):
            breaks = breaks or [found.start() for found in re.finditer("\n", text)]
            new = value.shown.replace("\0", " ").split("\n")
            lines += new
            spans += [(place(value.start), place(value.end))] * len(new)
    except UnreadableError as error:
        budget.unread.append(Unread(_way(content.path, content.member), str(error)))
    return "\n".join(lines), tuple(spans)


def _check_samples(matches: Iterable[Match]) -> None:
    found = {(match.line, match.rule) for match in matches}
    missing = [rule.name for line, rule in enumerate(RULES, 1) if (line, rule.id) not in found]
    if missing:
        raise ToolFailedError(f"kingfisher did not find the samples of {', '.join(missing)}")


def _way(path: str, member: str) -> str:
    return f"{path} ({member})" if member else path


def _secrets(text: _Text, matches: Sequence[Match], known: Sequence[Secret]) -> Iterator[Secret]:
    """What was found in one text, each place once; `known` is what was found in other texts of the
    same file."""
    matches = [match for match in matches if match.line < text.end]
    if not matches:
        return
    lines = text.file.read_bytes().split(b"\n")
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for match in sorted(matches, key=_weight):
        line = lines[match.line - 1]
        begin = _offset(line, match)
        end = begin + len(match.secret.encode())
        whole, start = line.decode("utf-8", "replace"), line[:begin].decode("utf-8", "replace")
        digest = hashlib.sha256(match.secret.encode()).hexdigest()
        rule = BY_ID.get(match.rule)
        if (
            not accepts(match.rule, match.secret, start)
            or any(begin < there and here < end for here, there in taken[match.line])
            or (not text.exact and any(each.digest == digest for each in known))
            or (not text.member and text.path in _DIGESTS and _DIGESTS[text.path].fullmatch(whole))
        ):
            continue
        taken[match.line].append((begin, end))
        kind = rule.name if rule else match.rule.rpartition("/")[2].removeprefix("betterleaks.")
        at = Location(text.member or text.path)
        if text.spans:
            at, last = text.spans[match.line - 1]
            if any(each.kind == kind and _between(at, each.location, last) for each in known):
                continue
        elif text.exact:
            at = replace(at, line=match.line, column=None if match.encoded else len(start) + 1)
        inside = str(at) if text.member else ""
        yield Secret(Location(text.path) if text.member else at, inside, kind, digest)


def _between(begin: Location, place: Location, end: Location) -> bool:
    here = (place.line or 0, place.column or 0)
    return (begin.line or 0, begin.column or 0) <= here < (end.line or 0, end.column or 0)


def _weight(match: Match) -> tuple[int, int]:
    """What says most about a secret comes first: our exact rules, the engine's, our guesses."""
    rule = BY_ID.get(match.rule)
    return (1 if rule is None else 2 if rule.guess else 0, -len(match.secret))


def _offset(line: bytes, match: Match) -> int:
    """Where in its line the secret begins, in bytes; as the engine says if it is not in there."""
    first = match.secret.split("\n")[0].encode()
    if match.encoded or line[match.offset : match.offset + len(first)] == first:
        return min(match.offset, len(line))
    return max(line.find(first), 0)

"""Every file of a module, as text, through the engine; and what it found, at its place."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.toolchains.languages import LANGUAGES
from gates.toolchains.processes import disk
from gates.toolchains.secrets import kingfisher
from gates.toolchains.secrets.decode import views
from gates.toolchains.secrets.kingfisher import Match
from gates.toolchains.secrets.rules import BY_ID, RULES, accepts, samples
from gates.toolchains.secrets.unpack import Budget, Unread, unpack
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


@dataclass(frozen=True)
class _Text:
    """A text that was written for the engine."""

    file: Path
    path: str
    member: str
    exact: bool
    end: int
    """The line of the canary."""


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
            unread.append(Unread(_shown(text), "was not read to its end by kingfisher"))
    if not seen and texts:
        raise ToolFailedError("kingfisher found none of the keys that were put there for it")
    secrets: list[Secret] = []
    known: dict[str, set[str]] = defaultdict(set)
    for text in seen:
        new = list(_secrets(text, found[text.file.name], known[text.path]))
        known[text.path].update(each.digest for each in new)
        secrets += new
    return secrets, unread


def _write(tools: Tools, folder: Path, budget: Budget) -> Iterator[_Text]:
    """Write every text of the module under a name that says nothing: engines skip by name."""
    module = tools.session.module
    number = 0
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
                number += 1
                target = folder / f"{number:06}.txt"
                # The number makes the text unlike any other: engines read equal ones once.
                end = f"\n{number} {CANARY}\n"
                with disk():
                    target.write_bytes(view.text.encode("utf-8", "replace") + end.encode())
                last = view.text.count("\n") + 2
                yield _Text(target, path, content.member, view.exact, last)


def _check_samples(matches: Iterable[Match]) -> None:
    found = {(match.line, match.rule) for match in matches}
    missing = [rule.name for line, rule in enumerate(RULES, 1) if (line, rule.id) not in found]
    if missing:
        raise ToolFailedError(f"kingfisher did not find the samples of {', '.join(missing)}")


def _shown(text: _Text) -> str:
    return f"{text.path} ({text.member})" if text.member else text.path


def _secrets(text: _Text, matches: Sequence[Match], known: Collection[str]) -> Iterator[Secret]:
    """What was found in one text, each place once; `known` are the digests of what was found in
    other texts of the same file."""
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
            or (not text.exact and digest in known)
            or (not text.member and text.path in _DIGESTS and _DIGESTS[text.path].fullmatch(whole))
        ):
            continue
        taken[match.line].append((begin, end))
        kind = rule.name if rule else match.rule.rpartition("/")[2].removeprefix("betterleaks.")
        at = Location(text.member or text.path)
        if text.exact:
            at = replace(at, line=match.line, column=None if match.encoded else len(start) + 1)
        inside = str(at) if text.member else ""
        yield Secret(Location(text.path) if text.member else at, inside, kind, digest)


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

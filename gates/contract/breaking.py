"""`breaking` in module.json: the breaks that are meant.

An entry accepts the breaks of one symbol (`endpoint:GET /api/x`), or of all symbols that begin with
what stands before a final `*` (`settings:/properties/smtp/*`), in the release that `since` names.
It does not make a break small: the version must move all the same. Entries of older releases are
history and never looked at again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from gates.catalog.versions import compare, parse
from gates.contract.bump import same_release, smallest
from gates.contract.declared.entries import Entry, entries
from gates.contract.model import Bump, Change
from gates.module import Document
from gates.records import dataclass

SYMBOL = re.compile(r"([a-z][a-z-]*):(.+)", re.DOTALL)

DATABASE_KINDS = frozenset({
    "table", "column", "constraint", "unique", "view", "type", "function", "policy", "grant",
    "sequence", "trigger", "index", "object",
})  # fmt: skip
"""What symbols of the database begin with: the check `database-bump` judges them."""

CODE_KINDS = frozenset({"code"})
"""Those of exported code: `code-bump`."""

MANIFEST_KINDS = frozenset({
    "settings", "endpoint", "event", "permission", "job", "environment", "platform", "dependency",
    "package", "retention", "operation", "metadata",
})  # fmt: skip
"""Those of module.json and the settings schema: `required-bump`."""


@dataclass(frozen=True)
class Accepted:
    """One entry of the release under test."""

    symbol: str
    since: str
    reason: str
    guide: str
    entry: Entry

    @property
    def kind(self) -> str:
        """What the symbol begins with; "" where it has no kind."""
        match = SYMBOL.fullmatch(self.symbol)
        return match[1] if match else ""

    def covers(self, change: Change) -> bool:
        """Whether it names what a change changed."""
        if self.prefix:
            return change.symbol.startswith(self.prefix)
        return change.symbol == self.symbol

    @property
    def prefix(self) -> str:
        """What its symbols begin with, where it ends in `*`; "" for one that names one symbol."""
        wide = self.symbol.endswith("*") and not _kind_alone(self.symbol)
        return self.symbol[:-1] if wide else ""


@dataclass(frozen=True)
class Names:
    """What several entries name, to be asked often."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]

    @classmethod
    def of(cls, accepted: Sequence[Accepted]) -> Names:
        """Those of some entries."""
        return cls(
            frozenset(each.symbol for each in accepted if not each.prefix),
            tuple(each.prefix for each in accepted if each.prefix),
        )

    def __contains__(self, symbol: str) -> bool:
        return symbol in self.exact or symbol.startswith(self.prefixes)


def _kind_alone(symbol: str) -> bool:
    """Whether a pattern is too wide to name anything: `*`, `endpoint:*`."""
    match = SYMBOL.fullmatch(symbol[:-1])
    return match is None


def listed(manifest: Document) -> Iterator[Accepted]:
    """Every entry that is complete; the others `manifest-schema` reports."""
    for each in entries(manifest, "breaking"):
        texts = [each.text(key) for key in ("symbol", "since", "reason", "migration_guide")]
        if all(texts) and parse(texts[1]) is not None:
            yield Accepted(texts[0], texts[1], texts[2], texts[3], each)


def of_release(manifest: Document, version: str, base: str | None) -> tuple[Accepted, ...]:
    """The entries that speak of the step from `base` to `version`: those since a version after
    `base` and not after `version`. Without a base, those since `version` itself."""
    return tuple(
        each
        for each in listed(manifest)
        if same_release(each.since, version)
        or (base is not None and compare(base, each.since) < 0 and compare(each.since, version) < 0)
    )


def intended(manifest: Document, version: str, base: str) -> tuple[Accepted, ...]:
    """As `of_release`, with those since the next major version where `version` does not reach it:
    who listed a break there and forgot to raise the version has listed it."""
    reach = smallest(base, Bump.MAJOR)
    short = compare(version, reach) < 0 and not same_release(version, reach)
    return of_release(manifest, reach if short else version, base)


def ahead(manifest: Document, version: str) -> tuple[Accepted, ...]:
    """The entries since a version that is still to come."""
    return tuple(
        each
        for each in listed(manifest)
        if compare(each.since, version) > 0 and not same_release(each.since, version)
    )


def stale(accepted: Sequence[Accepted], changes: Sequence[Change]) -> tuple[Accepted, ...]:
    """The entries that name nothing which changed for users in this release."""
    noticed = sorted({each.symbol for each in changes if may_break(each)})

    def named(entry: Accepted) -> bool:
        start = entry.prefix or entry.symbol
        index = bisect_left(noticed, start)
        found = noticed[index] if index < len(noticed) else ""
        return found.startswith(start) if entry.prefix else found == start

    return tuple(each for each in accepted if not named(each))


def may_break(change: Change) -> bool:
    """Whether a change is a break, or one that its author may know to be: users notice it, and it
    is about something that was there."""
    return change.bump is Bump.MAJOR or (change.bump is Bump.MINOR and change.kind != "added")


def near(accepted: Accepted, changes: Sequence[Change]) -> str | None:
    """The symbol that an entry may have meant."""
    import difflib

    symbols = [each.symbol for each in changes[:200] if len(each.symbol) <= 200]
    found = difflib.get_close_matches(accepted.symbol[:200], symbols, n=1)
    return found[0] if found else None

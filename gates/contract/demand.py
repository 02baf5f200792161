"""What the changes of a version ask of its number and of `breaking`: findings for a check.

One function judges for all checks that compare versions, each with the part that it can see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from gates.check import Check
from gates.contract.breaking import (
    CODE_KINDS,
    DATABASE_KINDS,
    MANIFEST_KINDS,
    Names,
    ahead,
    intended,
    may_break,
    near,
    of_release,
    stale,
)
from gates.contract.bump import allows, like, needs_entries, smallest
from gates.contract.model import Bump, Change
from gates.model import Finding, Level
from gates.module import Module
from gates.records import dataclass, replace

MOST_GUESSES = 20
"""Stale entries for which it is guessed what they meant."""
KINDS = MANIFEST_KINDS | DATABASE_KINDS | CODE_KINDS


@dataclass(frozen=True)
class Demand:
    """One change, and what it asks for that the version under test does not give."""

    change: Change
    bump: Bump
    """What it asks for: a break that was not proved counts as something new, and what `breaking`
    lists counts as a break."""
    too_small: bool
    """The version does not move far enough."""
    unlisted: bool
    """It is a break, and `breaking` does not list it."""


def demand(change: Change, listed: Names, old: str, new: str) -> Demand:
    """What one change asks of the step from `old` to `new`; `listed` is what `breaking` names."""
    bump = change.bump
    if not change.proved and bump is Bump.MAJOR:
        bump = Bump.MINOR
    named = change.symbol in listed
    if named and may_break(change):
        bump = Bump.MAJOR
    unlisted = bump is Bump.MAJOR and not named and needs_entries(old)
    return Demand(change, bump, not allows(old, new, bump), unlisted)


def judge(check: Check, module: Module, base: str, changes: Sequence[Change]) -> Iterator[Finding]:
    """Findings on changes since the stable version `base`.

    Where that is the module's own version, edited since, they say which version comes next, and
    are warnings: only a release needs the version to be raised.
    """
    listed = Names.of(intended(module.require_manifest(), module.version, base))
    asked = [demand(each, listed, base, module.version) for each in changes]
    largest = max((each.bump for each in asked), key=lambda each: each.rank, default=Bump.NONE)
    for each in asked:
        if each.too_small or each.unlisted:
            found = _finding(check, module, base, each, largest)
            yield replace(found, level=Level.WARNING) if base == module.version else found


def judge_entries(
    check: Check, module: Module, base: str | None, changes: Sequence[Change], kinds: frozenset[str]
) -> Iterator[Finding]:
    """Findings on entries of `breaking` that name nothing which changed since `base`.

    `kinds` are those of the symbols that the check can see; entries of other kinds are not its own.
    Where `base` is the module's own version, its entries were judged when it was released.
    """
    if base == module.version:
        return
    accepted = of_release(module.require_manifest(), module.version, base)
    mine = [each for each in accepted if each.kind in kinds]
    for number, each in enumerate(stale(mine, changes)):
        meant = near(each, changes) if number < MOST_GUESSES else None
        what = f"nothing was released before {module.version}" if base is None else f"since {base}"
        yield check.finding(
            f"{each.symbol} is listed in `breaking`, and did not change: {what}"
            if base is None
            else f"{each.symbol} is listed in `breaking`, and did not change {what}",
            each.entry.at("symbol"),
            fix=f"write {meant}" if meant else "remove the entry",
            rule=each.symbol,
        )


def misplaced(check: Check, module: Module) -> Iterator[Finding]:
    """Entries of `breaking` that no check could ever match."""
    manifest = module.require_manifest()
    for each in of_release(manifest, module.version, None):
        if each.kind not in KINDS:
            yield check.finding(
                f"{each.symbol!r} names nothing that the gate knows: what it names begins with one"
                f" of {', '.join(sorted(KINDS))} and a colon",
                each.entry.at("symbol"),
                fix="write the symbol as `gates diff` prints it, such as endpoint:GET /api/x",
                rule=each.symbol,
            )
    for each in ahead(manifest, module.version):
        yield check.finding(
            f"the break of {each.symbol} is since {each.since}, and this is {module.version}",
            each.entry.at("since"),
            fix=f'write "version": "{each.since}" or "since": "{module.version}", as is meant',
            rule=each.symbol,
        )


def _finding(check: Check, module: Module, base: str, asked: Demand, largest: Bump) -> Finding:
    """`largest` is what all changes together ask for: the version to write."""
    change = asked.change
    own, lowest = smallest(base, asked.bump), smallest(base, largest)
    missing = []
    if asked.too_small:
        missing.append(f"after {base} that asks for {own}, and the version is {module.version}")
    if asked.unlisted:
        missing.append("`breaking` does not list it")
    steps = []
    if asked.too_small:
        steps.append(f'"version": "{like(lowest, module.version)}"')
    if asked.unlisted:
        since = lowest if asked.too_small else module.version
        steps.append(f"in `breaking` {_entry(change.symbol, since)}")
    undo = "keep it as it was, or write " if asked.bump is Bump.MAJOR else "write "
    more = ", as all changes together ask for" if asked.too_small and own != lowest else ""
    return check.finding(
        f"{change.message.rstrip('.')}; {', and '.join(missing)}",
        change.new or module.require_manifest().at("version"),
        fix=undo + " and ".join(steps) + more,
        detail=_evidence(change, base, asked.bump),
        rule=change.symbol,
    )


def _entry(symbol: str, since: str) -> str:
    entry = {"symbol": symbol, "since": since, "reason": "...", "migration_guide": "..."}
    return json.dumps(entry, ensure_ascii=False)


def _evidence(change: Change, base: str, bump: Bump) -> str:
    """The bump, the old place and the counter-example of a change; a line each."""
    lines = [f"bump: {bump}"]
    if change.old is not None:
        lines.append(f"in {base}: {change.old}")
    if change.example is not None:
        lines.append(f"counter-example: {change.example}")
    if not change.proved:
        lines.append("no counter-example was found, and none was ruled out")
    return "\n".join(lines)

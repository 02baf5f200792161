"""What the changes of a version ask of its number and of `breaking`: findings for a check.

One function judges for all checks that compare versions, each with the part that it can see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gates.check import Check
from gates.contract.breaking import (
    CODE_KINDS,
    DATABASE_KINDS,
    MANIFEST_KINDS,
    Names,
    ahead,
    may_break,
    near,
    of_release,
    stale,
)
from gates.contract.bump import allows, baseline, needs_entries, smallest
from gates.contract.model import Bump, Change
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level
from gates.module import Module
from gates.releases import Release, Releases

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


def base_of(module: Module, releases: Releases) -> Release | None:
    """The released version that the one under test is compared with: the newest stable one below
    it. None where there is none; raises `CatalogUnavailableError` where nobody knows."""
    _usable(module)
    before = {each.version: each for each in releases.before}
    found = baseline(module.version, before)
    return None if found is None else before[found]


def _usable(module: Module) -> None:
    if not module.slug or not module.version:
        raise CouldNotCheckError(
            "the slug or the version in module.json is not usable",
            hint="mend what the other checks report about them first",
        )


def no_base(check: Check, module: Module, releases: Releases) -> Finding:
    """The note that there is nothing to compare with, and why."""
    before = releases.before
    if before:
        message = (
            f"only pre-releases were released before ({before[0].version} is the newest); they"
            " promise nothing (SemVer 2.0.0, section 9)"
        )
    else:
        message = f"first version of {module.slug} in this catalog: nothing to compare it with"
    at = module.require_manifest().at("version")
    return check.finding(message, at, level=Level.NOTE)


def judge(check: Check, module: Module, base: str, changes: Sequence[Change]) -> Iterator[Finding]:
    """Findings on changes since the stable version `base`."""
    listed = Names.of(of_release(module.require_manifest(), module.version, base))
    for change in changes:
        asked = demand(change, listed, base, module.version)
        if asked.too_small or asked.unlisted:
            yield _finding(check, module, base, asked)


def judge_entries(
    check: Check, module: Module, base: str | None, changes: Sequence[Change], kinds: frozenset[str]
) -> Iterator[Finding]:
    """Findings on entries of `breaking` that name nothing which changed since `base`.

    `kinds` are those of the symbols that the check can see; entries of other kinds are not its own.
    """
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
            fix=f'write "since": "{module.version}", or add the entry when it comes to that',
            rule=each.symbol,
        )


def _finding(check: Check, module: Module, base: str, asked: Demand) -> Finding:
    change = asked.change
    lowest = smallest(base, asked.bump)
    missing = []
    if asked.too_small:
        missing.append(f"after {base} that asks for {lowest}, and the version is {module.version}")
    if asked.unlisted:
        missing.append("`breaking` does not list it")
    steps = []
    if asked.too_small:
        steps.append(f'"version": "{lowest}"')
    if asked.unlisted:
        steps.append(f"in `breaking` {_entry(change.symbol, lowest, module, asked)}")
    undo = "keep it as it was, or write " if asked.bump is Bump.MAJOR else "write "
    return check.finding(
        f"{change.message}: {', and '.join(missing)}",
        change.new or module.require_manifest().at("version"),
        fix=undo + " and ".join(steps),
        detail=evidence(change, base, asked.bump),
        rule=change.symbol,
    )


def _entry(symbol: str, lowest: str, module: Module, asked: Demand) -> str:
    return json.dumps(
        {
            "symbol": symbol,
            "since": lowest if asked.too_small else module.version,
            "reason": "...",
            "migration_guide": "...",
        }
    )


def evidence(change: Change, base: str, bump: Bump | None = None) -> str:
    """A change in full: symbol, bump, both places, counter-example; a line each."""
    lines = [f"{change.symbol}: {bump or change.bump}"]
    if change.old is not None:
        lines.append(f"{base}: {change.old}")
    if change.new is not None:
        lines.append(f"now: {change.new}")
    if change.example is not None:
        lines.append(f"counter-example: {change.example}")
    if not change.proved:
        lines.append("no counter-example was found, and none was ruled out")
    return "\n".join(lines)

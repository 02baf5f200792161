"""What advisories say of the packages that others carry, and of which nobody can be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from gates.errors import CouldNotCheckError
from gates.model import Level, Location
from gates.settings import Policy
from gates.toolchains.advisory_search import (
    Hit,
    can_ask,
    find_in_carried,
    locked_packages,
    place_of,
    said,
)
from gates.toolchains.carried.found import Carried, Findings
from gates.toolchains.carried.packages import as_locked, carried_in
from gates.toolchains.problem import Problem
from gates.toolchains.tools import Tools

SHOWN = 5
"""Names in one sentence."""


def find_problems(tools: Tools, policy: Policy, today: date) -> Iterator[Problem]:
    """An error for each advisory about a package that something there names, a warning for code
    that calls itself one, and a note for each package with what nobody was asked about.

    Raises `CouldNotCheckError`, after all that is known, for archives that cannot be read, and as
    `find_in_carried`.
    """
    found = carried_in(tools)
    kinds = {each.ecosystem for each in found.named}
    asked = {each for each in kinds if can_ask(tools, policy, today, each)}
    named = [each for each in found.unique() if each.ecosystem in asked]
    doubtful: dict[Carried, list[Hit]] = defaultdict(list)
    for hit in find_in_carried(tools, policy, today, named):
        if hit.carried is not None and not hit.carried.certain:
            doubtful[hit.carried].append(hit)
        elif hit.carried is not None:
            yield _problem(hit, hit.carried)
    yield from (_doubt(each, hits) for each, hits in doubtful.items())
    spare = [each for each in found.unique() if each.ecosystem not in asked]
    yield from _notes(tools, found.unnamed, "not-identified", "whose releases nothing there names")
    yield from _notes(tools, spare, "not-asked", "whose advisories nobody here knows")
    _raise_closed(found)


def _problem(hit: Hit, carried: Carried) -> Problem:
    fixed = f" {hit.advisory.fixed} or later" if hit.advisory.fixed else " in another version"
    return Problem(
        f"{carried}, which {carried.carrier} carries ({carried.path}): {said(hit.advisory)}",
        hit.location,
        fix=(
            f"take a version of {carried.carrier.name} that carries {carried.name}{fixed},"
            " or another package"
            if carried.carrier.folder
            else f"lock {carried.name}{fixed} instead of carrying it"
        ),
        rule=hit.advisory.id,
    )


def _doubt(carried: Carried, hits: Sequence[Hit]) -> Problem:
    ids = sorted({each.advisory.id for each in hits})
    return Problem(
        f"{carried.carrier} carries code that calls itself {carried} ({carried.path}): of that"
        f" release {_listed(ids, 'advisory', 'advisories')} speak, and this may be a part of it",
        hits[0].location,
        level=Level.WARNING,
        fix=f"see whether the advisories are about what {carried.carrier.name} took from it",
        rule="calls-itself",
    )


def _notes(tools: Tools, carried: Iterable[Carried], rule: str, sentence: str) -> Iterator[Problem]:
    packages, path = locked_packages(tools)
    by_carrier: dict[tuple[str, Location], set[str]] = defaultdict(set)
    for each in carried:
        place = place_of(each, path, as_locked(each, packages).line)
        by_carrier[str(each.carrier), place].add(str(each))
    for (carrier, place), names in sorted(by_carrier.items(), key=str):
        yield Problem(
            f"{carrier} carries {_listed(sorted(names), 'package', 'packages')} {sentence}",
            place,
            level=Level.NOTE,
            fix="nothing has to be done: no advisory was found or refused for them",
            rule=rule,
        )


def _listed(names: Sequence[str], one: str, several: str) -> str:
    what = one if len(names) == 1 else several
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} {what} ({', '.join(names[:SHOWN])}{more})"


def _raise_closed(found: Findings) -> None:
    if not found.closed:
        return
    names = "; ".join(f"{e.path} of {e.carrier} {e.reason}" for e in found.closed[:SHOWN])
    more = f"; and {len(found.closed) - SHOWN} more" if len(found.closed) > SHOWN else ""
    raise CouldNotCheckError(
        f"not everything in the packages could be looked into: {names}{more}",
        hint="use packages without it: nobody knows which packages are in there",
    )

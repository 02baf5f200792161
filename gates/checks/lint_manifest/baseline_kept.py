"""A baseline holds what was signed for, of checks that may be in one, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.barred import barred
from gates.baseline import FILE, Entry, baseline_of, read
from gates.baseline.growth import counted, unsigned
from gates.check import check
from gates.evidence.signers import Signers
from gates.model import Finding, Level, Location, Stage
from gates.module import Module
from gates.releases import Release, Releases


@check(Stage.LINT_MANIFEST)
def baseline_kept(module: Module, releases: Releases, signers: Signers) -> Iterator[Finding]:
    """A baseline only grows by a signature, and never holds what has to be right.

    Why: a list of known faults that anyone may add to hides the next one; what keeps tenants apart,
    secrets, and what a release rests on are never known faults.
    Bad: a line that was written into gates-baseline.jsonl by hand, or that a merge brought back
    Good: gates baseline --add --reason "..." by someone whose key the policy trusts
    Fix: repair the finding, or have the growth signed; `gates baseline --update` removes what is
    gone and what is listed twice.
    """
    baseline = baseline_of(module)
    if baseline is None:
        return
    for number, problem in baseline.problems:
        yield baseline_kept.finding(
            f"this line {problem}", Location(FILE, number), fix="gates baseline --update"
        )
    for each in sorted({line.entry.check for line in baseline.lines}):
        if why := barred(each):
            yield baseline_kept.finding(
                f"findings of {each} can't be in a baseline: {why}", FILE, fix="remove the lines"
            )
    before = next(iter(releases.before), None)
    released = _released(before)
    base = before.version if before else ""
    growths, refused = counted(baseline, module.slug, base, signers.trust)
    for reason in refused:
        yield baseline_kept.finding(f"the baseline holds {reason}", FILE, fix="remove the line")
    signed = [growth for _, growth in growths]
    for entry, count in unsigned(baseline.lines, released, signed):
        yield baseline_kept.finding(
            f"{count} of {entry.shown} is more than was signed for on top of"
            f" {base or 'no release'}",
            FILE,
            fix='repair it, or sign for it: gates baseline --add --reason "..."',
        )
    yield baseline_kept.finding(
        _trend(baseline.total, sum(released.values()), base), FILE, level=Level.NOTE, rule="trend"
    )


def _released(before: Release | None) -> Mapping[Entry, int]:
    """What the baseline of a release held, under the names of that time."""
    data = before.files.get(FILE) if before else None
    return read(data).counts if data is not None else {}


def _trend(now: int, then: int, base: str) -> str:
    if not base:
        return f"the baseline holds {now:,}, before any release"
    change = f"{then - now:,} fewer than" if now < then else f"{now - then:,} more than"
    return f"the baseline holds {now:,}, {'as many as' if now == then else change} {base}"

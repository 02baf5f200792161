"""Which findings a baseline covers, and which of its entries nothing is found of any more. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from gates.barred import barred
from gates.baseline.entries import Baseline, Entry, Line
from gates.model import Finding, Level
from gates.records import dataclass, replace


@dataclass(frozen=True)
class Matched:
    """The findings of one check against a baseline."""

    new: tuple[Finding, ...]
    """Those that count."""
    old: tuple[Finding, ...]
    """Those that the baseline holds."""
    lines: tuple[Line, ...]
    """The baseline's lines for this check as they would be without what is gone, under the names
    that files have now."""
    gone: tuple[tuple[Entry, int], ...]
    """What the baseline holds too many of, and how many."""


def match(baseline: Baseline, check: str, findings: Sequence[Finding]) -> Matched:
    """Hold all open findings of one check against a baseline.

    Errors are covered, one for each that is counted; what is no error does not count anyway. A
    finding in another file than its entry's is covered where that file is not there any more: then
    it has moved. Deviations are approved for their text instead, and barred checks never covered.
    """
    mine = [each for each in baseline.lines if each.entry.check == check]
    if barred(check) or not mine:
        gone = tuple((each.entry, each.count) for each in mine)
        return Matched(tuple(findings), (), (), gone)
    left = Counter({each.entry: each.count for each in mine})
    of = {each.entry: each for each in mine}
    used: Counter[Line] = Counter()
    waiting: list[tuple[int, Finding]] = []
    new: dict[int, Finding] = {}
    old: list[tuple[int, Finding]] = []
    for number, each in enumerate(findings):
        entry = Entry.of(each)
        if each.level is not Level.ERROR or each.definition:
            new[number] = each
        elif left[entry]:
            left[entry] -= 1
            used[replace(of[entry], count=1)] += 1
            old.append((number, each))
        else:
            waiting.append((number, each))
    for number, each in waiting:
        entry = Entry.of(each)
        from_ = _moved(entry, left, baseline.paths) if entry.path is not None else None
        if from_ is None:
            new[number] = each
            continue
        left[from_] -= 1
        line = of[from_]
        was = line.was if line.was is not None else line.entry.object
        used[Line(entry, 1, None if was == entry.object else was)] += 1
        old.append((number, each))
    lines: dict[Entry, Line] = {}
    for line, count in used.items():
        before = lines.get(line.entry)
        lines[line.entry] = replace(before or line, count=count + (before.count if before else 0))
    return Matched(
        tuple(each for _, each in sorted(new.items())),
        tuple(each for _, each in sorted(old, key=lambda pair: pair[0])),
        tuple(sorted(lines.values())),
        tuple(sorted((entry, count) for entry, count in left.items() if count)),
    )


def stale(checks: Collection[str], matched: Iterable[Matched]) -> tuple[tuple[Entry, int], ...]:
    """What the baseline holds of these checks, which ran to their end, and was not found."""
    gone = {entry: count for each in matched for entry, count in each.gone}
    return tuple(sorted((e, count) for e, count in gone.items() if e.check in checks))


def _moved(entry: Entry, left: Counter[Entry], paths: frozenset[str]) -> Entry | None:
    """The entry of a file that is gone, of the same check and text; the first by name."""
    same = (
        each
        for each, count in left.items()
        if count
        and (each.check, each.digest) == (entry.check, entry.digest)
        and each.path is not None
        and each.path not in paths
    )
    return min(same, default=None)

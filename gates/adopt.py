"""Records what a module's checks find today in its baseline, and takes out what is gone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from gates.barred import barred
from gates.baseline import FILE, Baseline, Entry, Line, baseline_of, match, written
from gates.baseline.growth import Growth, counted, statement
from gates.check import all_outlines
from gates.errors import UsageError
from gates.evidence import EvidenceSet, Trust
from gates.model import CheckResult, Level, Stage, Verdict
from gates.module import Module, load
from gates.needs import Needs
from gates.pipeline import run_module
from gates.records import dataclass, replace
from gates.settings import Policy, Settings, load_policy

STAGES = tuple(stage for stage in Stage if stage not in (Stage.PUBLISH, Stage.RELEASE))
FIRST_REASON = "found when the module came under the standard"


@dataclass(frozen=True)
class Recorded:
    """A baseline as it would be written, and what of the findings it says."""

    module: Module
    content: bytes | None
    """None where nothing differs from the file."""
    total: int
    """Findings that it holds."""
    added: int
    removed: int
    barred: tuple[str, ...] = ()
    """Checks whose findings can't be recorded, each with how many and why."""
    unknown: tuple[str, ...] = ()
    """What could not be checked, so that it was neither recorded nor removed."""


def record(path: Path, settings: Settings, today: date, *, grow: bool, reason: str) -> Recorded:
    """The baseline of a module after all its checks have run; nothing is written.

    Without `grow` it only loses what is not found any more. With `grow` what is new is added and
    signed, with the reason. Raises `UsageError` for growth without a reason.
    """
    policy = load_policy(path, settings.policy)
    module = load(path)
    policy = policy.for_module(module.slug)
    before = baseline_of(module)
    if grow and not (reason or before is None):
        raise UsageError("growth of a baseline needs a reason", hint='--reason "..."')
    results = _results(module, policy, settings, today)
    baseline = before or Baseline(paths=frozenset(module.files))
    lines: list[Line] = []
    added: Counter[Entry] = Counter()
    kept_out, unknown = [], []
    known = {each.check for each in results}
    for each in results:
        found = match(baseline, each.check, each.findings)
        new = [f for f in found.new if f.level is Level.ERROR and not f.definition]
        if new and (why := barred(each.check)):
            kept_out.append(f"{len(new)} of {each.check}: {why}")
            new = []
        added.update(Entry.of(finding) for finding in new if grow)
        if each.verdict is Verdict.INCONCLUSIVE:
            unknown.append(f"{each.check}: {each.reason}")
            if not barred(each.check):
                lines += [line for line in baseline.lines if line.entry.check == each.check]
        else:
            lines += found.lines
    # What this run has no check for, such as one of the other language, is gone.
    lines = [line for line in lines if line.entry.check in known]
    removed = baseline.total - sum(line.count for line in lines)
    needs = Needs(module, policy, settings, today=today)
    try:
        newest = needs.releases().latest
        base = newest.version if newest else ""
        trust = Trust.of(policy, settings, today)
        growths = [text for text, _ in counted(baseline, module.slug, base, trust)[0]]
    finally:
        needs.close()
    if added:
        growth = Growth(module.slug, base, reason or FIRST_REASON, datetime.now(UTC), added)
        signed = EvidenceSet(module, policy, settings, None, today).sign(statement(growth))
        growths.append(json.dumps(signed.value, sort_keys=True, separators=(",", ":")))
    content = written(_with(lines, added), growths)
    same = FILE in module.files and module.data(FILE) == content
    total = sum(line.count for line in lines) + added.total()
    return Recorded(
        module, None if same else content, total, added.total(), removed,
        tuple(kept_out), tuple(unknown),
    )  # fmt: skip


def _results(module: Module, policy: Policy, settings: Settings, today: date) -> list[CheckResult]:
    """How every check before publish ends, with everything that it finds."""
    from gates.toolchains.languages import language_name

    languages = (None, language_name(module))
    only = frozenset(
        each.id
        for each in all_outlines()
        if each.stage in STAGES and each.language in languages and each.id != "baseline-kept"
    )
    report = run_module(
        module, policy, STAGES, settings, today=today, only=only, with_baseline=False
    )
    found = [result for stage in report.stages for result in stage.checks]
    return [each for each in found if each.check in only]


def _with(lines: Iterable[Line], added: Counter[Entry]) -> list[Line]:
    """The lines after what was added, one for each entry."""
    found = {line.entry: line for line in lines}
    for entry, count in added.items():
        line = found.get(entry)
        found[entry] = replace(line, count=line.count + count) if line else Line(entry, count)
    return list(found.values())

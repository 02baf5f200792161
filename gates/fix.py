"""Repairs a module in memory, proves there that it is better, and says what would change.

Only findings that say that they can be repaired are worked on. What a fixer answers is held against
the checks, which run over a copy: the findings must be gone, and none may be new.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from gates.check import REPAIRED, all_outlines
from gates.errors import CouldNotCheckError, GatesError, UsageError
from gates.fixer import Fixer, fixers
from gates.model import CheckResult, Finding, Stage, Verdict
from gates.module import Module, load, with_files
from gates.needs import Needs
from gates.pipeline import run_module
from gates.records import dataclass
from gates.settings import Policy, Settings, load_policy

ROUNDS = 5
"""How often what one fixer leaves may be repaired by another; well-behaved ones need two."""
Results = Mapping[str, CheckResult]


@dataclass(frozen=True)
class Repair:
    """What would change, and what is known of it."""

    module: Module
    """As it was loaded."""
    changes: Mapping[str, bytes | None]
    """New contents, by path; None for a file that goes."""
    repaired: tuple[Finding, ...] = ()
    left: tuple[str, ...] = ()
    """Why something was not repaired: one sentence each."""

    def diff(self) -> str:
        """The changes as a unified diff."""
        parts = []
        for path, data in sorted(self.changes.items()):
            old = self.module.data(path) if path in self.module.files else b""
            texts = old, data or b""
            before, after = (each.decode("utf-8", "replace").split("\n") for each in texts)
            new = "/dev/null" if data is None else f"b/{path}"
            lines = difflib.unified_diff(before, after, f"a/{path}", new, lineterm="")
            parts += [f"{line}\n" for line in lines]
        return "".join(parts)


@dataclass(frozen=True)
class _Run:
    policy: Policy
    settings: Settings
    today: date
    fixers: Mapping[str, Fixer]
    protected: Callable[[str], str]
    """Why a file must not be touched; "" where it may be."""

    def look(self, module: Module, checks: frozenset[str]) -> Results:
        """What the checks find in a module, with its kept results where they hold."""
        stages = {each.id: each.stage for each in all_outlines()}
        chosen = [stage for stage in Stage if stage in {stages[each] for each in checks}]
        report = run_module(
            module, self.policy, chosen, self.settings, today=self.today, only=checks,
            with_baseline=False,
        )  # fmt: skip
        return {result.check: result for stage in report.stages for result in stage.checks}

    def change(self, module: Module, fixer: Fixer) -> dict[str, bytes]:
        """What a fixer would change in a module, without what must not be touched."""
        needs = Needs(module, self.policy, self.settings, today=self.today)
        try:
            answer = fixer.run(**{need: needs.get(need) for need in fixer.needs})
        finally:
            needs.close()
        return {
            path: data
            for path, data in answer.items()
            if not self.protected(path) and not _same(module, path, data)
        }


def repair(
    path: Path, settings: Settings, today: date, only: frozenset[str] = frozenset()
) -> Repair:
    """What can be repaired in the module in a folder; nothing is written.

    `only` are the ids of checks whose findings are repaired, all unless told. Raises `UsageError`
    for a check without a fixer, and `CouldNotCheckError` where what was changed is not proved.
    """
    policy = load_policy(path, settings.policy)
    module = load(path)
    policy = policy.for_module(module.slug)
    run, chosen = _prepared(module, policy, settings, today, only)
    checks = _checks(module, run.fixers, chosen)
    before = run.look(module, checks)
    left = {
        each: f"{each} could not be checked: {before[each].reason}"
        for each in sorted(chosen)
        if before[each].verdict is Verdict.INCONCLUSIVE
    }
    failed = set(left)
    now, found = module, before
    for _ in range(ROUNDS):
        meant = _repairable(found, chosen, run.protected, left)
        wanted = sorted({each.check for each in meant} - failed)
        if not wanted:
            break
        changed = now
        for name in wanted:
            try:
                changed = _applied(run, changed, name)
            except CouldNotCheckError as error:
                failed.add(name)
                left[name] = f"{name} was not repaired: {error.message}"
        if changed.digest == now.digest:
            failed |= {*wanted}
            for name in wanted:
                left.setdefault(name, f"{name} was not repaired: its fixer changed nothing")
            break
        now, found = changed, run.look(changed, checks)
    else:
        raise CouldNotCheckError(f"after {ROUNDS} rounds the fixers still change each other's work")
    prove(before, found)
    changes: dict[str, bytes | None] = {
        p: now.data(p) for p, f in now.files.items() if module.files.get(p) != f
    }
    if changes:
        left |= _unproved(found, left)
    return Repair(module, changes, gone(before, found), tuple(left.values()))


def _prepared(
    module: Module, policy: Policy, settings: Settings, today: date, only: frozenset[str]
) -> tuple[_Run, frozenset[str]]:
    from gates.toolchains.languages import language_name

    every = fixers(language_name(module))
    if unknown := only - every.keys():
        raise UsageError(
            f"nothing repairs what {', '.join(sorted(unknown))} finds in this module",
            hint=f"there are fixers for {', '.join(every)}",
        )
    run = _Run(policy, settings, today, every, _protection(module, policy, settings, today))
    return run, only or frozenset(every)


def _checks(module: Module, every: Mapping[str, Fixer], chosen: frozenset[str]) -> frozenset[str]:
    """Those that find what is repaired, and those that prove that nothing else broke."""
    from gates.toolchains.languages import language_name

    languages = (None, language_name(module))
    chosen |= {each for name in chosen for each in every[name].followed_by}
    wanted = chosen | {each for name in chosen for each in every[name].proved_by}
    return frozenset(
        each.id
        for each in all_outlines()
        if each.language in languages and (each.stage is Stage.LINT_MANIFEST or each.id in wanted)
    )


def _protection(
    module: Module, policy: Policy, settings: Settings, today: date
) -> Callable[[str], str]:
    """The catalog is asked what was released once, and only where a migration would be touched."""

    @cache
    def released() -> frozenset[str] | str:
        needs = Needs(module, policy, settings, today=today)
        try:
            rows = needs.catalog().versions(module.slug)
        except GatesError as error:
            return f"the catalog could not be asked whether it was released: {error.message}"
        finally:
            needs.close()
        each = [migration for row in rows for migration in row.migrations]
        return frozenset({m.path for m in each} | {m.rollback_path or m.path for m in each})

    def why(path: str) -> str:
        if not path.startswith("migrations/"):
            return ""
        known = released() if module.slug else "the slug is not known"
        if isinstance(known, str):
            return known
        return "it was released" if path in known else ""

    return why


def _repairable(
    found: Results, chosen: frozenset[str], protected: Callable[[str], str], left: dict[str, str]
) -> list[Finding]:
    """The open findings that fixers repair; what is protected goes to `left` instead."""
    result = []
    for each in findings_of(found):
        if each.check not in chosen or not (each.fix or "").endswith(REPAIRED):
            continue
        where = each.location.path
        if reason := protected(where):
            left[where] = f"{where} was not touched: {reason}"
        else:
            result.append(each)
    return result


def _applied(run: _Run, module: Module, name: str) -> Module:
    """The module after a fixer, and after those that follow it over the files that it changed."""
    fixer = run.fixers[name]
    changes = run.change(module, fixer)
    module = with_files(module, changes)
    for follower in fixer.followed_by if changes else ():
        more = run.change(module, run.fixers[follower])
        module = with_files(module, {p: data for p, data in more.items() if p in changes})
    return module


def prove(before: Results, after: Results) -> None:
    """Raises `CouldNotCheckError` where something is found that was not, or no longer checked."""
    new = _count(after) - _count(before)
    if new:
        check, _, path, message = next(iter(sorted(new, key=str)))
        raise CouldNotCheckError(
            f"nothing was written: the repaired files would have new findings, such as"
            f" {path}: {message} [{check}]",
            hint=f"gates fix --check ID repairs the findings of one check; {check} is in the way",
        )
    for name, result in after.items():
        if result.verdict is Verdict.INCONCLUSIVE and before[name].verdict is not result.verdict:
            raise CouldNotCheckError(
                f"nothing was written: {name} could no longer be checked: {result.reason}"
            )


def _unproved(found: Results, left: Mapping[str, str]) -> dict[str, str]:
    """What could be checked neither before nor after."""
    return {
        name: f"{name} could not be checked, so it proves nothing: {result.reason}"
        for name, result in found.items()
        if result.verdict is Verdict.INCONCLUSIVE and name not in left
    }


def gone(before: Results, after: Results) -> tuple[Finding, ...]:
    """The findings that are not there any more."""
    less = _count(before) - _count(after)
    return tuple(each for each in findings_of(before) if less[_key(each)])


def findings_of(results: Results) -> list[Finding]:
    """All findings of some checks."""
    return [each for result in results.values() for each in result.findings]


def _key(finding: Finding) -> tuple[str, str, str, str]:
    """What a finding is wherever its line has moved to; of a layout, once for each file."""
    return finding.check, finding.rule or "", finding.location.path, finding.message


def _count(results: Results) -> Counter[tuple[str, str, str, str]]:
    return Counter(_key(each) for each in findings_of(results))


def _same(module: Module, path: str, data: bytes) -> bool:
    file = module.files.get(path)
    return file is not None and (file.link is not None or module.data(path) == data)

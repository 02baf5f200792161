"""One run over one module: loads it, makes the needs, runs the stages, signs what they found."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from gates import __version__
from gates.baseline import Baseline, baseline_of
from gates.check import Check, Planned, all_outlines, outlines
from gates.errors import ConfigurationError, GatesError, UsageError
from gates.exhibits import NO_EVIDENCE, exhibits_of, exhibits_of_check
from gates.judge import judge, judge_alone
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.module import Module, load
from gates.needs import Needs
from gates.progress import Progress
from gates.recorder import Once
from gates.records import replace
from gates.report import Report
from gates.reuse import Reuse
from gates.run import run_check
from gates.settings import Policy, Settings, load_policy
from gates.stages import Action, Outcome, run_stages

IMPORTED_FIRST: Mapping[Stage, tuple[str, ...]] = {
    Stage.LINT_MANIFEST: ("jsonschema", "referencing.jsonschema", "ast_grep_py", "semver"),
    Stage.LINT: (
        "ast_grep_py",
        "pglast",
        "pglast.parser",
        "gates.database.database",
        "gates.toolchains.tools",
        "gates.toolchains.languages",
        "gates.contract.declared.entries",
    ),
    Stage.TEST: (
        "psycopg",
        "pglast",
        "pglast.parser",
        "gates.database.proofs.isolation.prove",
        "gates.contract.demand",
        "gates.toolchains.languages",
        "gates.toolchains.tests",
    ),
    Stage.BUILD: (
        "gates.toolchains.languages",
        "gates.toolchains.bundle",
        "gates.toolchains.registration",
        "gates.contract.demand",
    ),
    Stage.SCAN: (
        "gates.toolchains.languages",
        "gates.toolchains.tools",
        "packaging.version",
        "semver",
    ),
}
"""What several checks of a stage import on first use.

Two threads that import the parts of one package in different orders can deadlock, which Python
breaks with an error in one of them; so these are imported before the threads start.
"""


class InterruptedRun(KeyboardInterrupt):
    """A run was interrupted; `report` holds the stages that had ended, and the others."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class _Judged(Progress):
    """Tells another of each check as the policy judges it."""

    def __init__(self, told: Progress, policy: Policy, today: date) -> None:
        self.planned = told.planned  # type: ignore[method-assign]
        self.check_started = told.check_started  # type: ignore[method-assign]
        self.stage_ended = told.stage_ended  # type: ignore[method-assign]
        self.noted = told.noted  # type: ignore[method-assign]
        self._told, self._policy, self._today = told, policy, today

    def check_ended(self, stage: Stage, result: CheckResult) -> None:
        """A check has ended."""
        self._told.check_ended(stage, judge_alone(result, self._policy, self._today))


LANGUAGE_STAGES = (Stage.LINT, Stage.TEST, Stage.BUILD, Stage.SCAN)


def run_pipeline(
    path: Path,
    stages: Sequence[Stage],
    settings: Settings,
    *,
    today: date,
    evidence: Path | None = None,
    only: frozenset[str] = frozenset(),
    progress: Progress | None = None,
    fail_fast: bool = False,
    writes: bool = True,
) -> Report:
    """Run some or all stages over the module in the folder `path`.

    Each stage's evidence is signed and written to `evidence`, by default `.gates/evidence` in the
    module. With `only`, no other checks run and no evidence is written: a part of a stage is none.
    Without `writes` no evidence is, either: what is found on another day than today proves nothing.
    With `fail_fast` no other check begins after the first that fails under the policy.
    Raises `UsageError` where there is no module, `ConfigurationError` for a bad policy.
    """
    policy = load_policy(path, settings.policy)
    _known_ids(policy)
    module = load(path)
    return run_module(
        module, policy.for_module(module.slug), stages, settings,
        today=today, evidence=evidence, only=only, progress=progress, fail_fast=fail_fast,
        shown=path, writes=writes,
    )  # fmt: skip


def run_module(
    module: Module,
    policy: Policy,
    stages: Sequence[Stage],
    settings: Settings,
    *,
    today: date,
    evidence: Path | None = None,
    only: frozenset[str] = frozenset(),
    progress: Progress | None = None,
    fail_fast: bool = False,
    shown: Path | None = None,
    with_baseline: bool = True,
    writes: bool = True,
) -> Report:
    """The same over a module that was loaded, or that differs in memory from what was; `shown` is
    its folder as reports name it. Without its baseline, all that is found counts.

    Raises `UsageError` for checks that are not for its language.
    """
    began = time.monotonic()
    ended: list[StageResult] = []
    needs = Needs(module, policy, settings, today=today, evidence_folder=evidence)
    exhibits: dict[str, Any] = {}
    baseline = baseline_of(module) if with_baseline else None
    writes = writes and not only and settings.candidate is None

    def ends(result: CheckResult) -> bool:
        if not fail_fast:
            return False
        alone = judge(StageResult(Stage.LINT, (result,)), policy, today, (), baseline)
        return alone.verdict is Verdict.FAIL

    def finish(result: StageResult) -> StageResult:
        ended.append(_finish(result, needs, plan, baseline, writes=writes))
        return ended[-1]

    def report() -> Report:
        checkout = needs.read_checkout()
        return Report(
            gates_version=__version__,
            root=str(shown or module.root),
            slug=module.slug,
            version=module.version,
            digest=module.digest,
            policy_digest=policy.digest,
            policy_files=tuple(sorted(set(policy.sources.values()))),
            stages=tuple(ended),
            seconds=time.monotonic() - began,
            folder=_folder(module.root),
            commit=checkout.commit if checkout else "",
            tree=checkout.state if checkout else "",
            waivers=policy.waivers,
            approvals=tuple(each for each in policy.approvals if each.module == module.slug),
            **exhibits,
        )

    try:
        plan = _plan(stages, needs, only)
        reuse = Reuse.of(needs, progress.noted if progress else len)
        has_to_run = reuse.has_to_run if reuse else lambda _check: True
        prepare = Once(
            lambda: _prepare({stage: [*filter(has_to_run, each)] for stage, each in plan.items()})
        )

        def run_one(check: Planned, _: object) -> CheckResult:
            prepare()
            if reuse is None:
                return run_check(check, needs)
            return reuse.run(check, needs, lambda each: exhibits_of_check(needs, each))

        run_stages(
            plan,
            needs,
            finish=finish,
            actions=_actions(needs),
            progress=_Judged(progress, policy, today) if progress else None,
            run_one=run_one,
            known=lambda check: reuse.known(check, needs) if reuse else None,
            known_stage=reuse.find_stage if reuse else lambda _stage, _before: None,
            took=reuse.took if reuse else lambda _check: 0.0,
            ends=ends,
        )
        if reuse:
            reuse.keep_stages(ended)
            reuse.end()
        exhibits = exhibits_of(needs, ended)
    except KeyboardInterrupt:
        exhibits = exhibits_of(needs, ended)
        done = {each.stage for each in ended}
        ended += [_interrupted(each) for each in Stage if each in stages and each not in done]
        raise InterruptedRun(report()) from None
    finally:
        needs.close()
    return report()


def _folder(root: Path) -> str:
    """The folder of a module in the repository around it, "" where there is none."""
    absolute = root.resolve()
    for parent in (absolute, *absolute.parents):
        if (parent / ".git").exists():
            return "" if parent == absolute else absolute.relative_to(parent).as_posix()
    return ""


def _interrupted(stage: Stage) -> StageResult:
    reason = "the run was interrupted before the stage had ended"
    return StageResult(stage, (CheckResult("interrupted", Verdict.INCONCLUSIVE, reason=reason),))


def _prepare(plan: Mapping[Stage, Collection[Planned]]) -> None:
    """Import the checks that are to run and what they share, before the first of them runs."""
    stages = (stage for stage, checks in plan.items() if checks)
    for name in (name for stage in stages for name in IMPORTED_FIRST.get(stage, ())):
        # What is not installed is for the checks that need it to say.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for each in (each for checks in plan.values() for each in checks):
        each.load()


def _plan(
    stages: Collection[Stage], needs: Needs, only: frozenset[str] = frozenset()
) -> dict[Stage, tuple[Planned, ...]]:
    """The checks of each stage that apply to the module's language."""
    others: tuple[Check, ...] = ()
    if set(needs.policy.required_checks) - {each.id for each in all_outlines()}:
        from gates.external import external_checks

        others = external_checks(needs)
    from gates.toolchains.languages import NEITHER, language_name

    languages = (None, language_name(needs.module))
    plan = {}
    for stage in (each for each in Stage if each in stages):
        every: list[Planned] = [*outlines(stage)]
        every += [each for each in others if each.stage is stage]
        ours = (each for each in every if each.language in languages)
        plan[stage] = tuple(each for each in ours if not only or each.id in only)
    if missing := only - {each.id for checks in plan.values() for each in checks}:
        raise UsageError(
            f"{', '.join(sorted(missing))} is not for a module in {languages[1] or NEITHER}"
        )
    return plan


def _finish(
    result: StageResult,
    needs: Needs,
    plan: Mapping[Stage, Collection[Planned]],
    baseline: Baseline | None,
    *,
    writes: bool,
) -> StageResult:
    """Judge a stage and write its evidence; evidence that can't be written is inconclusive."""
    from gates.toolchains.languages import NEITHER, find_language

    if result.stage in LANGUAGE_STAGES and find_language(needs.module) is None:
        reason = f"the language is unknown: the entrypoint is {NEITHER}"
        unknown = CheckResult("language", Verdict.INCONCLUSIVE, reason=reason)
        result = replace(result, checks=(*result.checks, unknown))
    known = {each.id for each in plan[result.stage]}
    judged = judge(result, needs.policy, needs.today, known, baseline)
    if not writes:
        return judged
    try:
        needs.record(judged, publishes=Stage.PUBLISH in plan)
    except (GatesError, OSError) as error:
        hint = error.hint if isinstance(error, GatesError) else None
        lost = CheckResult(
            NO_EVIDENCE, Verdict.INCONCLUSIVE, reason=f"no evidence was written: {error}", hint=hint
        )
        return replace(judged, checks=(*judged.checks, lost))
    return judged


def _actions(needs: Needs) -> dict[Stage, Action]:
    def publish() -> Outcome:
        from gates.publish import publish

        return publish(needs)

    def release() -> Outcome:
        from gates.release import release

        return release(needs)

    return {Stage.PUBLISH: publish, Stage.RELEASE: release}


def _known_ids(policy: Policy) -> None:
    known = {each.id for each in all_outlines()} | set(policy.required_checks)
    if unknown := sorted(set(policy.effective_on) - known):
        raise ConfigurationError(
            f"effective_on names the check {unknown[0]!r}, which does not exist",
            hint="`gates checks` lists them",
        )
    for waiver in policy.waivers:
        if waiver.check not in known:
            raise ConfigurationError(
                f"a waiver names the check {waiver.check!r}, which does not exist",
                hint="`gates checks` lists them",
            )

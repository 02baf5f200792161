"""Running stages: their checks side by side, in waves, and what publish and release do after."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from gates.check import Planned
from gates.errors import GatesError, RefusedError
from gates.model import CheckResult, Finding, Location, RanRecord, Stage, StageResult, Verdict
from gates.progress import Progress
from gates.records import dataclass, field, replace
from gates.run import RUNNING_NEEDS, NeedSource, describe_crash, run_check
from gates.workers import Task, Workers

STAGES_BEFORE = "stages-before"
"""The id under which a stage that was not attempted says why."""

WAVES: tuple[tuple[Stage, ...], ...] = (
    (Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST, Stage.BUILD, Stage.SCAN),
    (Stage.PUBLISH,),
    (Stage.RELEASE,),
)
"""Stages of one wave run side by side; a wave waits for the one before it."""


@dataclass(frozen=True)
class Outcome:
    """What the acting steps of publish and release did."""

    records: tuple[RanRecord, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)


Action = Callable[[], Outcome]
Finish = Callable[[StageResult], StageResult]
RunCheck = Callable[[Planned, NeedSource], CheckResult]
KnownCheck = Callable[[Planned], CheckResult | None]
Took = Callable[[Planned], float]
EndsRun = Callable[[CheckResult], bool]
RunStage = Callable[[Stage, Sequence[StageResult]], StageResult | None]


def run_stages(
    plan: Mapping[Stage, Sequence[Planned]],
    needs: NeedSource,
    *,
    finish: Finish = lambda result: result,
    actions: Mapping[Stage, Action] | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    run_one: RunCheck | None = None,
    known: KnownCheck = lambda _check: None,
    known_stage: RunStage = lambda _stage, _before: None,
    took: Took = lambda _check: 0.0,
    ends: EndsRun = lambda _result: False,
) -> tuple[StageResult, ...]:
    """Run the checks of each stage in `plan`, in waves; return the results in stage order.

    `finish` judges and records a stage before the next wave starts. `actions` are what publish and
    release do once their checks have passed. Publish and release are not attempted after a stage
    of the same run that did not pass: their result then says which. `run_one` answers one check, by
    default by running it; `known` may answer it before that, and `known_stage` a whole stage from
    those before it. In a wave, checks that start no program and no database come first, then those
    that were quick before, then the longest: `took` says how many seconds a check took. After a
    result with which the run `ends`, no other check begins, and each says so: it is inconclusive.
    On an interrupt everything that was started is cancelled and the interrupt goes on.
    """
    progress = progress or Progress()
    actions = actions or {}
    results: list[StageResult] = []
    last = _Last(ends)
    progress.planned({stage: [each.id for each in plan[stage]] for stage in Stage if stage in plan})
    pool = Workers(workers or max(4, os.cpu_count() or 1))
    try:
        for wave in WAVES:
            stages = [stage for stage in wave if stage in plan]
            blocked = [each for each in results if each.verdict is not Verdict.PASS]
            if blocked and (last.check or wave[0] in (Stage.PUBLISH, Stage.RELEASE)):
                ended = [_not_attempted(stage, blocked) for stage in stages]
            elif len(stages) == 1 and (answered := known_stage(stages[0], results)) is not None:
                ended = [answered]
            else:
                run = last.stops(run_one or run_check)
                running = [
                    _RunningStage(stage, plan[stage], needs, pool, progress, run, last.sees(known))
                    for stage in stages
                ]
                every = [(each, check) for each in running for check in each.checks]
                for each, check in sorted(every, key=lambda pair: _turn(pair[1], took)):
                    each.start(check)
                ended = [each.wait(actions.get(each.stage)) for each in running]
            for result in ended:
                final = finish(result)
                results.append(final)
                progress.stage_ended(final)
    except BaseException:
        needs.cancel()
        raise
    finally:
        pool.stop()
    return tuple(results)


QUICK = 0.5
"""Seconds; a check that took less before says something soon, and comes before the long ones."""


def _turn(check: Planned, took: Took) -> tuple[int, float]:
    """When a check comes beside others: of the long ones the longest first, so that it is not
    waited for alone at the end."""
    if RUNNING_NEEDS.isdisjoint(check.needs):
        return 0, 0.0
    seconds = took(check)
    return (1, 0.0) if seconds < QUICK else (2, -seconds)


class _Last:
    """The check after whose result no other begins; "" as long as there is none."""

    def __init__(self, ends: EndsRun) -> None:
        self.check = ""
        self._ends = ends

    def stops(self, run_one: RunCheck) -> RunCheck:
        """`run_one`, until the run is over."""

        def run(check: Planned, needs: NeedSource) -> CheckResult:
            if self.check:
                reason = f"not run: {self.check} failed"
                return CheckResult(check.id, Verdict.INCONCLUSIVE, reason=reason)
            return self._seen(run_one(check, needs))

        return run

    def sees(self, known: KnownCheck) -> KnownCheck:
        """`known`, whose results may end the run as well."""

        def ask(check: Planned) -> CheckResult | None:
            result = known(check)
            return result and self._seen(result)

        return ask

    def _seen(self, result: CheckResult) -> CheckResult:
        if not self.check and self._ends(result):
            self.check = result.check
        return result


class _RunningStage:
    """A stage whose checks are handed to the pool."""

    def __init__(
        self,
        stage: Stage,
        checks: Sequence[Planned],
        needs: NeedSource,
        pool: Workers,
        progress: Progress,
        run_one: RunCheck,
        known: KnownCheck,
    ) -> None:
        self.stage = stage
        self.began = self._ended = datetime.now(UTC)
        self._waits = True
        self._progress = progress

        def one(check: Planned) -> CheckResult:
            if self._waits:  # until now, for a thread that other stages had
                self._waits, self.began = False, datetime.now(UTC)
            progress.check_started(stage, check.id)
            result = run_one(check, needs)
            self._ended = datetime.now(UTC)
            progress.check_ended(stage, result)
            return result

        def ask(check: Planned) -> Task[CheckResult]:
            if (result := known(check)) is None:
                return pool.submit(lambda: one(check))
            progress.check_ended(stage, result)
            return Task.known(result)

        self.checks = checks
        self._ask = ask
        self._tasks: dict[str, Task[CheckResult]] = {}

    def start(self, check: Planned) -> None:
        """Hand over one of the checks."""
        self._tasks[check.id] = self._ask(check)

    def wait(self, action: Action | None) -> StageResult:
        checks = [self._tasks[each.id].result() for each in self.checks]
        outputs: Mapping[str, str] = {}
        if action and Verdict.worst(each.verdict for each in checks) is Verdict.PASS:
            self._progress.check_started(self.stage, self.stage.value)
            acted, outputs = _act(self.stage, action)
            self._ended = datetime.now(UTC)
            self._progress.check_ended(self.stage, acted)
            checks.append(acted)
        seconds = (self._ended - self.began).total_seconds()
        return StageResult(self.stage, tuple(checks), seconds, outputs, _rfc3339(self.began))


def _act(stage: Stage, action: Action) -> tuple[CheckResult, Mapping[str, str]]:
    started = time.monotonic()
    result = CheckResult(stage.value, Verdict.INCONCLUSIVE)
    outputs: Mapping[str, str] = {}
    try:
        outcome = action()
        outputs = outcome.outputs
        result = replace(result, verdict=Verdict.PASS, records=outcome.records)
    except RefusedError as error:
        findings = tuple(Finding(stage.value, each, Location("")) for each in error.reasons)
        result = replace(
            result, verdict=Verdict.FAIL, findings=findings, refused=True, hint=error.hint
        )
    except GatesError as error:
        result = replace(result, reason=error.message, hint=error.hint)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the fail-closed boundary
        reason, hint = describe_crash(error)
        result = replace(result, reason=reason, hint=hint)
    return replace(result, seconds=time.monotonic() - started), outputs


def _not_attempted(stage: Stage, blocked: Sequence[StageResult]) -> StageResult:
    ended = {Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "was inconclusive"}
    acted = [each for each in blocked if not _blocked(each)]
    said = ", ".join(f"{each.stage} {ended[each.verdict]}" for each in acted or blocked)
    result = CheckResult(STAGES_BEFORE, Verdict.INCONCLUSIVE, reason=f"not attempted: {said}")
    return StageResult(stage, (result,), started=_rfc3339(datetime.now(UTC)))


def _blocked(result: StageResult) -> bool:
    return any(each.check == STAGES_BEFORE for each in result.checks)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

"""The one verdict of a pipeline, from how its jobs ended and from what they left. Pure.

A stage counts as passed where its job succeeded *and* its report of each module says so. A job that
was skipped counts only where the plan says why, and then it counts as left out, not as passed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from gates.ci.plan import Plan
from gates.ci.results import StageReport
from gates.errors import UsageError
from gates.model import Stage, Verdict
from gates.records import dataclass

PLAN_JOB = "plan"
Found = Mapping[tuple[str, Stage], StageReport | str]
"""By module and stage: the report, or why there is none."""


@dataclass(frozen=True)
class Reason:
    """One thing that speaks against a pass."""

    verdict: Verdict
    where: str
    """A job, or a stage of a module."""
    message: str


@dataclass(frozen=True)
class Conclusion:
    """How a pipeline ended."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


def read_needs(text: str) -> dict[str, str]:
    """How each job ended, from `toJSON(needs)`. Raises `UsageError` for anything else."""
    try:
        found = {str(name): each["result"] for name, each in json.loads(text).items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError("the results of the jobs cannot be read") from error
    if not all(isinstance(each, str) for each in found.values()):
        raise UsageError("the results of the jobs cannot be read")
    return found


def conclude(needs: Mapping[str, str], plan: Plan | None, found: Found) -> Conclusion:
    """The verdict, with every reason against a pass; `plan` is None where there is none."""
    reasons = [*_jobs(needs, plan)]
    if plan is None:
        reasons.append(Reason(Verdict.INCONCLUSIVE, PLAN_JOB, "there is no plan"))
    else:
        reasons += _reports(plan, found)
    verdict = Verdict.worst([Verdict.PASS, *(each.verdict for each in reasons)])
    return Conclusion(verdict, tuple(reasons))


def _jobs(needs: Mapping[str, str], plan: Plan | None) -> Iterator[Reason]:
    skips = {} if plan is None else {stage.value: why for stage, why in plan.skips.items()}
    expected = [PLAN_JOB, *Stage]
    for job in [*expected, *(each for each in needs if each not in expected)]:
        result = needs.get(job)
        if result is None:
            yield Reason(
                Verdict.INCONCLUSIVE, job, "the job is not among those that were waited for"
            )
        elif result == "failure":
            yield Reason(
                Verdict.INCONCLUSIVE, job, "the job failed; why, its reports say where it left any"
            )
        elif result == "skipped" and job not in skips:
            yield Reason(
                Verdict.INCONCLUSIVE, job, "the job was skipped, and no reason is listed for it"
            )
        elif result == "success" and job in skips:
            yield Reason(
                Verdict.INCONCLUSIVE, job, f"the job ran, and was to be left out: {skips[job]}"
            )
        elif result not in ("success", "skipped"):
            yield Reason(Verdict.INCONCLUSIVE, job, f"the job ended as {result!r}")


def _reports(plan: Plan, found: Found) -> Iterator[Reason]:
    for module in plan.modules:
        identities = set()
        for stage in (each for each in Stage if each not in plan.skips):
            report = found.get((module, stage), "there is no report: the stage did not run")
            where = f"{stage} of {module}"
            if isinstance(report, str):
                yield Reason(Verdict.INCONCLUSIVE, where, report)
                continue
            identities.add(report.identity)
            if report.verdict is not Verdict.PASS:
                yield Reason(report.verdict, where, f"the stage ended as {report.verdict}")
        if len(identities) > 1:
            yield Reason(
                Verdict.INCONCLUSIVE, module,
                "its stages looked at different content, policies or versions of the gate",
            )  # fmt: skip

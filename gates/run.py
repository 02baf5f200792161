"""Running checks: the one place that decides how a check ended.

Whatever a check could not look at is inconclusive; nothing that happens inside a check ends the
run, and nothing that it raises becomes a pass.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

from gates.check import Planned
from gates.errors import (
    CheckDefinitionError,
    CouldNotCheckError,
    GatesError,
    RefusedError,
    machine_fault,
)
from gates.model import (
    CheckResult,
    Finding,
    Level,
    Location,
    RanRecord,
    Verdict,
    with_excerpt,
)
from gates.recorder import note_all, recording
from gates.records import replace

RUNNING_NEEDS = frozenset({"tools", "database", "tests", "bundle", "rebuilt"})
"""Needs that run something: a check with one of them is only a pass with a ran-record."""


class NeedSource(Protocol):
    """Where checks get their needs: `gates.needs.Needs` in the product, a fake in tests."""

    def get(self, need: str) -> object:
        """The value of a need, or an exception: then the check is inconclusive."""

    def lines(self, path: str) -> tuple[str, ...] | None:
        """The lines of a file of the module, for excerpts; None where there are none."""

    def cancel(self) -> None:
        """Stop everything that was started, so that waiting checks end."""


CATALOG = "catalog:"
"""How questions to the catalog begin, in a trace."""


def run_check(planned: Planned, needs: NeedSource) -> CheckResult:
    """Run one check with what it needs, and say how it ended, and what it asked the catalog."""
    with recording() as trace:
        result = _run_check(planned, needs)
    note_all(trace)
    return replace(result, catalog=asked_of_catalog(trace))


def asked_of_catalog(trace: Mapping[str, str]) -> dict[str, str]:
    """The questions to the catalog in a trace, with the digests of its answers."""
    return {
        question.removeprefix(CATALOG): answer
        for question, answer in trace.items()
        if question.startswith(CATALOG)
    }


def _run_check(planned: Planned, needs: NeedSource) -> CheckResult:
    started = time.monotonic()
    findings: list[Finding] = []
    arguments: dict[str, object] = {}
    verdict, reason, hint, refused = Verdict.INCONCLUSIVE, None, None, False
    try:
        check = planned.load()
        for need in check.needs:
            arguments[need] = needs.get(need)
        for finding in check.run(**arguments):
            if finding.check != check.id:
                raise CheckDefinitionError(f"it reported a finding of {finding.check}")
            findings.append(finding)
        if RUNNING_NEEDS.intersection(check.needs) and not _records(arguments):
            reason = "nothing ran: there is no record of a tool, a proof or a test"
        else:
            verdict = verdict_of(findings)
        if caveat := _caveat(arguments):
            findings = [_with_caveat(each, caveat.message) for each in findings]
            if verdict is Verdict.PASS:
                verdict, reason, hint = Verdict.INCONCLUSIVE, caveat.message, caveat.hint
    except RefusedError as error:
        verdict, hint, refused = Verdict.FAIL, error.hint, True
        findings += [Finding(planned.id, each, Location("")) for each in error.reasons]
    except GatesError as error:
        reason, hint = error.message, error.hint
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the fail-closed boundary
        reason, hint = describe_crash(error)
    excerpted = (with_excerpt(each, _lines(needs, each)) for each in findings)
    return CheckResult(
        check=planned.id,
        verdict=verdict,
        findings=tuple(sorted(excerpted, key=lambda each: each.sort_key)),
        records=_records(arguments),
        reason=reason,
        hint=hint,
        refused=refused,
        seconds=time.monotonic() - started,
        provider=planned.provider,
    )


def _caveat(arguments: Mapping[str, object]) -> CouldNotCheckError | None:
    """Why what a check looked at is not all that there is to look at, as its needs say."""
    return next(filter(None, (getattr(each, "caveat", None) for each in arguments.values())), None)


def _with_caveat(finding: Finding, caveat: str) -> Finding:
    detail = f"{finding.detail}\n{caveat}" if finding.detail else caveat
    return replace(finding, message=f"{finding.message} (on an incomplete schema)", detail=detail)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Fail where a finding is an error, else pass."""
    return Verdict.FAIL if any(f.level is Level.ERROR for f in findings) else Verdict.PASS


def _records(arguments: Mapping[str, object]) -> tuple[RanRecord, ...]:
    return tuple(
        record
        for need, value in arguments.items()
        if need in RUNNING_NEEDS
        for record in getattr(value, "records", ())
    )


def _lines(needs: NeedSource, finding: Finding) -> tuple[str, ...] | None:
    try:
        return needs.lines(finding.location.path) if finding.location.line else None
    except Exception:  # noqa: BLE001 - the finding is complete without an excerpt
        return None


def describe_crash(error: BaseException) -> tuple[str, str]:
    """What ended in an exception that nobody expects: the reason, and what helps."""
    if fault := machine_fault(error):
        return fault.message, fault.hint or ""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" ({os.path.basename(code.co_filename)}:{trace.tb_lineno})"  # noqa: PTH119
        trace = trace.tb_next
    return (
        f"the check crashed: {type(error).__name__}: {error}{place}",
        "run again with --verbose and report the trace as a bug of the check",
    )

"""The public JSON report, version 1; its schema is schemas/report.v1.schema.json.

Its types are its own, so that the model can change without breaking those who read it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gates.model import CheckResult, Finding, RanRecord, StageResult
from gates.records import asdict, dataclass
from gates.report.doubles import Places

if TYPE_CHECKING:
    from gates.report import Report

SCHEMA = "https://schemas.axon.dev/report.v1.schema.json"


@dataclass(frozen=True)
class FindingV1:
    """One finding."""

    check: str
    level: str
    message: str
    path: str
    line: int | None
    column: int | None
    end_column: int | None
    object: str | None
    rule: str | None
    fix: str | None
    detail: str | None
    fingerprint: str
    deviation: bool
    """Whether it is a deviation from the standard's shapes, which is approved by its text."""
    duplicate_of: str | None = None
    """The fingerprint of an earlier finding, of another check, that is about the same fault."""

    @classmethod
    def of(cls, finding: Finding, places: Places | None = None) -> FindingV1:
        """From the model's finding; `places` are those of the findings that count before it."""
        first = places.add(finding) if places else None
        where = finding.location
        return cls(
            check=finding.check,
            level=finding.level.value,
            message=finding.message,
            path=where.path,
            line=where.line,
            column=where.column,
            end_column=where.end_column,
            object=where.object,
            rule=finding.rule,
            fix=finding.fix,
            detail=finding.detail,
            fingerprint=finding.fingerprint,
            deviation=bool(finding.definition),
            duplicate_of=first.fingerprint if first else None,
        )


@dataclass(frozen=True)
class RecordV1:
    """What ran, and what it looked at."""

    name: str
    version: str
    exit_status: int | None
    subjects: int
    seconds: float
    detail: str
    sandbox: str

    @classmethod
    def of(cls, record: RanRecord) -> RecordV1:
        """From the model's ran-record."""
        return cls(**{**asdict(record), "seconds": round(record.seconds, 3)})


@dataclass(frozen=True)
class CheckV1:
    """How one check ended."""

    id: str
    provider: str
    verdict: str
    reason: str | None
    hint: str | None
    seconds: float
    findings: tuple[FindingV1, ...]
    waived: tuple[FindingV1, ...]
    baselined: tuple[FindingV1, ...]
    """Findings that the module's baseline holds; they do not count."""
    records: tuple[RecordV1, ...]
    reused: dict[str, str] | None
    """When it was found and by whose key, where an earlier run did."""

    @classmethod
    def of(cls, result: CheckResult, places: Places) -> CheckV1:
        """From the model's check result, as `FindingV1.of`."""
        return cls(
            id=result.check,
            provider=result.provider,
            verdict=result.verdict.value,
            reason=result.reason,
            hint=result.hint,
            seconds=round(result.seconds, 3),
            findings=tuple(FindingV1.of(each, places) for each in result.findings),
            waived=tuple(map(FindingV1.of, result.waived)),
            baselined=tuple(map(FindingV1.of, result.baselined)),
            records=tuple(RecordV1.of(each) for each in result.records),
            reused=asdict(result.reused) if result.reused else None,
        )


@dataclass(frozen=True)
class StageV1:
    """How one stage ended."""

    stage: str
    verdict: str
    refused: bool
    started: str
    seconds: float
    outputs: dict[str, str]
    checks: tuple[CheckV1, ...]

    @classmethod
    def of(cls, result: StageResult, places: Places) -> StageV1:
        """From the model's stage result, as `FindingV1.of`."""
        return cls(
            stage=result.stage.value,
            verdict=result.verdict.value,
            refused=result.refused,
            started=result.started,
            seconds=round(result.seconds, 3),
            outputs=dict(result.outputs),
            checks=tuple(CheckV1.of(each, places) for each in result.checks),
        )


def render(report: Report) -> str:
    """The report as JSON with a final newline; keys in a fixed order."""
    places = Places()
    document = {
        "$schema": SCHEMA,
        "schema_version": 1,
        "gates_version": report.gates_version,
        "module": {"slug": report.slug, "version": report.version, "digest": report.digest},
        "commit": {"id": report.commit, "tree": report.tree} if report.commit else None,
        "policy": {"digest": report.policy_digest, "files": list(report.policy_files)},
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
        "seconds": round(report.seconds, 3),
        "stages": [asdict(StageV1.of(stage, places)) for stage in report.stages],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

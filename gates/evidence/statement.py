"""in-toto statements (Statement v1) about one stage: made from its result, read back strictly.

Subjects: the module's content as `<slug>@<version>` with its dirHash1 and, from the build on, the
bundle as `<slug>-<version>.tgz` with its SHA-256. The predicate is of the type `PREDICATE_TYPE`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gates import __version__
from gates.evidence.envelope import MalformedError, canonical, parse_json, shown
from gates.evidence.freshness import read_time
from gates.evidence.identity import Claims
from gates.evidence.reader import Reader
from gates.machine import operating_system
from gates.model import CheckResult, Finding, RanRecord, Reused, Stage, StageResult, Verdict
from gates.module import Module
from gates.records import asdict, dataclass, field

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://schemas.axon.dev/gates/stage/v1"
BUNDLE_STAGES = (Stage.BUILD, Stage.SCAN, Stage.PUBLISH, Stage.RELEASE)
"""The stages whose evidence has the bundle as its second subject."""

_DETAIL = 65536
"""Characters kept of a finding's or a record's detail: a tool's output has no bound."""


@dataclass(frozen=True)
class Waived:
    """A finding that did not count because of a waiver."""

    check: str
    path: str
    fingerprint: str
    definition: str
    """Of an approved deviation, the digest of its definition; else ""."""


@dataclass(frozen=True)
class CheckEntry:
    """What evidence says about one check."""

    id: str
    provider: str
    verdict: Verdict
    records: tuple[RanRecord, ...] = ()
    waived: tuple[Waived, ...] = ()
    baselined: Mapping[str, int] = field(default_factory=dict)
    """How many findings the module's baseline held, by object."""
    reused: Reused | None = None
    """The earlier run whose result it is; None where the check ran for this evidence."""
    catalog: Mapping[str, str] | None = None
    """What it asked the catalog, with the digests of the answers; None where that is not said."""


@dataclass(frozen=True)
class Statement:
    """What evidence says about one stage; whether to believe it is decided elsewhere."""

    stage: Stage
    verdict: Verdict
    subject: str
    """`<slug>@<version>`."""
    digest: str
    """Of the module's content: dirHash1, in hex."""
    bundle_name: str | None
    bundle: str | None
    """SHA-256 of the bundle, in hex."""
    policy: str
    """SHA-256 of the policy, in hex."""
    checks: tuple[CheckEntry, ...]
    started: str
    """RFC 3339, UTC."""
    seconds: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    """Version by name."""
    environment: Mapping[str, str] = field(default_factory=dict)
    payload: bytes = b""
    """The exact bytes that were signed."""
    key_ids: tuple[str, ...] = ()
    claims: Claims | None = None
    """Of the workflow whose identity signed; None where a key did."""
    envelope: Mapping[str, Any] = field(default_factory=dict)
    """The DSSE envelope, or the bundle that holds it, as JSON data."""

    @property
    def signed(self) -> datetime | None:
        """When: as the certificate says, else as the statement does, the end of the stage; None
        where it does not."""
        if self.claims and self.claims.issued:
            return self.claims.issued
        began = read_time(self.started)
        try:
            return began + timedelta(seconds=min(self.seconds, 1e9)) if began else None
        except OverflowError:
            return None

    @property
    def signers(self) -> frozenset[str]:
        """Who signed: key ids, or the workflow without its ref."""
        if self.claims:
            return frozenset({self.claims.workflow.partition("@")[0]})
        return frozenset(self.key_ids)


def subject_name(module: Module) -> str:
    """The name of the first subject."""
    return f"{module.slug}@{module.version}"


def bundle_name(slug: str, version: str) -> str:
    """The name of the second subject, and the bundle's file name."""
    return f"{slug}-{version}.tgz"


def build(
    result: StageResult,
    module: Module,
    policy_digest: str,
    *,
    bundle: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """The statement about a stage as canonical JSON.

    `bundle` is the SHA-256 of the bundle in hex, from the build stage on; `environment` adds to
    the versions of gates and Python and the platform. Text that PostgreSQL's jsonb cannot hold
    (NUL, lone surrogates) is replaced.
    """
    subject = [{"name": subject_name(module), "digest": {"dirHash1": module.digest}}]
    if bundle is not None:
        name = bundle_name(module.slug, module.version)
        subject.append({"name": name, "digest": {"sha256": bundle}})
    tools = {
        record.name: record.version
        for check in result.checks
        for record in check.records
        if record.version
    }
    predicate = {
        "stage": result.stage.value,
        "verdict": result.verdict.value,
        "started": result.started,
        "seconds": round(result.seconds, 3),
        "checks": [_check(each) for each in result.checks],
        "tools": [{"name": name, "version": tools[name]} for name in sorted(tools)],
        "policy": {"digest": {"sha256": policy_digest}},
        "environment": {
            "gates": __version__,
            "python": sys.version.partition(" ")[0],
            "platform": operating_system(),
        }
        | dict(environment or {}),
        "outputs": dict(result.outputs),
    }
    value = {
        "_type": STATEMENT_TYPE,
        "subject": subject,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    plain = canonical(value)
    # Both that `storable` replaces are written as these, and little else is.
    return plain if rb"\u0000" not in plain and rb"\ud" not in plain else canonical(storable(value))


def read(payload: bytes) -> Statement:
    """The statement in a payload. Raises `MalformedError`, whatever the bytes are."""
    value = Reader(parse_json(payload), "the statement")
    if value.text("_type") != STATEMENT_TYPE:
        raise MalformedError("it is no in-toto statement")
    if value.text("predicateType") != PREDICATE_TYPE:
        raise MalformedError("its predicate is not about a stage")
    subjects = value.items("subject")
    predicate = value.member("predicate")
    try:
        stage, verdict = Stage(predicate.text("stage")), Verdict(predicate.text("verdict"))
        checks = tuple(_read_check(each) for each in predicate.items("checks"))
    except ValueError as error:
        raise MalformedError(shown(str(error))) from error
    if len(subjects) not in (1, 2):
        raise MalformedError("it has not one or two subjects")
    second = subjects[1] if len(subjects) == 2 else None
    return Statement(
        stage=stage,
        verdict=verdict,
        subject=subjects[0].text("name"),
        digest=subjects[0].member("digest").hex("dirHash1"),
        bundle_name=second.text("name") if second else None,
        bundle=second.member("digest").hex("sha256") if second else None,
        policy=predicate.member("policy").member("digest").hex("sha256"),
        checks=checks,
        started=predicate.text("started"),
        seconds=predicate.number("seconds"),
        outputs=predicate.texts("outputs"),
        tools={each.text("name"): each.text("version") for each in predicate.items("tools")},
        environment=predicate.texts("environment"),
        payload=payload,
    )


def storable(value: object) -> Any:  # noqa: ANN401 - JSON data of the same shape
    """JSON data without what PostgreSQL cannot hold: NUL and lone surrogates are replaced."""
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value
        clean = value.replace("\0", "\ufffd")
        return clean.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


def _check(result: CheckResult) -> dict[str, Any]:
    return {
        "id": result.check,
        "provider": result.provider,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "findings": [_finding(each) for each in result.findings],
        "waived": [_finding(each) for each in result.waived],
        "baselined": [_finding(each) for each in result.baselined],
        "records": [
            asdict(each) | {"detail": each.detail[:_DETAIL], "seconds": round(each.seconds, 3)}
            for each in result.records
        ],
        "seconds": round(result.seconds, 3),
        "reused": asdict(result.reused) if result.reused else None,
        "catalog": dict(result.catalog),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return asdict(finding) | {
        "level": finding.level.value,
        "detail": finding.detail and finding.detail[:_DETAIL],
        "fingerprint": finding.fingerprint,
    }


def _read_baselined(entry: Reader) -> dict[str, int]:
    """Of evidence that was made before there were baselines: none."""
    found: dict[str, int] = {}
    for each in entry.items("baselined") if entry.has("baselined") else []:
        where = each.member("location")
        name = where.text("object") if where.value.get("object") else where.text("path")
        found[name] = found.get(name, 0) + 1
    return found


def _read_check(entry: Reader) -> CheckEntry:
    return CheckEntry(
        id=entry.text("id"),
        provider=entry.text("provider"),
        verdict=Verdict(entry.text("verdict")),
        records=tuple(
            RanRecord(
                name=each.text("name"),
                version=each.text("version"),
                subjects=int(each.number("subjects")),
                seconds=each.number("seconds"),
                detail=each.text("detail"),
                sandbox=each.text("sandbox"),
            )
            for each in entry.items("records")
        ),
        waived=tuple(
            Waived(
                each.text("check"),
                each.member("location").text("path"),
                each.text("fingerprint"),
                each.text("definition"),
            )
            for each in entry.items("waived")
        ),
        baselined=_read_baselined(entry),
        reused=(
            Reused(reused.text("made"), reused.text("key"))
            if (reused := entry.optional("reused"))
            else None
        ),
        catalog=entry.texts("catalog") if entry.optional("catalog") else None,
    )

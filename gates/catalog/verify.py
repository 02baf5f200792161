"""Whether the evidence that a catalog holds proves what its rows say, without a network.

PostgreSQL has no Ed25519: it holds the content of evidence against the version's row, and that
somebody whom the policy trusts has signed it is found here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gates.catalog.model import EvidenceRow, ReleasedVersion
from gates.errors import RefusedError
from gates.evidence import rules, signed, statement, together
from gates.evidence.envelope import MalformedError, canonical, shown
from gates.evidence.freshness import check_started, read_time
from gates.model import Stage

if TYPE_CHECKING:
    from gates.evidence.keys import Trust
    from gates.evidence.statement import Statement
    from gates.registry import Registry

RULES: tuple[rules.Rule, ...] = (
    rules.check_stage,
    rules.check_signer,
    rules.check_subject,
    rules.check_content_digest,
    rules.check_verdict,
    rules.check_policy,
    rules.check_bundle,
    check_started,
)
"""Those that a row can be held to: of the policy of then, the catalog keeps the digest."""


@dataclass(frozen=True)
class Verified:
    """What was found about one released version."""

    slug: str
    version: str
    reasons: Mapping[str, tuple[str, ...]]
    """Why not to rely on the evidence of a stage, by stage; under "" what is about no one stage."""
    statements: Mapping[Stage, Statement] = field(default_factory=dict)
    """What was signed, of the stages whose signatures count."""

    @property
    def all_reasons(self) -> tuple[str, ...]:
        """Every reason; none where all that the catalog says of the version is proved."""
        return tuple(reason for each in self.reasons.values() for reason in each)


def verify_version(
    version: ReleasedVersion,
    rows: Sequence[EvidenceRow],
    trust: Trust,
    *,
    max_age_hours: float,
    separate_keys: bool = False,
    registry: Registry | None = None,
) -> Verified:
    """Hold the evidence of a version against its row, the trusted keys and the bundle.

    Ages count to the time of the release. Without `registry` the bundle is not looked at. Raises
    `CouldNotCheckError` for a registry that cannot be read.
    """
    released = read_time(version.released_at) or datetime.max.replace(tzinfo=UTC)
    expected = rules.Expected(
        slug=version.slug,
        version=version.version,
        digest=version.digest,
        policy=version.policy,
        checks={},
        now=released,
        max_age_hours=max_age_hours,
        trust=trust,
    )
    reasons: dict[str, tuple[str, ...]] = {}
    found: dict[Stage, Statement] = {}
    by_stage = {row.stage: row for row in rows}
    for stage in Stage.RELEASE.before:
        row = by_stage.get(stage.value)
        if row is None:
            reasons[stage.value] = (f"the stage {stage} has no evidence [missing]",)
            continue
        read, problems = _read(stage, row, trust)
        if read is not None:
            found[stage] = read
            problems += [why for rule in RULES for why in rule(read, stage, expected)]
            problems += _about_row(stage, row, version, read)
        reasons[stage.value] = tuple(problems)
    across = [why for r in together.across(separate_keys=separate_keys) for why in r(found)]
    across += _about_bundle(version, registry) if registry else []
    reasons[""] = tuple(across)
    return Verified(version.slug, version.version, reasons, found)


def _read(stage: Stage, row: EvidenceRow, trust: Trust) -> tuple[Statement | None, list[str]]:
    try:
        envelope = signed.parse(canonical(row.envelope) + b"\n")
        if problems := envelope.problems(trust):
            return None, [f"the evidence of {stage} {problem}" for problem in problems]
        read = statement.read(envelope.payload)
    except (MalformedError, ValueError) as error:
        why = shown(str(error), 200)
        return None, [f"the evidence of {stage} cannot be read: {why} [unreadable]"]
    return replace(read, key_ids=envelope.key_ids, claims=envelope.claims), []


def _about_row(
    stage: Stage, row: EvidenceRow, version: ReleasedVersion, read: Statement
) -> Iterator[str]:
    """What the columns beside the envelope say, since those are what is queried."""
    if hashlib.sha256(read.payload).hexdigest() != row.payload_sha256:
        yield f"the row of {stage} has another digest than its evidence [wrong-row]"
    if row.key_id != read.key_ids[0]:
        yield f"the row of {stage} names another key than its evidence [wrong-row]"
    if row.verdict != read.verdict.value:
        yield f"the row of {stage} has another verdict than its evidence [wrong-row]"
    if read.bundle is not None and read.bundle != version.bundle:
        yield (
            f"the evidence of {stage} is for the bundle {read.bundle}, and the catalog's is"
            f" {version.bundle} [wrong-bundle]"
        )


def _about_bundle(version: ReleasedVersion, registry: Registry) -> list[str]:
    try:
        there = registry.fetch(version.slug, version.version)
    except RefusedError as error:
        return [f"{each} [no-bundle]" for each in error.reasons]
    if there.bundle != version.bundle:
        return [
            f"the registry {registry.where} holds the bundle {there.bundle}, and the catalog's is"
            f" {version.bundle} [wrong-bundle]"
        ]
    return []

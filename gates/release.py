"""The stage release: a version that passed everything becomes a row in the catalog.

All it needs are the module, the evidence, the registry and the catalog, so a fresh process may run
it long after the other stages. Every step can be repeated; the one that writes is one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gates.catalog import Catalog, EvidenceRow, ReleasedVersion
from gates.catalog.candidate import candidate_of, module_row
from gates.catalog.model import Asked, Registered
from gates.catalog.tables import tables_created
from gates.check import all_outlines
from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import EvidenceSet, Statement
from gates.evidence.envelope import MalformedError, canonical
from gates.evidence.signed import parse
from gates.governance.approvals import Given, gather
from gates.judge import judge
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.module import Module
from gates.publish import attach
from gates.records import dataclass, field, replace
from gates.registry import Published, Registry
from gates.run import run_check
from gates.stages import Outcome
from gates.steps import Step, run_steps

if TYPE_CHECKING:
    from gates.needs import Needs


@dataclass
class Release:
    """What a release works on."""

    module: Module
    evidence: EvidenceSet
    registry: Registry
    catalog: Catalog
    again: Callable[[str], CheckResult | None] = lambda _check: None
    """Runs a check again that asks the catalog and runs nothing; None for any other."""
    registered: Registered | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    """What ages of approvals and of the maturity before are counted to."""

    @cached_property
    def statements(self) -> Mapping[Stage, Statement]:
        """Evidence of the six stages before. Raises `RefusedError`."""
        return self.evidence.verify(Stage.RELEASE.before)

    @cached_property
    def published(self) -> Published:
        """The bundle in the registry, once it was seen to be the one that the evidence is about.

        Raises `RefusedError`.
        """
        there = self.registry.fetch(self.module.slug, self.module.version)
        found, built = there.bundle, self.statements[Stage.BUILD].bundle
        if found != built:
            raise RefusedError(
                [f"the published bundle is not the one that was built ({found}, not {built})"]
            )
        return there

    @cached_property
    def given(self) -> Given:
        """The approvals that there are. Raises `CouldNotCheckError`."""
        return gather(self.evidence, self.statements, self.registry, self.now)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables that the version creates, by name."""
        return tables_created(self.module, self.statements[Stage.TEST])


NEEDS_AGAIN = frozenset({"catalog", "module", "policy", "previous", "releases", "signers", "today"})
"""What a check may need that a release runs again: nothing that runs code of the module."""


def release(needs: Needs) -> Outcome:
    """Register the module's version. Raises `RefusedError` or `CouldNotCheckError`."""
    now = needs.anew()
    return release_version(
        Release(
            module=needs.module,
            evidence=needs.evidence(),
            registry=needs.registry(),
            catalog=needs.catalog(),
            again=lambda check: run_again(check, now),
        )
    )


def run_again(check: str, needs: Needs) -> CheckResult | None:
    """How a check of ours ends now, judged by the policy; None for one that runs anything."""
    planned = next((each for each in all_outlines() if each.id == check), None)
    if planned is None or not NEEDS_AGAIN.issuperset(planned.load().needs):
        return None
    found = StageResult(planned.stage, (run_check(planned, needs),))
    return judge(found, needs.policy.plain_policy, needs.today, ()).checks[0]


def release_version(work: Release) -> Outcome:
    """Take all steps.

    Outputs are `bundle`, `reference`, `row` (the id in `core_module_versions`), `released_at`,
    `tables_created` (separated by commas) and `registered`.
    """
    records = run_steps(STEPS, work)
    done = _registered(work)
    return Outcome(
        records,
        {
            "bundle": done.row.bundle,
            "reference": done.row.registry_reference,
            "row": str(done.row.id),
            "released_at": done.row.released_at,
            "tables_created": ", ".join(done.row.tables_created),
            "registered": "new" if done.new else "already registered with the same content",
        },
    )


def verify_evidence(work: Release) -> str:
    """The six stages before passed for this content, and the evidence of it holds.

    The key that will sign this stage may do so.
    """
    work.evidence.require_signer(Stage.RELEASE, work.statements)
    return f"{len(work.statements)} stages passed for {work.module.digest[:12]}"


def fetch_bundle(work: Release) -> str:
    """The registry gives the bundle that was built, scanned and published."""
    return f"{work.published.size} bytes from {work.published.reference}"


def attach_evidence(work: Release) -> str:
    """The evidence of all six stages refers to the bundle in the registry: that of publish is
    added, and what jobs that attached at once took out of the list."""
    attached = {envelope for _, envelope in work.registry.referrers(work.published)}
    missing = [s for s in work.statements if work.evidence.envelope(s) not in attached]
    for stage in missing:
        attach(work.evidence, work.registry, work.published, stage)
    return ", ".join(missing) or "already there"


def register(work: Release) -> str:
    """One transaction writes the module, the version and its evidence.

    What the catalog had told the stages before holds still, or is found by the same checks again.
    """
    work.registered = work.catalog.register(
        module_row(work.module),
        version_row(work),
        evidence_rows(work.statements),
        _asked(work),
        conditions=lambda found: work.given.unmet(work.evidence, found, work.now),
        approvals=work.given.envelopes(work.evidence),
    )
    return "registered" if work.registered.new else "already registered with the same content"


def confirm(work: Release) -> str:
    """What the catalog gives back is what was registered, with evidence that verifies."""
    done, wanted = _registered(work).row, version_row(work)
    reasons = [
        f"the catalog holds another {name} than was registered"
        for name, found, expected in (
            ("content digest", done.digest, wanted.digest),
            ("bundle digest", done.bundle, wanted.bundle),
            ("set of migrations", done.migrations, wanted.migrations),
        )
        if found != expected
    ]
    rows = {each.stage: each for each in work.catalog.evidence(done)}
    for stage in Stage.RELEASE.before:
        if stage.value not in rows:
            reasons.append(f"the catalog holds no evidence of {stage}")
            continue
        try:
            envelope = parse(canonical(rows[stage.value].envelope) + b"\n")
        except MalformedError as error:
            reasons.append(f"the catalog's evidence of {stage} cannot be read: {error}")
            continue
        problems = envelope.problems(work.evidence.trust)
        reasons += [f"the catalog's evidence of {stage} {problem}" for problem in problems]
    if reasons:
        raise RefusedError(reasons)
    return f"row {done.id} with {len(rows)} envelopes"


STEPS: tuple[Step[Release], ...] = (
    Step("verify-evidence", verify_evidence),
    Step("fetch-bundle", fetch_bundle),
    Step("attach-evidence", attach_evidence),
    Step("register", register),
    Step("confirm", confirm),
)


def version_row(work: Release) -> ReleasedVersion:
    """The version's row, from the module, the evidence and the registry."""
    there = work.published
    return replace(
        candidate_of(work.module).version,
        bundle=there.bundle,
        tables_created=work.tables,
        registry_manifest=there.manifest,
        registry_reference=there.reference,
        policy=work.evidence.policy_digest,
    )


def evidence_rows(statements: Mapping[Stage, Statement]) -> tuple[EvidenceRow, ...]:
    """The evidence as the catalog keeps it."""
    return tuple(
        EvidenceRow(
            stage=stage.value,
            verdict=found.verdict.value,
            key_id=found.key_ids[0],
            payload_sha256=hashlib.sha256(found.payload).hexdigest(),
            envelope=found.envelope,
        )
        for stage, found in statements.items()
    )


def _asked(work: Release) -> tuple[Asked, ...]:
    """What the stages asked the catalog; with the answers of today for checks that run nothing of
    the module, if they pass with those."""
    asked = tuple(
        Asked(stage.value, check.id, question, answer)
        for stage, found in work.statements.items()
        for check in found.checks
        for question, answer in (check.catalog or {}).items()
    )
    if work.catalog.find(work.module.slug, work.module.version) is not None:
        return asked
    stale = {(each.stage, each.check) for each in work.catalog.changed(asked)}
    kept = [each for each in asked if (each.stage, each.check) not in stale]
    for stage, check in sorted(stale):
        ended = work.again(check)
        if ended is None or ended.verdict is Verdict.INCONCLUSIVE:
            kept += [each for each in asked if (each.stage, each.check) == (stage, check)]
            continue
        if ended.verdict is Verdict.FAIL:
            raise RefusedError(
                [
                    f"the check {check} of {stage} fails with what the catalog holds now:"
                    f" {each.location.path or 'the module'}: {each.message} [catalog-changed]"
                    for each in ended.findings
                ]
            )
        kept += [Asked(stage, check, *each) for each in ended.catalog.items()]
    return tuple(kept)


def _registered(work: Release) -> Registered:
    if work.registered is None:
        row = work.catalog.find(work.module.slug, work.module.version)
        if row is None:
            raise CouldNotCheckError(
                f"{work.module.slug} {work.module.version} is not in the catalog"
            )
        work.registered = Registered(row, new=False)
    return work.registered

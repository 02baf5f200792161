"""What a release needs of people and of time, and what it was given: reads the approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.catalog.catalog import Situation
from gates.catalog.lifecycle import soak_refusal
from gates.catalog.standing import is_good
from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import EvidenceSet, Statement
from gates.evidence.act import Subject, Verb, read_signed, version_subject, waiver_subject
from gates.evidence.envelope import MalformedError, shown
from gates.evidence.freshness import read_time
from gates.evidence.statement import Waived
from gates.governance.needed import Authors, Needed, Signed, needed, purposes_of, refusals
from gates.governance.signers import Signers
from gates.model import Stage
from gates.records import dataclass
from gates.settings import Policy, Waiver

if TYPE_CHECKING:
    from gates.registry import Registry

FOLDER = "gates-approvals"
"""Beside the policy file: approvals of its waivers, and of whatever else is put there."""
ANNOTATION = "approval"
"""What an approval is attached to a bundle as, where evidence has its stage."""
_LARGEST = 1 << 20


@dataclass(frozen=True)
class Given:
    """What was found about a version that is to be released."""

    signed: tuple[Signed, ...]
    authors: Authors
    waivers: tuple[tuple[Subject, ...], ...]
    """For each finding that did not count, the waivers of today's policy that cover it."""

    def unmet(self, evidence: EvidenceSet, found: Situation, now: datetime) -> Iterator[str]:
        """Every condition that a release of the module does not meet, one sentence each."""
        module, policy = evidence.module, evidence.policy
        manifest = module.require_manifest()
        maturity = str(manifest.get("maturity_status") or "")
        for wanted in self.needed(evidence, found, maturity):
            yield from refusals(wanted, self.signed, self.authors, now)
        stood = [
            (each.status, released)
            for each in found.released
            if is_good(each) and (released := read_time(each.released_at))
        ]
        if why := soak_refusal(found.maturity, maturity, stood, policy.soak_hours, now):
            yield f"{module.slug} {module.version}: {why}"

    def needed(self, evidence: EvidenceSet, found: Situation, maturity: str) -> list[Needed]:
        """What has to be approved."""
        module = evidence.module
        return needed(
            evidence.policy.approval_rules,
            purposes_of(module.version, maturity, [each.version for each in found.released]),
            version_subject(module.slug, module.version, module.digest),
            self.waivers,
        )

    def envelopes(self, evidence: EvidenceSet) -> list[Mapping[str, Any]]:
        """The approvals of the version whose signatures count, for the catalog to keep."""
        module = evidence.module
        this = version_subject(module.slug, module.version, module.digest)
        return [
            each.act.envelope for each in self.signed if each.person and each.act.is_about(this)
        ]


def gather(
    evidence: EvidenceSet,
    statements: Mapping[Stage, Statement],
    registry: Registry | None,
    now: datetime,
) -> Given:
    """All approvals that lie beside the evidence, at the bundle in the registry and beside the
    policy, with whoever signed them. Where the policy asks for none, nothing is read.

    Raises `ConfigurationError` for a wrong key of an approver.
    """
    policy = evidence.policy
    if not policy.approval_rules:
        return Given((), Authors(frozenset()), ())
    signers = Signers.of(policy, evidence.settings, now.date())
    found = dict.fromkeys(_bytes(evidence, registry))
    read = (read_approval(data, signers) for data in found)
    emails = {each.environment.get("author", "").lower() for each in statements.values()} - {""}
    keys = {key for each in statements.values() for key in each.key_ids}
    waived = [each for one in statements.values() for check in one.checks for each in check.waived]
    return Given(
        tuple(each for each in read if each is not None),
        Authors(frozenset(keys), frozenset(emails)),
        tuple(covering(each, policy, now) for each in waived),
    )


def read_approval(data: bytes, signers: Signers) -> Signed | None:
    """An approval, with whoever signed it; None for what is none."""
    try:
        act, envelope = read_signed(data)
    except MalformedError:
        return None
    if act.verb is not Verb.APPROVE:
        return None
    if problems := signers.problems(envelope, act):
        return Signed(act, None, problems[0])
    return Signed(act, signers.people.get(act.key_ids[0]))


def covering(waived: Waived, policy: Policy, now: datetime) -> tuple[Subject, ...]:
    """The waivers that cover a finding and have not ended; of those in force any may be approved.

    Where there is none, the finding itself stands for it: nobody can have approved that.
    """
    found = tuple(
        waiver_subject(each)
        for each in policy.waivers
        if _covers(each, waived) and each.expires >= now.date()
    )
    return found or (Subject(f"waiver {shown(waived.check)}", "0" * 64, "sha256"),)


def _covers(waiver: Waiver, waived: Waived) -> bool:
    return waiver.check == waived.check and (
        waiver.fingerprint == waived.fingerprint
        or (waiver.path == waived.path and not waived.definition)
    )


def policy_folder(policy: Policy) -> Path | None:
    """The folder of approvals beside the policy file; None for the built-in standard alone."""
    named = policy.sources.get("waivers") or policy.sources.get("approval_rules")
    return Path(named).parent / FOLDER if named else None


def _bytes(evidence: EvidenceSet, registry: Registry | None) -> Iterator[bytes]:
    yield from evidence.store.approvals()
    folder = policy_folder(evidence.policy)
    for path in sorted(folder.glob("*.json")) if folder else ():
        try:
            with path.open("rb") as file:
                yield file.read(_LARGEST)
        except OSError as error:
            raise CouldNotCheckError(f"{path}: {error.strerror}") from error
    if registry is None:
        return
    module = evidence.module
    try:
        there = registry.find(module.slug, module.version)
        referrers = registry.referrers(there) if there else []
    except RefusedError:
        return  # what the registry holds was changed: the release says so by itself
    yield from (data for stage, data in referrers if stage == ANNOTATION)

"""What the evidence of several stages must satisfy together: functions that yield reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from gates.evidence.envelope import shown
from gates.evidence.freshness import check_order
from gates.evidence.statement import BUNDLE_STAGES, Statement
from gates.model import Stage


def check_same_bundle(found: Mapping[Stage, Statement]) -> Iterator[str]:
    """Build, scan and publish are about the same bundle."""
    bundles = {
        stage: statement.bundle
        for stage, statement in found.items()
        if stage in BUNDLE_STAGES and statement.bundle
    }
    if len(set(bundles.values())) > 1:
        each = ", ".join(f"{stage} {digest}" for stage, digest in bundles.items())
        yield f"the stages are about different bundles: {each} [different-bundles]"


def check_same_commit(found: Mapping[Stage, Statement]) -> Iterator[str]:
    """Stages that workflows signed are of one commit of one repository."""
    commits = {
        stage: f"{shown(each.claims.repository, 200)} at {shown(each.claims.commit)}"
        for stage, each in found.items()
        if each.claims
    }
    if len(set(commits.values())) > 1:
        each = ", ".join(f"{stage} {commit}" for stage, commit in commits.items())
        yield f"the stages were signed for different commits: {each} [different-commits]"


def check_relied_upon(found: Mapping[Stage, Statement]) -> Iterator[str]:
    """What is there is what publish relied upon, and nothing of an earlier or a later run."""
    publish = found.get(Stage.PUBLISH)
    relied = relied_upon(publish) if publish else {}
    for stage, statement in found.items():
        if not relied or stage not in Stage.PUBLISH.before:
            continue
        if relied.get(stage) != hashlib.sha256(statement.payload).hexdigest():
            yield (
                f"the evidence of {stage} is not what publish relied upon: it is of another run"
                " [replayed]"
            )


def relied_upon(publish: Statement) -> Mapping[Stage, str]:
    """SHA-256 of the statements, in hex, that publish had verified; empty where it does not say."""
    given = {stage: publish.environment.get(_name(stage)) for stage in Stage.PUBLISH.before}
    return {stage: digest or "" for stage, digest in given.items()} if any(given.values()) else {}


def relies_upon(found: Mapping[Stage, Statement]) -> dict[str, str]:
    """What publish says under `environment` of the statements that it relies upon."""
    return {_name(stage): hashlib.sha256(each.payload).hexdigest() for stage, each in found.items()}


def _name(stage: Stage) -> str:
    return f"evidence-{stage.value}"


def check_separate(found: Mapping[Stage, Statement]) -> Iterator[str]:
    """Nobody who signed a stage up to the scan signed publish or release."""
    for stage in LAST:
        if stage in found:
            yield from same_signer(stage, found[stage].signers, found)


def same_signer(
    stage: Stage, signers: frozenset[str], found: Mapping[Stage, Statement]
) -> Iterator[str]:
    """That those who sign publish or release have signed a stage up to the scan."""
    before = {who for each, one in found.items() if each not in LAST for who in one.signers}
    if both := sorted(signers & before):
        yield (
            f"the evidence of {stage} is signed by {shown(both[0], 200)}, who signed stages before"
            " it, which the policy does not allow (evidence.separate_keys) [same-signer]"
        )


LAST = (Stage.PUBLISH, Stage.RELEASE)
"""The stages that run none of the module's code: the other domain of trust."""
Across = Callable[[Mapping[Stage, Statement]], Iterator[str]]
ACROSS: tuple[Across, ...] = (check_same_bundle, check_same_commit, check_order, check_relied_upon)
"""Every rule about several statements, whatever the policy says."""


def across(*, separate_keys: bool) -> tuple[Across, ...]:
    """The rules about several statements under a policy."""
    return (*ACROSS, check_separate) if separate_keys else ACROSS

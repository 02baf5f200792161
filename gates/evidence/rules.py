"""What evidence must satisfy before anything is built on it: small functions that yield reasons.

Each takes one stage's statement and what is expected, and yields sentences; all of them run, so
that a refusal names everything at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

from gates import __version__
from gates.barred import barred
from gates.evidence.envelope import shown
from gates.evidence.freshness import (
    check_advisory_age,
    check_gates_version,
    check_started,
    hours_between,
    read_time,
)
from gates.evidence.grants import signer_problems
from gates.evidence.keys import Trust
from gates.evidence.statement import BUNDLE_STAGES, Statement, bundle_name
from gates.model import Stage, Verdict
from gates.records import dataclass, field
from gates.settings import Waiver, missing_walls


@dataclass(frozen=True)
class Expected:
    """What the evidence is held against."""

    slug: str
    version: str
    digest: str
    """Of the module's content, in hex."""
    policy: str
    """Digest of the policy in force, in hex."""
    checks: Mapping[Stage, frozenset[str]]
    """Ids of the checks that must have run, by stage."""
    now: datetime
    sandbox: frozenset[str] = frozenset()
    """Walls that must have stood around all code of the module that ran."""
    waivers: tuple[Waiver, ...] = ()
    max_age_hours: float = 24.0
    """How long ago each stage may have begun."""
    least_gates: str = __version__
    """The oldest version of the gate whose evidence counts."""
    advisories_max_age_days: int = 30
    reuse: bool = True
    """Whether results of earlier runs may have been reused."""
    reuse_max_age_hours: float = 24.0
    maturity: str = ""
    """Of the version, by its manifest."""
    baseline_maturities: frozenset[str] | None = None
    """In which a baseline may hold findings; None where that is not asked any more."""
    clean_tree: bool = False
    """Whether the evidence must be of a commit, and nothing besides."""
    effective: Mapping[str, date] = field(default_factory=dict)
    """By check: the day from which its findings are errors."""
    trust: Trust = field(default_factory=lambda: Trust({}))
    """Who may sign what."""


RUNS_CODE = (Stage.TEST, Stage.BUILD)
"""The stages that cannot pass without running code of the module."""
CLEAN_TREE = "clean"
"""What evidence says of the files of a commit, under `tree` of the environment."""

Rule = Callable[[Statement, Stage, Expected], Iterator[str]]


def check_stage(found: Statement, stage: Stage, _expected: Expected) -> Iterator[str]:
    """An envelope of one stage, renamed, is not another stage's."""
    if found.stage is not stage:
        yield f"the evidence of {stage} is about the stage {found.stage} [wrong-stage]"


def check_signer(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """Whoever signed it may sign this stage, and might when it was signed."""
    for why in signer_problems(
        expected.trust, found.key_ids, found.claims, stage.value, found.signed
    ):
        yield f"the evidence of {stage} {why}"


def check_subject(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The subject is this module in this version."""
    if found.subject != (this := f"{expected.slug}@{expected.version}"):
        yield (
            f"the evidence of {stage} is for {shown(found.subject)}, and this is {shown(this)}"
            " [wrong-subject]"
        )


def check_content_digest(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The content digest is this module's."""
    if found.digest != expected.digest:
        yield (
            f"the evidence of {stage} is for other content"
            f" (digest {found.digest}, this is {expected.digest}) [wrong-content]"
        )


def check_verdict(found: Statement, stage: Stage, _expected: Expected) -> Iterator[str]:
    """The stage passed, and its checks say so too."""
    by = [each for each in found.checks if each.verdict is not Verdict.PASS]
    names = f" ({', '.join(shown(each.id) for each in by[:5])})" if by else ""
    if found.verdict is Verdict.FAIL:
        yield f"the stage {stage} failed{names} [failed]"
    elif found.verdict is Verdict.INCONCLUSIVE:
        yield f"the stage {stage} was inconclusive{names} [inconclusive]"
    elif by:
        yield (
            f"the evidence of {stage} contradicts itself: it passed, but not its checks{names}"
            " [contradiction]"
        )
    elif not found.checks:
        yield (
            f"the evidence of {stage} contradicts itself: it passed, but without any check"
            " [contradiction]"
        )


def check_policy(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The policy has not changed since."""
    if found.policy != expected.policy:
        yield (
            f"the evidence of {stage} was made under another policy"
            f" (digest {found.policy[:12]}, now {expected.policy[:12]}) [wrong-policy]"
        )


def check_required_checks(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """No check that is required today is missing from it, and none is there twice."""
    there = [each.id for each in found.checks]
    if missing := sorted(expected.checks.get(stage, frozenset()) - set(there)):
        yield (
            f"the evidence of {stage} lacks the required check {', '.join(missing)} [missing-check]"
        )
    if twice := sorted({each for each in there if there.count(each) > 1}):
        names = ", ".join(shown(each) for each in twice[:5])
        yield f"the evidence of {stage} has the check {names} more than once [duplicated-check]"


def check_sandbox(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """What ran in a sandbox ran behind every wall that the policy names."""
    stood = {record.sandbox for check in found.checks for record in check.records if record.sandbox}
    stood |= {each for each in (found.environment.get("sandbox"),) if each}
    for each in sorted(stood):
        if missing := missing_walls(each, expected.sandbox):
            yield (
                f"the stage {stage} ran code of the module without {', '.join(missing)}, which the"
                f" policy requires of the sandbox (there was {shown(each)}) [weak-sandbox]"
            )
    if expected.sandbox and stage in RUNS_CODE and not stood:
        yield (
            f"the evidence of {stage} does not say what stood around the code of the module, and"
            f" the policy requires {', '.join(sorted(expected.sandbox))} [no-sandbox]"
        )


def check_catalog(found: Statement, stage: Stage, _expected: Expected) -> Iterator[str]:
    """Each check says what it had asked the catalog: a release asks that again."""
    if silent := sorted(each.id for each in found.checks if each.catalog is None):
        yield (
            f"the evidence of {stage} does not say what the catalog was asked by"
            f" {', '.join(shown(each) for each in silent[:5])} [no-catalog]"
        )


def check_tree(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The files were those of a commit, where the policy asks for that."""
    if not expected.clean_tree:
        return
    if not found.environment.get("commit"):
        yield (
            f"the evidence of {stage} names no commit, which the policy requires"
            " (release.clean_tree) [no-commit]"
        )
    elif (state := found.environment.get("tree")) != CLEAN_TREE:
        yield (
            f"the stage {stage} ran on what is in no commit, which the policy requires"
            f" (release.clean_tree): {shown(state or 'unknown', 300)} [dirty-tree]"
        )


def check_reused(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """What was reused may be reused, was young enough, and was signed by a key that counts."""
    reused = {each.id: each.reused for each in found.checks if each.reused}
    if reused and not expected.reuse:
        yield (
            f"the stage {stage} reused results of an earlier run, which the policy does not allow"
            f" a release: {', '.join(sorted(reused))} [reused-result]"
        )
    for check, earlier in sorted(reused.items()):
        age = hours_between(earlier.made, found.started)
        if age is None or age > expected.reuse_max_age_hours:
            yield (
                f"the stage {stage} reused a result of {shown(check)} from {shown(earlier.made)},"
                f" more than {expected.reuse_max_age_hours:g} hours before it [reused-too-old]"
            )
        if earlier.key not in expected.trust:
            yield (
                f"the stage {stage} reused a result of {shown(check)} that the unknown key"
                f" {shown(earlier.key)} had signed [reused-unknown-key]"
            )
            continue
        made = read_time(earlier.made)
        for why in signer_problems(expected.trust, (earlier.key,), None, stage.value, made):
            yield f"the stage {stage} reused a result of {shown(check)}, which {why}"


def check_waivers(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """What was waived then is still waived today."""
    for waived in (each for check in found.checks for each in check.waived):
        covering = [
            waiver
            for waiver in expected.waivers
            if waiver.check == waived.check
            and (
                waiver.fingerprint == waived.fingerprint
                or (waiver.path == waived.path and not waived.definition)
            )
        ]
        if not any(waiver.expires >= expected.now.date() for waiver in covering):
            ended = max((waiver.expires for waiver in covering), default=None)
            why = (
                f"expired on {ended} [expired-waiver]"
                if ended
                else "is not in the policy [unknown-waiver]"
            )
            yield (
                f"the stage {stage} passed only with a waiver for {shown(waived.check)}"
                f" in {shown(waived.path) or 'the module'} that {why}"
            )


def check_baseline(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """What a baseline held back may be held back in this maturity, and by any check at all."""
    held = {each.id: sum(each.baselined.values()) for each in found.checks if each.baselined}
    allowed = expected.baseline_maturities
    if held and allowed is not None and expected.maturity not in allowed:
        yield (
            f"the stage {stage} passed with {sum(held.values())} findings of the baseline"
            f" ({', '.join(sorted(held)[:5])}), and the policy allows a release none in the"
            f" maturity {shown(expected.maturity)} (baseline.maturities) [baseline]"
        )
    for check in sorted(held):
        if why := barred(check):
            yield (
                f"the stage {stage} passed with findings of {shown(check)} in the baseline, which"
                f" can't hold them: {why} [barred-baseline]"
            )


def check_effective(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """No check has come into force since: what was a warning then would be an error now."""
    started = read_time(found.started)
    for check in sorted(each.id for each in found.checks):
        begins = expected.effective.get(check)
        if begins and started and started.date() < begins <= expected.now.date():
            yield (
                f"the stage {stage} ran before the check {shown(check)} was in force, on {begins}"
                " [effective-since]"
            )


def check_bundle(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """From the build on, the evidence is about a bundle of the right name; before, about none."""
    name = bundle_name(expected.slug, expected.version)
    if stage in BUNDLE_STAGES and found.bundle is None:
        yield f"the evidence of {stage} names no bundle [no-bundle]"
    elif stage in BUNDLE_STAGES and found.bundle_name != name:
        yield (
            f"the evidence of {stage} is for the bundle {shown(found.bundle_name or '')},"
            f" and this is {shown(name)} [wrong-bundle]"
        )
    elif stage not in BUNDLE_STAGES and found.bundle is not None:
        yield f"the evidence of {stage} names a bundle, which did not exist yet [early-bundle]"


RULES: tuple[Rule, ...] = (
    check_stage,
    check_signer,
    check_subject,
    check_content_digest,
    check_verdict,
    check_policy,
    check_required_checks,
    check_started,
    check_gates_version,
    check_advisory_age,
    check_sandbox,
    check_catalog,
    check_tree,
    check_reused,
    check_waivers,
    check_baseline,
    check_effective,
    check_bundle,
)
"""Every rule about one statement, in the order of the reasons."""

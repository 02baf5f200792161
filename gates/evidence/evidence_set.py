"""All evidence about one module: written stage by stage, verified as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gates import __version__
from gates.check import Planned, outlines
from gates.errors import RefusedError
from gates.evidence import envelope as dsse
from gates.evidence import keys, statement
from gates.evidence.statement import Statement
from gates.evidence.store import Store
from gates.model import Stage, StageResult
from gates.module import Module
from gates.records import dataclass, replace
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gates.evidence import rules, signed


@dataclass(frozen=True)
class StageEvidence:
    """What there is about one stage, and every reason not to rely on it."""

    stage: Stage
    statement: Statement | None
    """None where there is none, or none that is signed by a trusted key."""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """An envelope as it was written."""

    path: Path
    sha256: str
    """Of its bytes, in hex."""
    key_ids: tuple[str, ...]


@dataclass(frozen=True)
class EvidenceSet:
    """The evidence of one module under one policy, in one store.

    `checks` lists the checks of a stage; whoever loads checks of other packages passes a function
    that includes them, so that their absence is noticed.
    """

    module: Module
    policy: Policy
    settings: Settings
    folder: Path | None = None
    """Folder of the envelopes; None is `.gates/evidence` of the module."""
    today: date | None = None
    """None is the day it is in UTC."""
    checks: Callable[[Stage], Iterable[Planned]] = outlines
    key: Callable[[], Ed25519PrivateKey] | None = None
    """What gives this installation's signing key; None is the one that the settings name, read at
    each signature."""

    @property
    def store(self) -> Store:
        """The folder of the envelopes."""
        return Store.of(self.module.root, self.folder)

    @cached_property
    def trust(self) -> keys.Trust:
        """Whose signatures count.

        Raises `ConfigurationError` for wrong keys or no trust root, and `RefusedError` or
        `CouldNotCheckError` for a trust file that does not hold.
        """
        return keys.Trust.of(self.policy, self.settings, self._now.date())

    @property
    def _now(self) -> datetime:
        """The time it is; for a day that is not about today, its end. A run may pass midnight."""
        now = datetime.now(UTC)
        if self.today is None or abs((now.date() - self.today).days) <= 1:
            return now
        return datetime.combine(self.today, time.max, UTC)

    @cached_property
    def policy_digest(self) -> str:
        """SHA-256 of the policy in force, in hex."""
        return self.policy.digest

    def write(
        self,
        result: StageResult,
        *,
        bundle: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Written:
        """Sign a statement about a stage, and replace the stage's envelope.

        `bundle` is the bundle's SHA-256 in hex (with or without `sha256:`); it is left out of
        the stages before the build. Without it the stage's own output "bundle" counts, and after
        the build the one that the build's evidence names, if that holds for this module.
        Raises `CouldNotCheckError`, `ConfigurationError` or `RefusedError` (a link in the way).
        """
        if result.stage not in statement.BUNDLE_STAGES:
            bundle = None
        else:
            bundle = bundle or result.outputs.get("bundle") or self._built(result.stage)
        payload = statement.build(
            result,
            self.module,
            self.policy_digest,
            bundle=bundle.removeprefix("sha256:") if bundle else None,
            environment=environment,
        )
        sealed = self.sign(payload)
        data = sealed.to_bytes()
        path = self.store.write(result.stage, data)
        return Written(path, hashlib.sha256(data).hexdigest(), sealed.key_ids)

    def inspect(self, stages: Iterable[Stage]) -> tuple[StageEvidence, ...]:
        """What there is about each stage, with every reason against it; refuses nothing itself.

        Raises `ConfigurationError` and `CouldNotCheckError`, and `RefusedError` for a trust file
        that does not hold.
        """
        from gates.evidence import together

        wanted = tuple(stages)
        expected = self._expected(wanted)
        found = [self._inspect(stage, expected) for stage in wanted]
        statements = {each.stage: each.statement for each in found if each.statement}
        separate = self.policy.separate_keys
        across = [why for r in together.across(separate_keys=separate) for why in r(statements)]
        across += self._unseen(found)
        if across and found:
            found[-1] = replace(found[-1], reasons=(*found[-1].reasons, *across))
        return tuple(found)

    def verify(self, stages: Iterable[Stage]) -> dict[Stage, Statement]:
        """The statements of these stages, if each may be relied on.

        Raises `RefusedError` with all reasons, one sentence each, otherwise.
        """
        found = self.inspect(stages)
        reasons = [reason for each in found for reason in each.reasons]
        if reasons:
            import shlex

            again = [f"--stage {each.stage}" for each in found if each.reasons]
            command = ["gates run", *again, shlex.quote(str(self.module.root))]
            raise RefusedError(reasons, hint=" ".join(command))
        return {each.stage: each.statement for each in found if each.statement}

    def require_signer(self, stage: Stage, before: Mapping[Stage, Statement]) -> None:
        """Raise `RefusedError` where this installation's key may not sign a stage after those.

        Asked before a stage changes anything outside. Which identity a workflow will be given is
        not known before it signs.
        """
        if self.settings.keyless or (self.trust.grants is None and not self.policy.separate_keys):
            return
        from gates.evidence import together
        from gates.evidence.grants import signer_problems

        own = keys.key_id(keys.signing_key(self.settings.key).public_key())
        may = signer_problems(self.trust, (own,), None, stage.value, self._now)
        reasons = [f"the evidence of {stage} {why}" for why in may]
        if self.policy.separate_keys:
            reasons += together.same_signer(stage, frozenset({own}), before)
        if reasons:
            raise RefusedError(reasons, hint="set GATES_SIGNING_KEY to a key for this stage")

    def envelope(self, stage: Stage) -> bytes | None:
        """The bytes of a stage's envelope as stored, not verified; None where there is none."""
        return self.store.read(stage)

    def sign(self, payload: bytes) -> signed.Signed:
        """Signed by the key of this installation, or by the identity of the workflow that runs."""
        if not self.settings.keyless:
            private = self.key() if self.key else keys.signing_key(self.settings.key)
            return dsse.sign(payload, private)
        from gates.evidence.keyless import sign

        return sign(payload, self.policy, self.trust, offline=self.settings.offline)

    def _built(self, stage: Stage) -> str | None:
        """The bundle's digest by the build's evidence, where a later stage may rely on it."""
        if stage is Stage.BUILD:
            return None
        found = self.inspect([Stage.BUILD])[0]
        return found.statement.bundle if found.statement and not found.reasons else None

    def _inspect(self, stage: Stage, expected: rules.Expected) -> StageEvidence:
        from gates.evidence import rules, signed

        try:
            data = self.store.read(stage)
        except RefusedError as error:
            return StageEvidence(stage, None, error.reasons)
        if data is None:
            return StageEvidence(stage, None, (f"the stage {stage} has no evidence [missing]",))
        try:
            read = signed.parse(data)
            if problems := read.problems(self.trust):
                reasons = tuple(f"the evidence of {stage} {problem}" for problem in problems)
                return StageEvidence(stage, None, reasons)
            found = replace(
                _read_statement(read.payload),
                key_ids=read.key_ids,
                claims=read.claims,
                envelope=read.value,
            )
        except dsse.MalformedError as error:
            why = dsse.shown(str(error), 200)
            code = "" if why.endswith("]") else " [unreadable]"
            reason = f"the evidence of {stage} cannot be read: {why}{code}"
            return StageEvidence(stage, None, (reason,))
        reasons = tuple(why for rule in rules.RULES for why in rule(found, stage, expected))
        return StageEvidence(stage, found, reasons)

    def _expected(self, stages: tuple[Stage, ...]) -> rules.Expected:
        from gates.evidence import rules

        return rules.Expected(
            slug=self.module.slug,
            version=self.module.version,
            digest=self.module.digest,
            policy=self.policy_digest,
            checks={stage: self._required(stage) for stage in stages},
            sandbox=frozenset(self.policy.sandbox),
            waivers=self.policy.waivers,
            now=self._now,
            max_age_hours=self.policy.evidence_max_age_hours,
            least_gates=self.policy.least_gates or __version__,
            advisories_max_age_days=self.policy.advisories_max_age_days,
            maturity=str(
                (self.module.manifest.get("maturity_status") or "") if self.module.manifest else ""
            ),
            baseline_maturities=frozenset(self.policy.baseline_maturities),
            clean_tree=self.policy.clean_tree,
            reuse=self.policy.reuse_in_release,
            reuse_max_age_hours=self.policy.reuse_max_age_hours,
            effective=self.policy.effective_on,
            trust=self.trust,
        )

    def _required(self, stage: Stage) -> frozenset[str]:
        from gates.toolchains.languages import language_name

        ours = (None, language_name(self.module))
        return frozenset(each.id for each in self.checks(stage) if each.language in ours)

    def _unseen(self, found: list[StageEvidence]) -> list[str]:
        """Required checks of other packages that no evidence mentions."""
        seen = {c.id for each in found if each.statement for c in each.statement.checks}
        others = set(Stage) - {each.stage for each in found}
        seen |= {each.id for stage in others for each in self.checks(stage)}
        return [
            f"no evidence has the check {required}, which the policy requires [missing-check]"
            for required in self.policy.required_checks
            if required not in seen
        ]


@lru_cache(maxsize=16)
def _read_statement(payload: bytes) -> Statement:
    """The statement in bytes that were signed; each stage is read again by each that follows."""
    return statement.read(payload)

"""Nothing runs twice: a check whose questions have the same answers is answered from what is kept.

While a check runs, all that it asks is recorded with the answers: files, lists of files, values of
the policy, programs, the catalog. Its result is signed and kept under that trace. The next run asks
the same questions first; only where each answer is the same does the kept result count, and it says
so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gates.check import Check
from gates.model import CheckResult, Reused, Stage, Verdict
from gates.recorder import LATER, UNREPEATABLE, note, recording
from gates.reuse.identity import Identities
from gates.reuse.questions import Answers
from gates.reuse.store import Found, Results
from gates.run import run_check

if TYPE_CHECKING:
    from gates.evidence.keys import Trust
    from gates.needs import Needs
    from gates.reuse.entry import Exhibits
    from gates.settings import Settings

ExhibitsOf = Callable[[Check], "Exhibits"]
"""What a check has left for reports and evidence besides its result."""
STAGES = frozenset({Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST, Stage.BUILD, Stage.SCAN})
"""Stages whose checks may be answered from what is kept; publish and release look anew."""
OWN = "axon-gates"
"""The provider of our own checks; those of other packages look at the module on their own."""
_AHEAD = timedelta(minutes=5)
"""How far in the future a result may have been made: clocks differ."""


@dataclass
class Reuse:
    """The kept results of one run's module. Safe to use from several threads."""

    results: Results
    answers: Answers
    trust: Trust
    settings: Settings
    max_age: timedelta
    identities: Identities
    read: bool = True
    write: bool = True
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, needs: Needs) -> Reuse | None:
        """The kept results of a run's module; None where there can be none: the module has no
        usable slug, or the settings say "off"."""
        from gates.evidence.keys import Trust, key_id, own_public_key

        module, policy, settings = needs.module.plain, needs.policy.plain_policy, needs.settings
        if not module.slug or settings.reuse == "off":
            return None
        own = own_public_key(settings.key)
        keys = {} if own is None else {key_id(own): own}
        keys |= Trust.of(policy, settings, needs.today).keys
        identities = Identities(settings.state / "identities.json")
        return cls(
            Results(settings.cache / "results", module.slug),
            Answers(module, policy, settings, needs.today, identities, needs.catalog),
            Trust(keys),
            settings,
            timedelta(hours=policy.reuse_max_age_hours),
            identities,
            read=settings.reuse in ("on", "read"),
            write=settings.reuse in ("on", "fresh"),
        )

    def run(self, check: Check, needs: Needs, exhibits: ExhibitsOf) -> CheckResult:
        """How a check ends: from what is kept where it may be, or by running it."""
        if check.stage not in STAGES or check.provider != OWN:
            return run_check(check, needs)
        if self.read and (found := self.find(check.id)) is not None:
            needs.kept.append(found.kept.exhibits)
            made = found.kept.made.isoformat(timespec="seconds").replace("+00:00", "Z")
            return replace(found.kept.result, reused=Reused(made, found.key), seconds=0.0)
        with recording() as trace:
            note("gate:", LATER)
            result = run_check(check, needs)
        if self.write and result.verdict is not Verdict.INCONCLUSIVE and not result.refused:
            self._keep(check, trace, result, exhibits)
        return result

    def find(self, check: str) -> Found | None:
        """The newest kept result of a check that is not too old and still holds."""
        for each in self.results.read(check, self.trust):
            age = self.now - each.kept.made
            if -_AHEAD <= age <= self.max_age and self.answers.same(each.kept.trace):
                return each
        return None

    def newest(self, check: str) -> Found | None:
        """The newest kept result of a check, whether it still holds or not."""
        return next(self.results.read(check, self.trust), None)

    def _keep(
        self, check: Check, trace: Mapping[str, str], result: CheckResult, exhibits: ExhibitsOf
    ) -> None:
        from gates.evidence import envelope
        from gates.evidence.keys import signing_key
        from gates.reuse.entry import Kept

        if UNREPEATABLE in trace or self.settings.keyless:
            return
        asked = {}
        for question, answer in trace.items():
            known = self.answers.answer(question) if answer == LATER else answer
            if known is None:
                return
            asked[question] = known
        kept = Kept(self.results.module, self.now, asked, result, exhibits(check))
        key = signing_key(self.settings.key)
        self.results.write(kept, lambda payload: envelope.sign(payload, key))

"""Nothing runs twice: a check whose questions have the same answers is answered from what is kept.

While a check runs, all that it asks is recorded with the answers: files, lists of files, values of
the policy, programs, the catalog. Its result is signed and kept under that trace. The next run asks
the same questions first; only where each answer is the same does the kept result count, and it says
so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from gates.check import Planned, all_outlines, outlines
from gates.errors import CouldNotCheckError, RefusedError
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.recorder import LATER, note, recording
from gates.records import dataclass, field, replace
from gates.reuse.identity import Identities
from gates.reuse.questions import Answers, in_words
from gates.reuse.store import Found, Results
from gates.run import run_check

if TYPE_CHECKING:
    from gates.evidence.keys import Trust
    from gates.needs import Needs
    from gates.reuse.entry import Exhibits
    from gates.reuse.keeper import Keeper
    from gates.reuse.shared import SharedResults
    from gates.settings import Policy, Settings

OWN = "axon-gates"
"""The provider of our own checks; those of other packages look at the module on their own."""
ACTING = (Stage.PUBLISH, Stage.RELEASE)
"""Stages that change something; they are answered as a whole, where there is nothing to change."""
ACTING_QUESTIONS = ("gate:", "module:digest", "policies:", "registry:", "release:")
"""What has to be the same for publish and release to have nothing to do."""
ACTED_UPON = ("registry:", "release:")
"""Those that publish and release change the answers of."""
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
    shared: SharedResults | None = None
    """Those that other machines have sent to a registry, if the settings name one."""
    read: bool = True
    write: bool = True
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _held: dict[str, Found] = field(default_factory=dict)
    """What this run rests on, by check."""
    _audits: int = 0
    """How many checks are run although their kept results hold."""
    _audited: dict[str, Found] = field(default_factory=dict)

    @classmethod
    def of(cls, needs: Needs, note: Callable[[str], object] = len) -> Reuse | None:
        """The kept results of a run's module; None where there can be none: the module has no
        usable slug, or the settings say "off". `note` is told what a registry has that does not
        count."""
        from gates.evidence.keys import Trust, key_id, own_public_key

        module, policy, settings = needs.module.plain, needs.policy.plain_policy, needs.settings
        if not module.slug or settings.reuse == "off":
            return None
        own = own_public_key(settings.key)
        keys = {} if own is None else {key_id(own): own}
        trusted = _trusted(policy, settings, needs.today)
        keys |= trusted.keys
        identities = Identities(settings.state / "identities.json")
        shared = None
        if settings.results:
            from gates.reuse.shared import SharedResults

            shared = SharedResults.of(settings, module.slug, trusted, note)
        return cls(
            Results(settings.cache / "results", module.slug),
            Answers(module, policy, settings, needs.today, identities, needs.catalog_answer),
            Trust(keys),
            settings,
            timedelta(hours=policy.reuse_max_age_hours),
            identities,
            shared=shared,
            read=settings.reuse in ("on", "read"),
            write=settings.reuse in ("on", "fresh") and not settings.keyless,
            _audits=settings.audit_reuse,
        )

    def known(self, check: Planned, needs: Needs) -> CheckResult | None:
        """How a check ends without running it; None where it has to run."""
        if (found := self._answer(check)) is None:
            return None
        needs.kept.append(found.kept.exhibits)
        return found.as_reused()

    def has_to_run(self, check: Planned) -> bool:
        """Whether no kept result answers a check, as far as that is known now."""
        return self._answer(check) is None

    def _answer(self, check: Planned) -> Found | None:
        if not self.read or check.stage in ACTING or check.provider != OWN:
            return None
        found = self.find(check.id)
        if found is not None and self._audits and check.id in self._sample:
            self._audited[check.id] = found
            return None
        return found

    @cached_property
    def _sample(self) -> frozenset[str]:
        """The checks that are audited: picked at random from all whose kept results hold."""
        import random

        held = [each.id for each in all_outlines() if self.find(each.id)]
        return frozenset(random.sample(held, min(self._audits, len(held))))

    def took(self, check: Planned) -> float:
        """How many seconds a check took when it ran last; 0 where that is not known."""
        found = self._together.get(check.id) if self.read else None
        return 0.0 if found is None else found.kept.result.seconds

    def run(
        self, check: Planned, needs: Needs, exhibits: Callable[[Planned], Exhibits]
    ) -> CheckResult:
        """Run a check, and keep its result where that may be reused."""
        if check.stage in ACTING or check.provider != OWN:
            return run_check(check, needs)
        with recording() as trace:
            note("gate:", LATER)
            result = run_check(check, needs)
        found = self._audited.get(check.id)
        if found is not None and (why := found.difference(result)):
            return replace(
                result,
                verdict=Verdict.worst((result.verdict, Verdict.INCONCLUSIVE)),
                reason=why,
                hint="gates run --fresh, and report it: this check asks for more than it says",
            )
        if self.write and result.verdict is not Verdict.INCONCLUSIVE and not result.refused:
            self._keep(trace, result, exhibits(check))
        return result

    def explain(self, check: str) -> list[str]:
        """What stands between a check and its kept result, in lines for people."""
        newest = self.newest(check)
        if newest is None:
            return [f"{check} runs: no result of it is kept for {self.results.module}"]
        made = f"{newest.kept.made:%Y-%m-%d %H:%M} UTC"
        if self.find(check) is not None:
            asked = f"all {len(newest.kept.trace)} answers that it asked for are the same"
            return [f"{check} is answered from its result of {made}: {asked}"]
        changed = self.answers.changed(newest.kept.trace)
        lines = [f"{check} runs; since its result of {made} there changed:"]
        if self.now - newest.kept.made > self.max_age:
            lines.append(f"  its age: more than {self.max_age.total_seconds() / 3600:g} hours")
        return [*lines, *sorted(f"  {in_words(each)}" for each in changed)]

    def find(self, check: str) -> Found | None:
        """The newest kept result of a check that is not too old and still holds."""
        for each in self._every(check):
            age = self.now - each.kept.made
            if -_AHEAD <= age <= self.max_age and self.answers.same(each.kept.trace):
                self._held[check] = each
                return each
        return None

    def _every(self, check: str) -> Iterator[Found]:
        """What is kept here of a check, and then what a registry has of it."""
        if (together := self._together.get(check)) is not None:
            yield together
        yield from self._one_by_one(check)

    @cached_property
    def _together(self) -> Mapping[str, Found]:
        """What the last runs rested on."""
        return self.results.read_together(self.trust)

    def _one_by_one(self, check: str) -> Iterator[Found]:
        yield from self.results.read(check, self.trust)
        if self.shared:
            yield from self.shared.read(check)

    def newest(self, check: str) -> Found | None:
        """The newest kept result of a check, whether it still holds or not."""
        return next(self._one_by_one(check), None)

    def find_stage(self, stage: Stage, before: Sequence[StageResult]) -> StageResult | None:
        """How publish or release ended, if that needs not be done again: every stage before was
        answered from what is kept, and registry and catalog hold what they held then."""
        if stage not in ACTING or not self.read:
            return None
        if [each.stage for each in before] != [*stage.before]:
            return None
        if not all(check.reused for each in before for check in each.checks):
            return None
        found = [self.find(each) for each in (*(one.id for one in outlines(stage)), stage.value)]
        kept = [each for each in found if each is not None]
        if len(kept) < len(found):
            return None
        moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        outputs = kept[-1].kept.exhibits.outputs
        return StageResult(stage, tuple(each.as_reused() for each in kept), 0.0, outputs, moment)

    def keep_stages(self, ended: Sequence[StageResult]) -> None:
        """Keep how publish and release ended, where the whole run passed."""
        from gates.reuse.entry import Exhibits

        if not self.write or [each.stage for each in ended] != [*Stage]:
            return
        if any(each.verdict is not Verdict.PASS for each in ended):
            return
        self.answers.forget(ACTED_UPON)
        trace = dict.fromkeys(ACTING_QUESTIONS, LATER)
        for stage in (each for each in ended if each.stage in ACTING):
            exhibits = Exhibits(outputs=stage.outputs)
            for check in stage.checks:
                if not check.reused and check.provider == OWN:
                    self._keep(trace, check, exhibits)

    def end(self) -> None:
        """Once the run is over: send what was kept, and remember what programs are and on what the
        run rested."""
        if self.write:
            self._keeper.keep_together(self._held, self._together)
        if self.shared:
            self.shared.send()
        self.identities.save()

    def _keep(self, trace: Mapping[str, str], result: CheckResult, exhibits: Exhibits) -> None:
        if (found := self._keeper.keep(trace, result, exhibits)) is not None:
            self._held[result.check] = found

    @cached_property
    def _keeper(self) -> Keeper:
        from gates.reuse.keeper import Keeper

        return Keeper(self.results, self.answers, self.settings, self.now, self.shared)


def _trusted(policy: Policy, settings: Settings, today: date) -> Trust:
    """Keys whose results count beside this installation's: none that was revoked, and none where
    the trust file does not hold."""
    from gates.evidence.keys import Trust

    try:
        trust = Trust.of(policy, settings, today)
    except (CouldNotCheckError, RefusedError):
        return Trust({})
    grants = trust.grants
    keys = {i: key for i, key in trust.keys.items() if grants is None or not grants[i].revoked}
    return Trust(keys, grants=grants)

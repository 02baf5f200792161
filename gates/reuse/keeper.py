"""Signs results and keeps them: each alone as it is made, and together those of a whole run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gates.check import all_outlines
from gates.evidence import envelope
from gates.evidence.keys import key_id, signing_key
from gates.model import CheckResult, Stage
from gates.recorder import LATER, UNREPEATABLE
from gates.records import dataclass
from gates.reuse.entry import Exhibits, Kept, build, build_together
from gates.reuse.questions import Answers
from gates.reuse.store import Found, Results
from gates.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gates.reuse.shared import SharedResults


@dataclass
class Keeper:
    """Keeps the results of one run."""

    results: Results
    answers: Answers
    settings: Settings
    now: datetime
    shared: SharedResults | None = None
    _kept_new: bool = False

    def keep(
        self, trace: Mapping[str, str], result: CheckResult, exhibits: Exhibits
    ) -> Found | None:
        """Keep a result under what its check asked; None where that has no lasting answer."""
        if UNREPEATABLE in trace:
            return None
        asked = {}
        for question, answer in trace.items():
            known = self.answers.answer(question) if answer == LATER else answer
            if known is None:
                return None
            asked[question] = known
        kept = Kept(self.results.module, self.now, asked, result, exhibits)
        signed = envelope.sign(build(kept), self._private)
        if not self._kept_new:  # what is kept now counts from now on, also if this run breaks off
            self._kept_new = True
            self.results.remove_together(signed.key_ids[0])
        self.results.write(kept, signed)
        if self.shared:
            self.shared.add(kept, signed)
        return Found(kept, signed.key_ids[0])

    def keep_together(self, held: Mapping[str, Found], before: Mapping[str, Found]) -> None:
        """Sign what this run rested on, and what checks that it did not ask for rested on before;
        results of other keys stay alone. Nothing is signed where both are the same."""
        if all(before.get(check) == each for check, each in held.items()):
            return
        own = key_id(self._private.public_key())
        known = {each.id for each in all_outlines()} | {Stage.PUBLISH.value, Stage.RELEASE.value}
        found = (held.get(each) or before.get(each) for each in sorted(known))
        kept = [each.kept for each in found if each is not None and each.key == own]
        self.results.write_together(kept, envelope.sign(build_together(kept), self._private))

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        """The key that signs what is kept; read once, and not for each check."""
        return signing_key(self.settings.key)

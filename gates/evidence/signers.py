"""Who may sign, for a check that asks: what it does not ask, its result does not rest on."""

from __future__ import annotations

from collections.abc import Callable

from gates.evidence.keys import Trust
from gates.records import dataclass


@dataclass(frozen=True)
class Signers:
    """Whose signatures count, by the policy."""

    ask: Callable[[], Trust]

    @property
    def trust(self) -> Trust:
        """Their keys and identities. Raises as `Trust.of` does."""
        return self.ask()

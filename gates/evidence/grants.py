"""For what a signature counts: roles of the signer, from when until when, and revocations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from gates.evidence.identity import Claims, mismatches
from gates.model import Stage
from gates.records import dataclass

if TYPE_CHECKING:
    from gates.evidence.keys import Trust

ANCHOR = "anchor"
"""The role of who signs what the heads of the catalog's audit streams are."""
ROLES = (*(each.value for each in Stage), "approval", "status", ANCHOR)
"""What a key may be trusted to sign: the evidence of a stage, an approval, the status of a released
version, or an anchor of the audit trail."""
COMPROMISED = "compromised"
REASONS = ("retired", "superseded", COMPROMISED)
"""Why a key no longer counts: cessationOfOperation, superseded and keyCompromise of RFC 5280,
section 5.3.1. What was signed before stays good, but for the last."""


@dataclass(frozen=True)
class Revocation:
    """That a signer no longer counts."""

    at: datetime
    reason: str
    """One of `REASONS`."""


@dataclass(frozen=True)
class Grant:
    """What one key or identity may sign."""

    roles: frozenset[str]
    since: datetime
    until: datetime
    """The first moment at which it no longer counts."""
    revoked: Revocation | None = None

    def problems(self, role: str, when: datetime | None) -> Iterator[str]:
        """Why a signature made at that time for that role does not count, one clause each.

        None is a time that is not known.
        """
        if role not in self.roles:
            may = ", ".join(sorted(self.roles)) or "nothing"
            yield f"is signed by somebody who may sign {may}, and not {role} [wrong-role]"
        revoked = self.revoked
        if revoked and revoked.reason == COMPROMISED:
            yield (
                "is signed by somebody whose key is compromised, so that nothing it ever signed"
                " counts [compromised-key]"
            )
        elif revoked and (when is None or when >= revoked.at):
            yield (
                f"is signed after the key was revoked on {revoked.at.isoformat()}"
                f" ({revoked.reason}) [revoked-key]"
            )
        if when is None or when >= self.until:
            yield (
                f"is signed after {self.until.isoformat()}, when the key had expired [expired-key]"
            )
        elif when < self.since:
            yield (
                f"is signed before {self.since.isoformat()}, from when on the key counts"
                " [early-key]"
            )


def signer_problems(
    trust: Trust, key_ids: tuple[str, ...], claims: Claims | None, role: str, when: datetime | None
) -> tuple[str, ...]:
    """Why those who signed may not sign for this role at this time, one clause each.

    Signatures are verified elsewhere. Where several trusted identities agree with the claims, it is
    enough that one of them may.
    """
    if trust.grants is None:
        return ()
    if claims is None:
        return tuple(
            why
            for each in key_ids
            for why in (
                trust.grants[each].problems(role, when)
                if each in trust.grants
                else (f"is signed by the unknown key {each[:12]} [unknown-key]",)
            )
        )
    agreed = [each for each in trust.identities if not mismatches(claims, (each,))]
    found = [tuple(trust.grants[each].problems(role, when)) for each in agreed]
    return min(found, key=len, default=mismatches(claims, trust.identities))

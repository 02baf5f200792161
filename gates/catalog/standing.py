"""Whether a released version is still good: what stands against it, and whom that stops. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

WITHDRAWN = ("yank", "roll-back", "quarantine", "revoke")
"""What can stand against a version, the worst last."""
_WORDS = {
    "yank": "yanked",
    "roll-back": "rolled back",
    "quarantine": "in quarantine",
    "revoke": "revoked",
}


class Withdrawable(Protocol):
    """A released version, as far as its standing goes."""

    @property
    def standing(self) -> Sequence[str]:
        """Verbs of the acts that stand against it."""

    @property
    def sunset(self) -> str:
        """The day of its sunset (ISO 8601), where it is deprecated; else ""."""


def is_good(version: Withdrawable) -> bool:
    """Whether nothing stands against it: what others are compared with, and pointed to."""
    return not version.standing


def is_served(version: Withdrawable) -> bool:
    """Whether those who have it or pin it go on; under a quarantine or a revocation nobody does."""
    return not {"quarantine", "revoke"} & set(version.standing)


def is_installed(version: Withdrawable, today: date) -> bool:
    """Whether a tenant who does not have it yet would get it."""
    return is_good(version) and not is_past_sunset(version, today)


def is_past_sunset(version: Withdrawable, today: date) -> bool:
    """Whether it is deprecated, and the day of its sunset is over."""
    return bool(version.sunset) and version.sunset < today.isoformat()


def describe(version: Withdrawable) -> str:
    """In words: "revoked", "yanked and in quarantine", "deprecated, sunset 2027-03-01"; "" for a
    good one."""
    against = set(version.standing)
    said = " and ".join(_WORDS[each] for each in reversed(WITHDRAWN) if each in against)
    if not version.sunset:
        return said
    return f"{said}; " * bool(said) + f"deprecated, sunset {version.sunset}"

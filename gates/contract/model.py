"""The words of a contract difference: a change, and the smallest bump that it allows."""

from __future__ import annotations

from enum import StrEnum

from gates.model import Location
from gates.records import dataclass


class Bump(StrEnum):
    """How far a version must move (SemVer 2.0.0, sections 6 to 8). Ordered; the largest wins."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def rank(self) -> int:
        """Its place in the order, 0 for none."""
        return list(Bump).index(self)


@dataclass(frozen=True)
class Change:
    """One difference between what two versions promise."""

    part: str
    """"settings", "endpoints", "events", "permissions", "jobs", "environment", "compatibility",
    "dependencies", "database", "code"."""
    symbol: str
    """The stable name of what changed, as `breaking[].symbol` accepts it:
    "settings:/properties/limit", "endpoint:GET /api/x/rules", "event:publishes x.opened",
    "permission:x:read", "job:purge", "environment:X_URL", "table:tenant_x_rules",
    "column:tenant_x_rules.limit", "code:register"."""
    bump: Bump
    """The smallest that the change allows, before the rules for 0.x and prereleases."""
    message: str
    """What changed and whom it breaks, in the module author's terms."""
    old: Location | None = None
    """Its place in the old version; None where it was not there."""
    new: Location | None = None
    """Its place in the new version; where it is gone, what removes it, else None."""
    example: str | None = None
    """A counter-example that shows the break: a settings document, a call, a statement."""
    proved: bool = True
    """False: no counter-example was found and none was ruled out ("could not show"); such a change
    asks for `Bump.MINOR` at most."""
    gone: bool = False
    """It is gone although `new` is a place: that of the statement which removes it."""

    @property
    def kind(self) -> str:
        """ "added", "removed" or "changed"."""
        if self.gone or self.new is None:
            return "removed"
        return "added" if self.old is None else "changed"


def largest(changes: list[Change] | tuple[Change, ...]) -> Bump:
    """The bump that all the changes together ask for."""
    return max((each.bump for each in changes), key=lambda bump: bump.rank, default=Bump.NONE)

"""The life cycle of a module (platform standard, section 7): which step may follow which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from gates.settings import MATURITIES

__all__ = ["FIRST", "MATURITIES", "NEEDS_APPROVAL", "maturity_refusal", "soak_refusal"]

FIRST = ("IN_DEVELOPMENT", "ALPHA", "BETA", "RC", "GA")
"""What a first version may be: PLANNED has no code yet, and the last three look back."""


NEEDS_APPROVAL = ("ALPHA", "BETA")
"""What a module may be offered as only with an approval."""


def maturity_refusal(before: str | None, after: str) -> str | None:
    """Why a version may not have the maturity `after`, or None.

    `before` is the module's maturity in the catalog, None for a module that is not in it. A version
    keeps the maturity or takes the next step; of a RETIRED module there is no version any more.
    """
    if after not in MATURITIES:
        return f"{after!r} is no maturity; known are {', '.join(MATURITIES)}"
    if before is None:
        if after in FIRST:
            return None
        return f"a first version cannot be {after}; it is one of {', '.join(FIRST)}"
    if before == "RETIRED":
        return "the module is RETIRED; no version of it can be released any more"
    step = MATURITIES.index(before)
    allowed = MATURITIES[step : step + 2]
    if after in allowed:
        return None
    return f"{after} does not follow {before}; a next version is {' or '.join(allowed)}"


def soak_refusal(
    before: str | None,
    after: str,
    stood: Iterable[tuple[str, datetime]],
    hours: Mapping[str, float],
    now: datetime,
) -> str | None:
    """Why a module may not take the step to the maturity `after` yet, or None.

    `before` is its maturity in the catalog, `stood` the maturity and the time of release of each
    version that nothing stands against; `hours` is the policy's, by maturity. A module that stands
    there already has waited.
    """
    wait = hours.get(after, 0.0)
    if not wait or after not in MATURITIES or before == after:
        return None
    step = MATURITIES[max(MATURITIES.index(after) - 1, 0)]
    since = min((time for maturity, time in stood if maturity == step), default=None)
    if since is None:
        return (
            f"{after} asks for {wait:g} hours as {step}, and no good version stands in the catalog"
            f" as {step} [not-soaked]"
        )
    ready = since + timedelta(hours=wait)
    if now < ready:
        return (
            f"{after} asks for {wait:g} hours as {step}, which are over on"
            f" {ready.isoformat(timespec='minutes')} [not-soaked]"
        )
    return None

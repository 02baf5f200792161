"""The life cycle of a module (platform standard, section 7): which step may follow which."""

from __future__ import annotations

from gates.settings import MATURITIES

__all__ = ["FIRST", "MATURITIES", "NEEDS_APPROVAL", "maturity_refusal"]

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

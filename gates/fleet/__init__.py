"""Many modules at once: which they are, where each is run, and what came of all together."""

REGRESSED, FIXED, PASSING, FAILING, SPURIOUS, UNKNOWN = STATES = (
    "regressed", "fixed", "passing", "always failing", "spurious", "cannot tell",
)  # fmt: skip
"""How a module stands that depends on a candidate; the first counts against the candidate."""

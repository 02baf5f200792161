"""Causes before consequences: where a module is not found, much is found for that reason. Pure.

What the type checkers call it is the source: codes of tsc's diagnostics and of mypy's errors, and
rules of typescript-eslint that speak of `any`, the type of all that an unknown module has.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from gates.records import dataclass

NOT_FOUND = frozenset({
    "TS2307", "TS2792", "TS7016", "TS2688", "TS2580", "TS2591",
    "import", "import-not-found", "import-untyped",
})  # fmt: skip
"""Rules that say that a module, or its types, cannot be found."""
OF_ANY = frozenset({
    "TS7006", "TS7031", "no-any-unimported", "no-any-return", "untyped-decorator",
    "@typescript-eslint/no-redundant-type-constituents",
})  # fmt: skip
"""Rules that object to a type that is not known."""
UNSAFE = "@typescript-eslint/no-unsafe-"
CHECKS_OF_ANY = frozenset({"public-any", "errors-thrown"})
"""Checks of this package that ask what type a value has."""


class Standing(IntEnum):
    """Where a finding stands among those of a run; the first come first."""

    CAUSE = 0
    OTHER = 1
    FOLLOWS = 2
    """It may be gone once the cause is, or says the cause again for another place."""


@dataclass(frozen=True)
class Told:
    """What a finding says, as far as that matters here."""

    scope: str
    """The module that it is of: only there does anything follow from it."""
    check: str
    rule: str
    message: str


def standings(found: Iterable[Told]) -> list[Standing]:
    """How each finding stands to the others, in their order. Without a cause nothing follows."""
    listed = list(found)
    scopes = {each.scope for each in listed if each.rule in NOT_FOUND}
    said: set[tuple[str, str]] = set()
    standing = []
    for each in listed:
        if each.rule in NOT_FOUND:
            again = (each.scope, each.message) in said
            said.add((each.scope, each.message))
            standing.append(Standing.FOLLOWS if again else Standing.CAUSE)
        else:
            follows = each.scope in scopes and of_any(each)
            standing.append(Standing.FOLLOWS if follows else Standing.OTHER)
    return standing


def of_any(told: Told) -> bool:
    """Whether it may follow from a module that is not found, where there is one."""
    if told.rule.startswith(UNSAFE) or told.rule in OF_ANY or told.check in CHECKS_OF_ANY:
        return True
    return told.rule == "misc" and 'has type "Any"' in told.message

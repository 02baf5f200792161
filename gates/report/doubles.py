"""One fault that two checks report at one place. Pure.

Both stay in results, evidence and the formats for machines, where the later one names the earlier;
people read it once, with a line that says which rule has found it, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from gates.model import Finding

_FAULTS: Mapping[str, frozenset[str]] = {
    "logging": frozenset({"platform-logger", "T201", "T203", "no-console"}),
    "error": frozenset({
        "errors-thrown", "B011", "B101", "@typescript-eslint/only-throw-error",
        "@typescript-eslint/prefer-promise-reject-errors",
    }),
    "any": frozenset({"public-any", "ANN401", "@typescript-eslint/no-explicit-any"}),
    "implied any": frozenset({
        "public-any", "ANN001", "ANN201", "no-untyped-def", "TS7006", "TS7031",
        "@typescript-eslint/explicit-module-boundary-types",
    }),
    "capability": frozenset({
        "capabilities", "B102", "B307", "B403", "B404", "B602", "B603", "B605", "B606", "B607",
        "no-eval", "no-new-func", "@typescript-eslint/no-implied-eval",
        "security/detect-eval-with-expression", "security/detect-child-process",
        "security/detect-non-literal-require",
    }),
    "command": frozenset({"command-injection", "security/detect-child-process"}),
    "path": frozenset({"path-traversal", "security/detect-non-literal-fs-filename"}),
    "request": frozenset({"request-forgery", "B310"}),
    "name": frozenset({"F821", "name-defined"}),
}  # fmt: skip
"""What rules of different programs, and checks of ours, have in common."""


class Places:
    """The findings that were told so far."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, int, str], Finding] = {}

    def add(self, finding: Finding) -> Finding | None:
        """Note a finding; the earlier one of another check that is about the same fault, or None.

        Both are on one line of one file, and the table above says that their rules are about one
        thing.
        """
        where, rule = finding.location, finding.rule or finding.check
        if not where.path or not where.line:
            return None
        kinds = [kind for kind, rules in _FAULTS.items() if rule in rules]
        places = [(where.path, where.line, kind) for kind in kinds]
        known = (self._told.get(each) for each in places)
        first = next((each for each in known if each and each.check != finding.check), None)
        for each in places:
            self._told.setdefault(each, first or finding)
        return first

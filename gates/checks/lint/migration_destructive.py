"""What new migrations take away from an earlier version is named."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Previous
from gates.check import check
from gates.database.parsing.statements import scripts_of, statements_of
from gates.database.rules.destructive import destructive
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.LINT)
def migration_destructive(module: Module, previous: Previous) -> Iterator[Finding]:
    """What new migrations take away from an earlier version is named.

    Why: whoever uses the module reads its columns, enum values and policies. A change that takes
        one away is a new major version, and its author should see it before a reviewer does. What
        the versions really have, and the step that they need, is compared by `required-bump`.
    Bad: ALTER TABLE .. DROP COLUMN title in version 1.2.0; a new NOT NULL column without default
    Good: the same in version 2.0.0; DROP POLICY IF EXISTS before CREATE POLICY of the same name; a
        wider type; changes of tables that no version has had yet
    Fix: keep the column and stop using it, or make the next major version.
    """
    if not previous.known:
        return
    released = {each.path for each in previous.migrations}
    scripts = scripts_of(module, rollbacks=False)
    new = [each for script in scripts if script.path not in released
           for each in statements_of(script)]  # fmt: skip
    old = [each for script in scripts if script.path in released for each in statements_of(script)]
    major = module.version.partition(".")[0] == previous.version.partition(".")[0]
    for each in destructive(new, old):
        yield migration_destructive.finding(
            f"this {each.what}, which needs a {each.bump} version",
            each.inner.at(each.node),
            level=Level.WARNING if major else Level.NOTE,
            fix="keep what others use, or give the module the next major version",
        )

"""Every migration has one rollback, and every rollback a migration."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.module.migrations import layout


@check(Stage.LINT_MANIFEST)
def rollback_present(module: Module) -> Iterator[Finding]:
    """Every migration has one rollback, and every rollback a migration.

    Why: a version can be rolled back for hours after its release, but only where every step has a
        way back that was written while its author knew what it did.
    Bad: migrations/001_add_idx.sql without rollback; two rollbacks of number 001; an empty one
    Good: migrations/rollback/001_add_idx.sql, or migrations/rollback_001.sql, or
        migrations/001_add_idx.down.sql
    Fix: add migrations/rollback/NNN_name.sql that undoes exactly what the migration does.
    """
    found = layout(module.files)
    numbers = {number for number, _, _ in found.steps}
    for number, name, path in found.steps:
        ways = found.rollbacks.get(number, ())
        if not ways:
            digits = path.removeprefix("migrations/").partition("_")[0]
            yield rollback_present.finding(
                f"{path} has no rollback",
                path,
                fix=f"add migrations/rollback/{digits}_{name}.sql that undoes it",
            )
            continue
        for more in ways[1:]:
            message = f"{path} has two rollbacks, {ways[0]} and {more}"
            yield rollback_present.finding(message, more, fix="keep one of the two")
        file = module.files[ways[0]]
        if file.data is not None and not file.data.strip():
            fix = "write the statements that undo the migration"
            yield rollback_present.finding(f"the rollback {ways[0]} is empty", ways[0], fix=fix)
    for number, paths in sorted(found.rollbacks.items()):
        if number not in numbers:
            for path in paths:
                message = f"{path} rolls back number {number:03d}, which is no migration"
                yield rollback_present.finding(message, path, fix=f"git rm {quote(path)}")

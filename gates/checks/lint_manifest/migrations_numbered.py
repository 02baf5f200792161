"""Migrations are numbered from 000, without gap and without repeat."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.module.migrations import layout


@check(Stage.LINT_MANIFEST)
def migrations_numbered(module: Module) -> Iterator[Finding]:
    """Migrations are numbered from 000, without gap and without repeat.

    Why: the number is the order. Two files of one number run in another order on another machine;
        a gap is a file that somebody forgot to commit.
    Bad: migrations/000_init.sql, migrations/002_more.sql; two files 001_*; migrations/1_x.sql
    Good: migrations/000_init.sql, migrations/001_add_idx.sql, migrations/002_more.sql
    Fix: rename the files of this version so that the numbers run 000, 001, 002. Files of a
        released version never change their names.
    """
    found = layout(module.files)
    for path in found.unrecognised:
        yield migrations_numbered.finding(
            f"{path} has a name that the standard does not know",
            path,
            fix="name it migrations/NNN_name.sql, migrations/rollback/NNN_name.sql, or "
            "migrations/hooks/pre_upgrade.sql or post_upgrade.sql",
        )
    expected = 0
    before: str | None = None
    for number, _, path in found.steps:
        digits = path.removeprefix("migrations/").partition("_")[0]
        if len(digits) < 3:
            message = f"the number {digits} has fewer than three digits"
            renamed = f"migrations/{number:03d}_{path.partition('_')[2]}"
            fix = f"git mv {quote(path)} {quote(renamed)}"
            yield migrations_numbered.finding(message, path, fix=fix)
        if before is not None and number == expected - 1:
            yield migrations_numbered.finding(
                f"the number {digits} is also that of {before}",
                path,
                fix=f"give one of the two the next number, {found.steps[-1][0] + 1:03d}",
            )
        elif number != expected:
            after = f"follows {before}" if before else "is the first"
            yield migrations_numbered.finding(
                f"{path} {after}, but number {expected:03d} is missing",
                path,
                fix=f"add migration {expected:03d}, or rename this one",
            )
        expected = number + 1
        before = path

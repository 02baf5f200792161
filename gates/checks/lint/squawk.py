"""squawk, for locks that would stop the platform."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Previous
from gates.check import check
from gates.database.rules import squawk as locks
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def squawk(module: Module, tools: Tools, previous: Previous) -> Iterator[Finding]:
    """squawk, for locks that would stop the platform.

    squawk is told whether a file runs in one transaction, and its findings about tables that this
    version makes are dropped, since nobody waits for those; so is CREATE INDEX ON ONLY a
    partitioned table, which reads no row. Its rules about style are off, its advice about IF NOT
    EXISTS, which migrations-idempotent proves, and about timeouts, which the platform sets. A
    comment "squawk-ignore" and a configuration file in the module have no effect.

    Why: CREATE INDEX on a table with rows stops every write to it until it is done; an ALTER TABLE
        that rewrites the table stops reads too.
    Bad: CREATE INDEX on a table of an earlier version; ADD COLUMN x integer NOT NULL
    Good: DROP INDEX CONCURRENTLY IF EXISTS x and CREATE INDEX CONCURRENTLY x in a file of their own
        (with IF NOT EXISTS instead, an interrupted index stays: migrations-resume); ADD COLUMN with
        a constant DEFAULT; ADD CONSTRAINT .. NOT VALID and VALIDATE CONSTRAINT later; for a
        partitioned table CREATE INDEX x ON ONLY t, each partition's index CONCURRENTLY in files of
        their own, then ALTER INDEX x ATTACH PARTITION
    Fix: split the statement as the finding says.
    """
    released = (
        frozenset(each.path for each in previous.migrations) if previous.known else frozenset()
    )
    for problem in locks.run(tools, module, released):
        if problem.rule == "syntax-error":
            raise CouldNotCheckError(
                f"squawk does not understand {problem.location}, which PostgreSQL's parser accepts:"
                f" {problem.message}",
                hint="write the statement in a plainer form, or update squawk-cli",
            )
        level = Level.WARNING if problem.rule not in locks.BLOCKING else Level.ERROR
        yield squawk.finding(
            problem.message, problem.location, level=level, fix=problem.fix, rule=problem.rule
        )

"""A SQL file does the same on every server."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database.parsing.statements import scripts_of, statements_of
from gates.database.rules.environment import asked
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.LINT)
def migration_independent(module: Module) -> Iterator[Finding]:
    """A SQL file does the same on every server.

    Why: what was proven holds only where the same statements run. A migration, policy or function
        that asks for the database's name, who is logged in, or what the server is doing, and then
        decides, may do one thing in the proof and another on the platform.
    Bad: IF current_database() = 'axon' THEN ..; USING (session_user = 'app'); SELECT FROM
        pg_stat_activity; current_setting('application_name')
    Good: asking pg_catalog about the module's own tables; pg_available_extensions; a trigger that
        writes current_user down; current_user = 'service_role'
    Fix: decide by the module's own tables and settings. A test of server_version_num is allowed
        and noted: every version that the platform runs must be proven.
    """
    said = set()
    for script in scripts_of(module):
        for inner in statements_of(script):
            if inner.part:
                continue
            for each in asked(inner):
                where = inner.at(each.node)
                if (each.what, where) in said:
                    continue
                said.add((each.what, where))
                if each.only_version:
                    yield migration_independent.finding(
                        f"this depends on the server's version: {each.what}",
                        where,
                        level=Level.NOTE,
                        fix="prove the module on every version that the platform runs",
                    )
                else:
                    yield migration_independent.finding(
                        f"this depends on where it runs: {each.what}",
                        where,
                        fix="decide by the module's own tables, or by nothing",
                    )

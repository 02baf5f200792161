"""No SQL file holds a statement that is not a module's to make."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database.forbidden import forbidden
from gates.database.nested import scripts_of, statements_of
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def migration_forbidden(module: Module) -> Iterator[Finding]:
    """No SQL file holds a statement that is not a module's to make.

    Why: roles, databases, server settings and files belong to the platform, and switching row
        security off, even for a moment, opens every tenant's rows. A function with its owner's
        rights and no fixed search_path runs whatever a caller puts first on the path.
    Bad: DROP DATABASE, ALTER SYSTEM, COPY .. PROGRAM, CREATE ROLE, SET ROLE, DISABLE ROW LEVEL
        SECURITY, SECURITY DEFINER without SET search_path; the same in a DO block, a function, or
        an EXECUTE of a written text
    Good: statements about the module's own tables; SECURITY DEFINER SET search_path = ''
    Fix: remove the statement, or do what the finding says instead.
    """
    for script in scripts_of(module):
        for inner in statements_of(script):
            for what, instead, node in forbidden(inner.statement.kind, inner.statement.node):
                yield migration_forbidden.finding(
                    f"{what} is not allowed", inner.at(node), fix=instead
                )

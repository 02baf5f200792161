"""No SQL file holds a statement that is not a module's to make."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database.parsing.statements import scripts_of, statements_of
from gates.database.rules.violations import violations
from gates.model import Finding, Stage
from gates.module import Module
from gates.settings import Policy


@check(Stage.LINT)
def migration_forbidden(module: Module, policy: Policy) -> Iterator[Finding]:
    """No SQL file holds a statement that is not a module's to make.

    Why: roles, databases, server settings and files belong to the platform, and switching row
        security off, even for a moment, opens every tenant's rows. A function with its owner's
        rights and no fixed search_path runs whatever a caller puts first on the path. Tenants share
        the connections of a pool: what a function leaves in its session (a cursor, a setting, a
        prepared statement, a lock), the next tenant finds there.
    Bad: DROP DATABASE, ALTER SYSTEM, COPY .. PROGRAM, CREATE ROLE, SET ROLE, CREATE RULE, DROP
        EXTENSION (also in a rollback), GRANT .. ON ALL TABLES IN SCHEMA, DISABLE TRIGGER, a new
        tenant_id for a row that has one, DISABLE ROW LEVEL
        SECURITY, SECURITY DEFINER without SET search_path, pg_read_file(), setting
        request.jwt.claims, pg_notify() of a row, EXCEPTION WHEN query_canceled, an aggregate of a
        SECURITY DEFINER function, a function of one's own called format or auth.jwt; in a
        function SET without LOCAL, PREPARE, DECLARE CURSOR, LISTEN, DISCARD, LOCK TABLE, lastval(),
        an advisory lock of the session or of a key without the tenant; the same in a
        DO block, a function, or an EXECUTE of a text that is written out, also in pieces
    Good: statements about the module's own tables; SECURITY DEFINER SET search_path = '';
        pg_advisory_xact_lock(hashtextextended('orders:' || (auth.jwt() ->> 'tenant_id'), 0));
        pg_notify('notes', NEW.id::text), as every session may listen
    Fix: remove the statement, or do what the finding says instead.
    """
    inside = [inner for script in scripts_of(module) for inner in statements_of(script)]
    for what, instead, where in violations(inside, policy.extensions, policy.session.tenant):
        yield migration_forbidden.finding(f"{what} is not allowed", where, fix=instead)

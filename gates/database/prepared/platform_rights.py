"""What the platform does for a module before its migrations run: rights of the role that migrates,
default privileges that hold for what that role makes, and extensions, which only a superuser makes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from gates.database.parsing.script import option
from gates.database.parsing.statements import scripts_of, statements_of
from gates.database.server.driver import psycopg_modules
from gates.errors import CouldNotCheckError
from gates.module import Module

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_DEFAULTS = """
    WITH given AS (
        SELECT d.defaclobjtype AS kind, d.defaclnamespace AS schema, d.defaclrole AS role, g.*
        FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) g
        WHERE d.defaclrole <> %(owner)s::regrole AND g.grantee <> d.defaclrole
            AND (d.defaclnamespace = 0
                OR has_schema_privilege(%(owner)s, d.defaclnamespace, 'CREATE')))
    SELECT kind::text, coalesce(quote_ident(n.nspname), ''), g.privilege_type,
        coalesce(quote_ident(r.rolname), 'PUBLIC'), bool_or(g.is_grantable)
    FROM given g LEFT JOIN pg_namespace n ON n.oid = g.schema
        LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE g.grantee = 0 OR r.oid IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
_TAKEN = """
    SELECT d.defaclobjtype::text FROM pg_default_acl d
    WHERE d.defaclnamespace = 0 AND d.defaclobjtype IN ('f', 'T')
        AND d.defaclrole <> %(owner)s::regrole
    GROUP BY 1 HAVING bool_and(NOT EXISTS (
        SELECT FROM aclexplode(d.defaclacl) g WHERE g.grantee = 0)) ORDER BY 1"""
"""Kinds of objects that PUBLIC may use by PostgreSQL's own default, and not by the platform's."""
_KINDS = {
    "r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS",
    "L": "LARGE OBJECTS",
}  # fmt: skip


def let_owner_in(connection: Session, owner: str) -> None:
    """Give the migrations' role what it needs of the platform, and no more: to make objects, refer
    to the platform's tables, and write audit rows in a trigger's name. What the platform grants on
    new objects by default, whoever makes them there, it grants on this role's.

    Raises `CouldNotCheckError` where the platform has no audit_logs.
    """
    for statement in (
        f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        f"GRANT SELECT, REFERENCES ON ALL TABLES IN SCHEMA public TO {owner}",
        f"GRANT INSERT ON public.audit_logs TO {owner}",
    ):
        try:
            connection.execute(statement)
        except psycopg_modules().errors.UndefinedTable as error:
            raise CouldNotCheckError(
                "the platform baseline has no table public.audit_logs, which triggers write",
                hint="add it to database.baseline in gates-policy.toml",
            ) from error
    for statement in list(_default_privileges(connection, owner)):
        connection.execute(statement)


def _default_privileges(connection: Session, owner: str) -> Iterator[str]:
    """Statements that give the default privileges of all other roles to what `owner` makes: on the
    platform, one of them runs the migrations, and which one is not in a schema dump."""
    change = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner}"
    for (kind,) in connection.execute(_TAKEN, {"owner": owner}).fetchall():
        yield f"{change} REVOKE ALL ON {_KINDS[kind]} FROM PUBLIC"
    for kind, schema, privilege, grantee, grantable in connection.execute(
        _DEFAULTS, {"owner": owner}
    ).fetchall():
        inside = f" IN SCHEMA {schema}" if schema else ""
        passed_on = " WITH GRANT OPTION" if grantable and grantee != "PUBLIC" else ""
        yield f"{change}{inside} GRANT {privilege} ON {_KINDS[kind]} TO {grantee}{passed_on}"


def extensions_of(module: Module, allowed: Collection[str] | None = None) -> dict[str, str]:
    """The allowed extensions that a module's SQL asks for, each with the schema that it names first
    ("" where it names none); all of them where no list is given."""
    found: dict[str, str] = {}
    for script in scripts_of(module):
        for inner in statements_of(script):
            node = inner.statement.node
            name = node.get("extname")
            asks = inner.statement.kind == "CreateExtensionStmt"
            if asks and (allowed is None or name in allowed):
                schema = (option(node, "schema") or {}).get("String", {}).get("sval", "")
                found.setdefault(str(name), str(schema))
    return found


def create_extensions(connection: Session, wanted: dict[str, str]) -> None:
    """Make the extensions that a module may ask for. One that the server does not have, or that
    this session may not make, is left to the migration, which then says why it cannot."""
    from psycopg import sql

    for name, schema in wanted.items():
        inside = sql.SQL(" SCHEMA {}").format(sql.Identifier(schema or "public"))
        statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}{} CASCADE")
        with contextlib.suppress(psycopg_modules().Error):
            connection.execute(statement.format(sql.Identifier(name), inside))

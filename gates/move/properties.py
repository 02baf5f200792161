"""What a dump of a database leaves out, since it is the database's own: who compares its texts,
grants on it, its comment and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.move.place import StepFailedError, identifier, literal
from gates.move.state import State

if TYPE_CHECKING:
    import psycopg

_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
"""PostgreSQL's words for `pg_database.datlocprovider`."""


def locale_clause(provider: str = "", locale: str = "", rules: str = "") -> str:
    """Who compares texts, as CREATE DATABASE takes it; nothing before PostgreSQL 15, which has one
    provider."""
    if not provider:
        return ""
    name = _PROVIDERS.get(provider)
    if name is None:
        raise StepFailedError(f"the provider of locales {provider} is not known here")
    shown = f" LOCALE_PROVIDER {name}"
    if name != "libc":
        shown += f" {name.upper()}_LOCALE {literal(locale)}"
    return shown + (f" ICU_RULES {literal(rules)}" if rules else "")


def restore_properties(
    connection: psycopg.Connection[tuple[Any, ...]], name: str, state: State
) -> None:
    """Grants, comment and settings of the database itself: pg_dump leaves them out."""
    shown = identifier(name)
    grants, comment = state.database[4], state.database[5]
    if grants:
        # Entries such as "reader=c/owner" (acl.h): whoever is named there has exactly these.
        connection.execute(f"REVOKE ALL ON DATABASE {shown} FROM PUBLIC".encode())
        rows = connection.execute(
            "SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee))"
            " END, privilege_type, is_grantable FROM aclexplode(%s::aclitem[])",
            (grants,),
        ).fetchall()
        for grantee, privilege, grantable in rows:
            more = " WITH GRANT OPTION" if grantable else ""
            connection.execute(f"GRANT {privilege} ON DATABASE {shown} TO {grantee}{more}".encode())
    if comment:
        connection.execute(f"COMMENT ON DATABASE {shown} IS {literal(comment)}".encode())
    for role, settings in state.settings:
        listed = connection.execute("SELECT unnest(%s::text[])", (settings,)).fetchall()
        for (each,) in listed:
            key, _, value = each.partition("=")
            who = f"ROLE {identifier(role)} IN DATABASE {shown}" if role else f"DATABASE {shown}"
            connection.execute(f"ALTER {who} SET {key} TO {_setting(key, value)}".encode())


def _setting(key: str, value: str) -> str:
    """A setting's value as ALTER takes it: lists of names are lists, all else is one text."""
    if key in ("search_path", "DateStyle", "temp_tablespaces") or key.endswith(
        "_preload_libraries"
    ):
        return value
    return literal(value)

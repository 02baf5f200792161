"""Migrations make only tables with the module's prefix, and touch no other module's tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gates.check import check
from gates.database.parsing.relations import created_tables, touched
from gates.database.parsing.statements import UNKNOWN, Inner, scripts_of, statements_of
from gates.database.rules.taken_over import taken_over
from gates.model import Finding, Location, Stage
from gates.module import Module

CATALOG_NAMES = frozenset({"tenant_modules", "tenant_module_settings", "module_usage_logs"})
"""The platform's own tables that do not begin with core_ (section 7 of the standard)."""


@check(Stage.LINT)
def migration_names(module: Module) -> Iterator[Finding]:
    """Migrations make only tables with the module's prefix, and touch no other module's tables.

    Why: all modules live in one database. A table without the prefix takes a name from another
        module; a foreign key or an UPDATE into another module's table breaks when that module is
        upgraded or switched off.
    Bad: CREATE TABLE alerts; REFERENCES tenant_billing_invoices; UPDATE core_modules; the same in
        a DO block or a function; a loop over all tables of pg_class that alters each of them
    Good: CREATE TABLE tenant_alert_engine_alerts for the slug alert-engine; in a hook, ALTER TABLE
        tenant_alerts RENAME TO tenant_alert_engine_alerts, which no module of the catalog claims
    Fix: rename the table with its prefix; reach another module through its API and not its tables.
    """
    if not module.slug:
        return
    prefix, hooks = module.table_prefix, frozenset(module.hooks.values())
    inside = [inner for script in scripts_of(module) for inner in statements_of(script)]
    made: dict[str, Location] = {}
    for inner in inside:
        for name, node in created_tables(inner.statement.kind, inner.statement.node):
            made.setdefault(name, inner.at(node))
    for name, where in made.items():
        if not _fits(name, prefix):
            shown = name.replace(UNKNOWN, "..")
            yield migration_names.finding(
                f"the table {shown} does not begin with {prefix}",
                where,
                fix=f"name it {prefix}{shown.removeprefix('tenant_')}",
            )
    older = taken_over(module)
    for inner in inside:
        own = {*made, *older} if inner.script.path in hooks else made
        yield from _of_statement(inner, prefix, own)


def _of_statement(inner: Inner, prefix: str, made: Collection[str]) -> Iterator[Finding]:
    """Tables that a statement touches, and that the module does not make itself."""
    seen = set()
    for schema, name, node in touched(inner.statement.node):
        ours = name in made and not is_platforms(name)
        if ours or name in seen or schema not in {"", "public"}:
            continue
        seen.add(name)
        if _any_table(inner, name, prefix):
            yield migration_names.finding(
                "this EXECUTE reaches tables whose names only a run knows",
                inner.at(node),
                fix=f"let the query of the loop give names that begin with {prefix} alone",
            )
            continue
        shown = name.replace(UNKNOWN, "..")
        if is_platforms(name):
            message = f"{shown} is a table of the platform's catalog"
            fix = "leave the catalog to the platform: register(), its API and the release write it"
        elif name.startswith("tenant_") and not _fits(name, prefix):
            message = f"{shown} belongs to another module"
            fix = "use the other module's API or events, and name it in dependencies"
        else:
            continue
        yield migration_names.finding(message, inner.at(node), fix=fix)


def is_platforms(name: str) -> bool:
    """Whether a table is one of the platform's catalog."""
    return name.startswith("core_") or name in CATALOG_NAMES


def _any_table(inner: Inner, name: str, prefix: str) -> bool:
    """Whether a statement of a DO block changes a table whose name nothing limits."""
    if name != UNKNOWN or not inner.dynamic or not inner.at_once or inner.outer is None:
        return False
    reads = inner.statement.kind == "SelectStmt"
    return not reads and prefix not in inner.outer.text.replace("\\", "")


def _fits(name: str, prefix: str) -> bool:
    """Whether a name has the prefix; of a name that only a run knows, whether it still may."""
    known, unknown, _ = name.partition(UNKNOWN)
    if unknown and len(known) <= len(prefix):
        return prefix.startswith(known)
    return name.startswith(prefix) and name != prefix

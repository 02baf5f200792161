"""Functions, views, types and schemas of a module begin with its name."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.locate import place_of
from gates.model import Finding, Stage
from gates.module import Module

KINDS = (
    "schema", "function", "aggregate", "view", "sequence", "type", "collation", "statistics",
    "text search configuration", "text search dictionary",
)  # fmt: skip


@check(Stage.TEST)
def objects_prefixed(module: Module, database: Database) -> Iterator[Finding]:
    """Functions, views, types and schemas of a module begin with its name.

    Why: all modules live in one database and are migrated by one role. CREATE OR REPLACE FUNCTION
        set_updated_at() in two modules is one function, and the later module changes the triggers
        of the earlier one for all its tenants. A function called like one of PostgreSQL's own, or a
        schema called like a role, takes the place of what others call.
    Bad: CREATE FUNCTION set_updated_at(); CREATE TYPE status; CREATE SCHEMA tenant_app_role
    Good: for the slug alert-engine: alert_engine_set_updated_at(), tenant_alert_engine_open (a
        view), or anything in a schema alert_engine
    Fix: rename it with the module's name in front. Tables are looked at by migration-names.
    """
    if not database.scripts:
        database.record("names of objects", 0, detail="the module has no migrations")
        return
    own = module.slug.replace("-", "_")
    before, after = database.in_use.states[0].objects, database.in_use.snapshot.objects
    new = [key for key in after if key not in before]
    with database.proof("names of objects", len(new), "objects"):
        taken = _of_postgresql(database, [_bare(each) for each in new])
        found = [
            each
            for each in new
            if not _fits(each, own, after[each].get("owned_by"))
            or (_split(each)[0] in {"function", "aggregate", "type"} and _bare(each) in taken)
        ]
    for key in found:
        kind, name = _split(key)
        bare = _bare(key)
        yield objects_prefixed.finding(
            f"the {kind} {name} does not begin with {own}_ or {module.table_prefix}",
            place_of(module, bare, key),
            fix=f"name it {own}_{bare.removeprefix('tenant_')}",
        )


def _of_postgresql(database: Database, names: list[str]) -> frozenset[str]:
    """Those of some names that functions and types of PostgreSQL's own have: one of the module's,
    in whatever schema, may be taken for them where its arguments fit better."""
    with database.clone("in use") as clone, clone.connect() as admin:
        rows = admin.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
            " AND proname = ANY (%(n)s::text[]) UNION SELECT typname FROM pg_type"
            " WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = ANY (%(n)s::text[])",
            {"n": names},
        )
        return frozenset(name for (name,) in rows)


def _bare(key: str) -> str:
    return _split(key)[1].rpartition(".")[2].strip('"')


def _split(key: str) -> tuple[str, str]:
    """Kind and name; "" and "" for what is no object of its own."""
    kind = next((each for each in KINDS if key.startswith(f"{each} ")), "")
    return kind, key.removeprefix(f"{kind} ").partition("(")[0] if kind else ""


def _fits(key: str, own: str, owned_by: str | None) -> bool:
    kind, name = _split(key)
    if not kind or owned_by:
        return True  # a sequence of a column goes by its table's name
    schema, _, bare = name.rpartition(".")
    begins = (f"{own}_", f"tenant_{own}_")
    if kind == "schema":
        return bare.strip('"') == own or bare.strip('"').startswith(begins)
    inside = schema.strip('"')
    return inside == own or inside.startswith(begins) or bare.strip('"').startswith(begins)

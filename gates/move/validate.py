"""Whether the new world is the old one: asked again, in other ways than it was made.

Every problem is found before any is raised, and each is a sentence with its number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.move.backup import read_backup
from gates.move.place import Deadline, Place, StepFailedError
from gates.move.state import new_key, rows_of
from gates.move.transfer import OLD_TABLES

if TYPE_CHECKING:
    import psycopg

SAMPLE = 5
"""Tenants whose view is compared: those with the most modules, and as many others."""
_COUNTS = (
    ("rows of tenant_modules that no account moved, or with another state or version",
     "SELECT count(*) FROM public.tenant_modules AS t FULL JOIN (SELECT * FROM gates_move.accounts"
     " WHERE old_table = 'organization_modules' AND outcome = 'moved') AS a"
     " ON (a.tenant_id, a.module_slug) = (t.tenant_id, t.module_slug)"
     " WHERE (t.state, t.module_version) IS DISTINCT FROM (a.state, a.version_to)"),
    ("modules that were active, of an organisation that is there, and are not ENABLED",
     "SELECT count(*) FROM (SELECT DISTINCT o.organization_id AS tenant,"
     " gates_move.slug(o.module_slug) AS slug FROM public.organization_modules AS o"
     " JOIN public.organizations AS g ON g.id = o.organization_id"
     " JOIN gates_move.offered AS f ON f.slug = gates_move.slug(o.module_slug)"
     " WHERE lower(btrim(o.status)) = 'active') AS was"
     " FULL JOIN (SELECT tenant_id, module_slug FROM public.tenant_modules"
     " WHERE state = 'ENABLED') AS t ON (t.tenant_id, t.module_slug) = (was.tenant, was.slug)"
     " WHERE t.tenant_id IS NULL OR was.tenant IS NULL"),
    ("settings that were moved and are not what they were",
     "SELECT count(*) FROM gates_move.accounts AS a JOIN public.tenant_module_configs AS c"
     " ON c.id::text = a.old_id LEFT JOIN public.tenant_module_settings AS s"
     " ON (s.tenant_id, s.module_slug) = (a.tenant_id, a.module_slug)"
     " WHERE a.old_table = 'tenant_module_configs' AND a.outcome = 'moved'"
     " AND s.settings -> c.key IS DISTINCT FROM c.value"),
    ("keys of configurations that were moved and are not there",
     "SELECT count(*) FROM gates_move.accounts AS a JOIN public.organization_modules AS o"
     " ON o.id::text = a.old_id CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(o.configuration)"
     " WHEN 'object' THEN o.configuration ELSE '{}' END) AS k"
     " LEFT JOIN public.tenant_module_settings AS s"
     " ON (s.tenant_id, s.module_slug) = (a.tenant_id, a.module_slug)"
     " WHERE a.old_table = 'organization_modules' AND a.outcome = 'moved'"
     " AND NOT EXISTS (SELECT FROM gates_move.accounts AS r WHERE r.old_id = a.old_id"
     " AND r.old_table = 'organization_modules.configuration')"
     " AND (s.settings IS NULL OR NOT s.settings ? k.key OR (s.settings -> k.key <> k.value"
     " AND (a.tenant_id, a.module_slug, k.key) NOT IN (SELECT c.organization_id,"
     " gates_move.slug(c.module_slug), c.key FROM public.tenant_module_configs AS c"
     " WHERE c.organization_id IS NOT NULL AND gates_move.slug(c.module_slug) IS NOT NULL"
     " AND c.key IS NOT NULL)))"),
    ("settings of modules that were not moved",
     "SELECT count(*) FROM public.tenant_module_settings AS s WHERE NOT EXISTS (SELECT FROM"
     " gates_move.accounts AS a WHERE a.old_table = 'organization_modules' AND a.outcome = 'moved'"
     " AND (a.tenant_id, a.module_slug) = (s.tenant_id, s.module_slug))"),
    ("merged rows whose other row was not moved",
     "SELECT count(*) FROM gates_move.accounts AS a LEFT JOIN gates_move.accounts AS b"
     " ON (b.old_table, b.old_id) = (a.old_table, a.merged_into)"
     " WHERE a.outcome = 'merged' AND a.old_table <> 'tenant_module_configs'"
     " AND b.outcome IS DISTINCT FROM 'moved'"),
    ("constraints that were never validated",
     "SELECT count(*) FROM pg_constraint WHERE NOT convalidated"),
    ("indexes that are not valid", "SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
    ("tables of tenants without forced row level security",
     "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
     " 'public'::regnamespace AND relname ~ '^tenant_(modules|module_settings)$'"
     " AND NOT (relrowsecurity AND relforcerowsecurity)"),
    ("enabled modules that the platform calls unhealthy",
     "SELECT count(*) FROM public.tenant_modules AS t CROSS JOIN LATERAL"
     " public.check_tenant_module_health(t.tenant_id, t.module_slug) AS h"
     " WHERE t.state = 'ENABLED' AND h.state = 'bad'"),
    ("tables of enabled modules that are not there",
     "SELECT count(*) FROM (SELECT DISTINCT module_slug, module_version FROM public.tenant_modules"
     " WHERE state = 'ENABLED') AS t JOIN public.core_module_versions AS v"
     " ON (v.slug, v.version) = (t.module_slug, t.module_version)"
     " CROSS JOIN LATERAL unnest(v.tables_created) AS made"
     " WHERE to_regclass(format('public.%I', made)) IS NULL"),
)  # fmt: skip
_AUDIT_OLD = (
    "SELECT count(*), coalesce(sum(hashtextextended(concat_ws('|', f.organization_id, f.id,"
    " upper(f.action), f.actor, f.file_path, f.old_hash, f.new_hash, f.happened_at), %s)::numeric),"
    " 0) FROM public.module_file_audit AS f JOIN public.organizations AS g"
    " ON g.id = f.organization_id WHERE isfinite(f.happened_at) AND f.action <> ''"
)
_AUDIT_NEW = (
    "SELECT count(*), coalesce(sum(hashtextextended(concat_ws('|', l.tenant_id, l.row_id,"
    " l.operation, l.actor, l.old_data ->> 'path', l.old_data ->> 'hash', l.new_data ->> 'hash',"
    " l.created_at), %s)::numeric), 0) FROM public.audit_logs AS l"
    " WHERE l.table_name = 'module_file_audit'"
)


def validate(place: Place, deadline: Deadline) -> dict[str, str]:
    """Compare the new world with the old. Raises `StepFailedError` with every difference."""
    with place.session(deadline) as connection:
        problems = [*_accounts(connection), *_counted(connection, deadline)]
        problems += _untouched(place, connection)
        problems += _audit(connection)
        tenants = _tenants(connection)
        problems += [each for tenant in tenants for each in _view(connection, tenant)]
    if problems:
        raise StepFailedError("; ".join(problems))
    return {"comparisons": str(len(_COUNTS) + 2 * len(OLD_TABLES) + 1),
            "tenants' views": str(len(tenants))}  # fmt: skip


def _accounts(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[str]:
    from psycopg import sql

    for table in OLD_TABLES:
        found = connection.execute(
            sql.SQL(
                "SELECT count(*) FROM {} AS o FULL JOIN (SELECT old_id FROM gates_move.accounts"
                " WHERE old_table = %s) AS a ON a.old_id = o.id::text"
                " WHERE o.id IS NULL OR a.old_id IS NULL"
            ).format(sql.Identifier("public", table)),
            (table,),
        ).fetchone()
        if found is None or found[0]:
            yield f"{found and found[0]} rows of {table} are not accounted for"


def _counted(connection: psycopg.Connection[tuple[Any, ...]], deadline: Deadline) -> Iterator[str]:
    for what, statement in _COUNTS:
        deadline.left()
        found = connection.execute(statement.encode()).fetchone()
        if found is None or found[0]:
            yield f"{found and found[0]} {what}"


def _untouched(place: Place, connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[str]:
    """The old tables, held against the backup: nothing was written since."""
    state = read_backup(place)
    for table in ("organizations", *OLD_TABLES):
        if rows_of(connection, "public", table, state.key) != state.tables[f"public.{table}"]:
            yield f"{table} is not what the backup holds"


def _audit(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[str]:
    key = new_key()
    old = connection.execute(_AUDIT_OLD, (key,)).fetchone()
    new = connection.execute(_AUDIT_NEW, (key,)).fetchone()
    if old != new:
        yield f"audit: {old and old[0]} rows and {new and new[0]}, or not the same"


def _tenants(connection: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """Those with the most modules, and some by the order of their ids' digests."""
    most = connection.execute(
        "SELECT g.id::text FROM public.organizations AS g LEFT JOIN public.organization_modules"
        " AS o ON o.organization_id = g.id GROUP BY 1 ORDER BY count(o.id) DESC, 1 LIMIT %s",
        (SAMPLE,),
    )
    some = connection.execute(
        "SELECT id::text FROM public.organizations ORDER BY md5(id::text) LIMIT %s", (SAMPLE,)
    )
    return [*dict.fromkeys(each for (each,) in (*most.fetchall(), *some.fetchall()))]


def _view(connection: psycopg.Connection[tuple[Any, ...]], tenant: str) -> Iterator[str]:
    """What a tenant saw of its modules, and what its session sees now."""
    before = connection.execute(
        "SELECT DISTINCT a.module_slug FROM public.organization_modules AS o"
        " JOIN gates_move.accounts AS a ON a.old_id = o.id::text"
        " AND a.old_table = 'organization_modules' AND a.outcome <> 'set-aside'"
        " WHERE o.organization_id = %s ORDER BY 1",
        (tenant,),
    ).fetchall()
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL row_security = on")
        connection.execute(
            "SELECT set_config('request.jwt.claims',"
            " jsonb_build_object('tenant_id', %s::text)::text, true)",
            (tenant,),
        )
        connection.execute("SET LOCAL ROLE tenant_app_role")
        after = connection.execute(
            "SELECT tenant_id::text, module_slug FROM public.tenant_modules ORDER BY 2"
        ).fetchall()
    if others := {who for who, _ in after} - {tenant}:
        yield f"the session of {tenant} sees rows of {len(others)} other tenants"
    if [each for (each,) in before] != [slug for _, slug in after]:
        yield f"{tenant} had {len(before)} modules and sees {len(after)}, or not the same"

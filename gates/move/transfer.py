"""Moves the rows of the old world: all of them in one transaction, each with an account of it.

What becomes of a row is decided in `sql/move.sql` and written down in docs/migration.md. The old
tables are only read. An action that has its accounts is done, and does nothing again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any

from gates.move.place import Deadline, Place, StepFailedError

if TYPE_CHECKING:
    import psycopg

LOCK = 0x6D6F7665
"""Advisory lock of everything that moves rows: one process at a time."""
OLD_TABLES = (
    "organization_modules", "custom_modules", "module_definitions", "tenant_module_configs",
    "module_file_audit",
)  # fmt: skip
_REFUSED = "settings refused"
_SETTINGS = """
WITH configured AS (
    SELECT x.tenant_id, x.module_slug, jsonb_object_agg(c.key, c.value) AS configs
    FROM gates_move.accounts AS x JOIN public.tenant_module_configs AS c ON c.id::text = x.old_id
    WHERE x.old_table = 'tenant_module_configs' AND x.outcome = 'moved'
    GROUP BY 1, 2
)
SELECT a.old_id, a.tenant_id::text, a.module_slug, a.version_to, o.configuration,
    coalesce(s.configs, '{}')
FROM gates_move.accounts AS a JOIN public.organization_modules AS o ON o.id::text = a.old_id
    LEFT JOIN configured AS s ON (s.tenant_id, s.module_slug) = (a.tenant_id, a.module_slug)
WHERE a.old_table = 'organization_modules' AND a.outcome = 'moved'
ORDER BY a.tenant_id, a.module_slug
"""


def script(name: str) -> bytes:
    """One of the SQL files of this package."""
    return resources.files("gates.move").joinpath(f"sql/{name}.sql").read_bytes()


def make_catalog(place: Place, deadline: Deadline) -> dict[str, str]:
    """The tables of the catalog, and what is released in them."""
    from gates.catalog.migrate import migrate

    with place.session(deadline, search_path="public") as connection:
        names = migrate(connection)
        if place.releases is not None:
            place.releases(connection)
        with connection.transaction():
            connection.execute(script("accounts"))
        found = connection.execute("SELECT count(*) FROM public.core_module_versions").fetchone()
    return {"migrations": str(len(names)), "versions": str(found[0] if found else 0)}


def move(place: Place, deadline: Deadline) -> dict[str, str]:
    """organization_modules, module_definitions, custom_modules and tenant_module_configs."""
    with place.session(deadline) as connection, connection.transaction():
        _begin(connection, deadline)
        if not _accounted(connection, "organization_modules"):
            if connection.execute("SELECT FROM public.tenant_modules LIMIT 1").fetchall():
                raise StepFailedError("tenant_modules holds rows that this move did not put there")
            connection.execute(script("move"))
            _move_settings(connection, deadline)
        return figures(connection, *OLD_TABLES[:4], "organization_modules.configuration")


def move_audit(place: Place, deadline: Deadline) -> dict[str, str]:
    """module_file_audit to audit_logs."""
    with place.session(deadline) as connection, connection.transaction():
        _begin(connection, deadline)
        if not _accounted(connection, "module_file_audit"):
            connection.execute(script("audit"))
        return figures(connection, "module_file_audit")


def figures(connection: psycopg.Connection[tuple[Any, ...]], *tables: str) -> dict[str, str]:
    """How many rows of the old tables became what, by outcome and reason."""
    rows = connection.execute(
        "SELECT old_table, outcome, reason, count(*) FROM gates_move.accounts"
        " WHERE old_table = ANY (%s) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        ([*tables],),
    ).fetchall()
    return {f"{table}: {outcome}, {reason}": str(count) for table, outcome, reason, count in rows}


def _begin(connection: psycopg.Connection[tuple[Any, ...]], deadline: Deadline) -> None:
    deadline.left()
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    connection.execute(
        "LOCK TABLE public.organizations, public.organization_modules, public.module_definitions,"
        " public.custom_modules, public.tenant_module_configs, public.module_file_audit,"
        " public.tenant_modules IN SHARE MODE"
    )


def _accounted(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> bool:
    return bool(
        connection.execute(
            "SELECT FROM gates_move.accounts WHERE old_table = %s LIMIT 1", (table,)
        ).fetchall()
    )


def _move_settings(connection: psycopg.Connection[tuple[Any, ...]], deadline: Deadline) -> None:
    """The settings of each moved module, held against the schema of its version."""
    schemas = _schemas(connection)
    rows = connection.execute(_SETTINGS).fetchall()
    kept: list[tuple[str, str, str, str]] = []
    refused: list[tuple[str, str, str, str]] = []
    for old_id, tenant, slug, version, configuration, configs in rows:
        deadline.left()
        is_object = configuration is None or isinstance(configuration, dict)
        if not is_object:
            refused.append((old_id, "settings are no object", tenant, slug))
        merged = {**(configuration or {} if is_object else {}), **configs}
        if not merged:
            continue
        if (reason := schemas[slug, version](merged)) is not None:
            refused.append((old_id, f"{_REFUSED}: {reason}", tenant, slug))
        else:
            kept.append((tenant, slug, version, json.dumps(merged)))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO public.tenant_module_settings (tenant_id, module_slug, module_version,"
            " settings) VALUES (%s, %s, %s, %s)",
            kept,
        )
        # A row may be refused twice: no object, and what is left of it is wrong.
        cursor.executemany(
            "INSERT INTO gates_move.accounts (old_table, old_id, outcome, reason, tenant_id,"
            " module_slug) VALUES ('organization_modules.configuration', %s, 'set-aside', %s, %s,"
            " %s) ON CONFLICT (old_table, old_id) DO UPDATE SET"
            " reason = accounts.reason || '; ' || excluded.reason",
            refused,
        )
    # All at once: one by one each would read every account of a setting.
    lost = [(tenant, slug) for _, why, tenant, slug in refused if why.startswith(_REFUSED)]
    connection.execute(
        "UPDATE gates_move.accounts AS a SET outcome = 'set-aside', reason = %s"
        " FROM unnest(%s::uuid[], %s::text[]) AS lost (tenant_id, module_slug)"
        " WHERE a.old_table = 'tenant_module_configs' AND a.outcome = 'moved'"
        " AND (a.tenant_id, a.module_slug) = (lost.tenant_id, lost.module_slug)",
        (_REFUSED, [tenant for tenant, _ in lost], [slug for _, slug in lost]),
    )


def _schemas(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[tuple[str, str], Any]:
    """By module and version, a function that says why settings are refused, or None."""
    from jsonschema_rs import validator_for

    def judge(schema: Any) -> Any:  # noqa: ANN401 - a function of JSON data
        validator = validator_for(schema)

        def first(value: object) -> str | None:
            return next(_reasons(validator.iter_errors(value)), None)

        return first

    found = connection.execute(
        "SELECT slug, version, settings_schema FROM public.core_module_versions"
    ).fetchall()
    return {(slug, version): judge(schema) for slug, version, schema in found}


def _reasons(errors: Any) -> Iterator[str]:  # noqa: ANN401 - jsonschema_rs has no types for it
    """Where each error is, without the value: a setting may be a secret."""
    for each in errors:
        place = "/".join(str(part) for part in each.instance_path) or "the settings"
        yield f"{place} is not as {'/'.join(str(part) for part in each.schema_path)} asks"

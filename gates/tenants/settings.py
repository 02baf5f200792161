"""Stores a tenant's settings, held against the whole settings schema of its version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gates.catalog import Catalog
from gates.errors import CatalogUnavailableError, RefusedError
from gates.tenants import store

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]


def problems_of(schema: Any, settings: object) -> list[str]:  # noqa: ANN401 - a schema is any JSON
    """What is wrong with settings by a schema (Draft 2020-12), one sentence each; at most ten.

    They name places and keywords, and no value: that may be a secret.
    """
    from gates.module.formats import format_checker
    from gates.module.validator import validator

    found = validator(schema).evolve(format_checker=format_checker()).iter_errors(settings)
    return [
        f"{'/'.join(map(str, each.absolute_path)) or 'the settings'} must fit"
        f" {each.validator} {json.dumps(each.validator_value)[:200]}"
        for _, each in zip(range(10), found, strict=False)
    ]


def store_settings(catalog: Catalog, tenant: str, slug: str, text: str) -> str:
    """Store the settings in a JSON text for the version that the tenant has, and say which.

    Raises `RefusedError` with every reason; the database judges them as well.
    """
    try:
        settings = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RefusedError([f"the settings are no JSON: {error}"]) from error

    def write(session: Session) -> str:
        from psycopg.types.json import Jsonb

        rows = session.execute(
            "SELECT module_version FROM public.tenant_modules"
            " WHERE tenant_id = %s AND module_slug = %s",
            (tenant, slug),
        ).fetchall()
        if not rows:
            raise RefusedError([f"the tenant {tenant} never asked for {slug}"])
        version = str(rows[0][0])
        row = catalog.find(slug, version)
        if row is None:
            raise CatalogUnavailableError(f"the catalog holds no {slug} {version}")
        if problems := problems_of(row.settings_schema, settings):
            raise RefusedError(problems)
        store.call(
            session, "store_tenant_module_settings",
            for_tenant=tenant, slug=slug, settings=Jsonb(settings), checked_version=version,
        )  # fmt: skip
        return version

    return catalog.work(write)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")

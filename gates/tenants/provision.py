"""Gives a tenant a version of a module: asked for, approved where needed, installed, enabled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gates.catalog import Catalog, ReleasedVersion
from gates.errors import CatalogUnavailableError, RefusedError
from gates.records import dataclass
from gates.registry import Registry
from gates.tenants import store
from gates.tenants.installation import Installation
from gates.tenants.migrator import Migrator

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

Prove = Callable[[ReleasedVersion], Sequence[str]]
"""Gives the reasons for which a version's evidence does not carry it; none where it does."""


@dataclass(frozen=True)
class Provisioned:
    """How far a tenant's module has come."""

    state: str
    version: str
    failure: str = ""
    """Why it is in ERROR."""


def provision(
    catalog: Catalog,
    registry: Registry,
    tenant: str,
    slug: str,
    version: str | None = None,
    *,
    prove: Prove,
) -> Provisioned:
    """Take a tenant's module as far as it can go: PENDING_APPROVAL, ENABLED, or ERROR.

    The migrations that this database lacks are run once, whichever tenant comes first (see
    `Installation.first`); called
    again it goes on where an earlier call ended or was killed. None is the newest version that is
    offered. Raises `RefusedError` where the database or the evidence refuses.
    """
    url = catalog.url
    held = catalog.work(lambda session: store.provision(session, tenant, slug, version))
    if held.state != "PROVISIONING":
        return Provisioned(held.state, held.version)
    row = proved(catalog, slug, held.version, prove)

    def install(session: Session) -> Provisioned:
        with store.module_lock(session, slug), Migrator.open(session, url) as migrator:
            found = Installation(session, migrator, row, registry)
            failure = found.first() if held.pending else ""
            now = None if failure else store.provision(session, tenant, slug, held.version)
            if now is not None and now.state != "PROVISIONING":
                return Provisioned(now.state, now.version)
            failure = failure or _problems(session, slug, held.version)
            store.call(session, "fail_tenant_module", for_tenant=tenant, slug=slug, reason=failure)
            return Provisioned("ERROR", held.version, failure)

    return catalog.work(install)


def proved(catalog: Catalog, slug: str, version: str, prove: Prove) -> ReleasedVersion:
    """The row of a version whose evidence carries it; raises `RefusedError` with the reasons."""
    row = catalog.find(slug, version)
    if row is None:
        raise CatalogUnavailableError(f"the catalog holds no {slug} {version}")
    if reasons := prove(row):
        raise RefusedError(list(reasons))
    return row


def _problems(session: Session, slug: str, version: str) -> str:
    ((tables,),) = session.execute(
        "SELECT coalesce(string_agg(t, ', '), 'none') FROM public.core_module_versions AS v"
        " CROSS JOIN LATERAL unnest(v.tables_created) AS t"
        " WHERE v.slug = %s AND v.version = %s"
        " AND to_regclass(format('public.%%I', t)) IS NULL",
        (slug, version),
    ).fetchall()
    return f"the migrations ran, and did not make: {tables}"

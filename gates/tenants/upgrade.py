"""Upgrades the modules of tenants who want it, in their windows; and back where it fails."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gates.catalog import Catalog, ReleasedVersion
from gates.errors import GatesError, RefusedError
from gates.records import dataclass
from gates.registry import Registry
from gates.tenants import store
from gates.tenants.installation import Installation
from gates.tenants.migrator import Migrator
from gates.tenants.provision import Prove, proved
from gates.tenants.settings import problems_of
from gates.tenants.store import Due

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Upgraded:
    """How the upgrade of one tenant's module ended."""

    tenant: str
    slug: str
    before: str
    after: str
    state: str
    """ENABLED, of the new version or, with a failure, of the one before; ERROR; or the state that
    it was in where nothing could be begun."""
    failure: str = ""


def upgrade_tenants(
    catalog: Catalog,
    registry: Registry,
    *,
    prove: Prove,
    moment: datetime | None = None,
    retry: bool = False,
) -> tuple[Upgraded, ...]:
    """Do every upgrade that is due, and end those that an earlier run began.

    Of each module the files of the new version are run once, between its hooks; where one fails,
    what the version brought is rolled back and its tenants stay with the version that they had.
    A version that failed at a tenant is not tried there again, unless `retry`.
    """
    plan = catalog.work(lambda session: store.due_upgrades(session, moment, retry=retry))
    ended: list[Upgraded] = []
    for (slug, after), group in itertools.groupby(plan, lambda each: (each.slug, each.after)):
        due = list(group)
        try:
            row = proved(catalog, slug, after, prove)
            ended += _upgrade(catalog, registry, row, moment, retry=retry)
        except GatesError as error:  # one module's trouble is not another's
            state = "not begun" if not any(each.begun for each in due) else "UPGRADING"
            ended += [_ended(each, state, error.message) for each in due]
    return tuple(ended)


def _ended(due: Due, state: str, failure: str = "") -> Upgraded:
    return Upgraded(due.tenant, due.slug, due.before, due.after, state, failure)


def _upgrade(
    catalog: Catalog,
    registry: Registry,
    row: ReleasedVersion,
    moment: datetime | None,
    *,
    retry: bool,
) -> list[Upgraded]:
    url = catalog.url

    def still_due(session: Session) -> list[Due]:
        """Another run may have ended some of them, before this one had the lock."""
        now = store.due_upgrades(session, moment, retry=retry)
        return [each for each in now if (each.slug, each.after) == (row.slug, row.version)]

    def work(session: Session) -> list[Upgraded]:
        with store.module_lock(session, row.slug), Migrator.open(session, url) as migrator:
            found = Installation(session, migrator, row, registry)
            _ = found.module  # before anything is begun
            ended, begun = [], []
            for each in still_due(session):
                try:
                    _begin(session, each)
                    begun.append(each)
                except RefusedError as error:
                    ended.append(_ended(each, "not begun", error.message))
            if not begun:
                return ended
            why = _withdrawn(session, row) or found.whole()
            if why:
                back = found.take_back()
                why = f"{why}; rolling back: {back}" if back else why
                return ended + [_fail(session, each, why, restored=not back) for each in begun]
            return ended + [_finish(session, row, each) for each in begun]

    return catalog.work(work)


def _withdrawn(session: Session, row: ReleasedVersion) -> str:
    ((offered,),) = session.execute(
        "SELECT public.core_version_is_offered(%s, %s)", (row.slug, row.version)
    ).fetchall()
    return "" if offered else f"{row.slug} {row.version} is not offered any more"


def _begin(session: Session, due: Due) -> None:
    store.call(
        session, "begin_tenant_module_upgrade",
        for_tenant=due.tenant, slug=due.slug, to_version=due.after,
    )  # fmt: skip


def _fail(session: Session, due: Due, why: str, *, restored: bool) -> Upgraded:
    ((state,),) = store.call(
        session, "fail_tenant_module",
        for_tenant=due.tenant, slug=due.slug, reason=why, restored=restored,
    )  # fmt: skip
    return _ended(due, state, why)


def _finish(session: Session, row: ReleasedVersion, due: Due) -> Upgraded:
    """The tenant has the new version, if its settings fit that."""
    rows = session.execute(
        "SELECT settings FROM public.tenant_module_settings"
        " WHERE tenant_id = %s AND module_slug = %s",
        (due.tenant, due.slug),
    ).fetchall()
    problems = problems_of(row.settings_schema, rows[0][0]) if rows else []
    if problems:
        why = f"the tenant's settings do not fit {row.version}: {'; '.join(problems)}"
        return _fail(session, due, why, restored=True)
    store.call(session, "finish_tenant_module_upgrade", for_tenant=due.tenant, slug=due.slug)
    return _ended(due, "ENABLED")

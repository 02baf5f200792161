"""The modules' own migrations, and the state of each module at each tenant.

States change by the catalog's own functions alone (`provision_tenant_module()` and those beside
it), and files run as the catalog's migration role.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from gates.errors import GatesError
from gates.filesystem import is_file, resolved
from gates.module import load
from gates.move.place import Deadline, Place, StepFailedError

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_VERSIONS = """
SELECT v.slug, v.version, m.value ->> 'path', m.value ->> 'sha256', v.content_digest,
    NOT EXISTS (SELECT FROM public.core_module_versions AS o
        WHERE o.slug = v.slug AND o.sort_key < v.sort_key)
FROM public.core_module_versions AS v
    CROSS JOIN LATERAL jsonb_array_elements(v.migrations) WITH ORDINALITY AS m(value, place)
WHERE EXISTS (SELECT FROM public.tenant_modules AS t
    WHERE t.module_slug = v.slug AND t.module_version = v.version)
ORDER BY v.slug, v.sort_key, m.place
"""
_MOVED = """
FROM gates_move.accounts AS a
WHERE a.old_table = 'organization_modules' AND a.outcome = 'moved'
    AND a.tenant_id = t.tenant_id AND a.module_slug = t.module_slug
"""


_TENANTS = "SELECT DISTINCT tenant_id FROM public.tenant_modules ORDER BY 1"
BATCH = 200
"""Tenants of one transaction: each of their modules holds a lock until it ends."""


def provision(place: Place, deadline: Deadline) -> dict[str, str]:
    """Run each migration once, then take every tenant's module to the state that it is moved to.

    Before the migrations of a module's first version its `pre_upgrade` runs: it takes the older
    tables over. Raises `StepFailedError` for a file that is missing or not the released one.
    """
    with place.session(deadline) as connection:
        wanted = connection.execute(_VERSIONS).fetchall()
        seen = _done(connection)
    ran = hooks = 0
    begun = {slug for slug, *_ in seen}
    for slug, version, path, sha256, content, first in wanted:
        if (slug, path, sha256) in seen:
            continue
        if first and slug not in begun:
            hooks += _take_over(place, deadline, slug, version, content)
        begun.add(slug)
        seen.add((slug, path, sha256))
        text = _read(place.modules, slug, path)
        _run(place, deadline, (slug, version, path, sha256), text, "migration")
        ran += 1
    with place.session(deadline) as connection:
        tenants = connection.execute(_TENANTS).fetchall()
    for first in range(0, len(tenants), BATCH):
        with place.session(deadline) as connection, connection.transaction():
            batch = [tenant for (tenant,) in tenants[first : first + BATCH]]
            _take_to_states(connection, place.approver, batch)
    with place.session(deadline) as connection:
        rows = connection.execute(
            "SELECT state, count(*) FROM public.tenant_modules GROUP BY 1 ORDER BY 1"
        ).fetchall()
        left = connection.execute(
            _with_moved(
                "SELECT count(*) FROM public.tenant_modules AS t"
                " WHERE EXISTS (SELECT {moved} AND a.state <> t.state)"
            )
        ).fetchone()
    if left and left[0]:
        raise StepFailedError(f"{left[0]} modules of tenants are not in the state they move to")
    return {"migrations": str(ran), "hooks": str(hooks)} | {
        f"tenants' modules {state}": str(n) for state, n in rows
    }


def _with_moved(statement: LiteralString) -> sql.Composed:
    """A statement with what says which rows were moved."""
    from psycopg import sql

    return sql.SQL(statement).format(moved=sql.SQL(_MOVED))


def _done(connection: psycopg.Connection[tuple[Any, ...]]) -> set[tuple[str, str, str]]:
    return set(
        connection.execute(
            "SELECT slug, path, sha256 FROM public.core_module_migrations WHERE kind = 'migration'"
        ).fetchall()
    )


def _take_over(place: Place, deadline: Deadline, slug: str, version: str, content: str) -> int:
    """Run `pre_upgrade` where the module's folder has one; how many ran. The catalog has no digest
    of a hook alone, so the whole folder has to be what was released."""
    root = resolved(place.modules / slug) if place.modules else None
    if root is None or not is_file(root / "module.json"):
        return 0  # a folder of migrations alone
    try:
        module = load(root)
        path = module.hooks.get("pre_upgrade")
        text = module.data(path) if path else b""
    except GatesError as error:
        raise StepFailedError(f"{slug}: {error.message}") from error
    if module.digest != content:
        raise StepFailedError(f"{slug}: its folder is not what {version} was released with")
    if path:
        digest = hashlib.sha256(text).hexdigest()
        _run(place, deadline, (slug, version, path, digest), text, "hook")
    return bool(path)


def _run(
    place: Place, deadline: Deadline, file: tuple[str, str, str, str], text: bytes, kind: str
) -> None:
    """One file, with the record that it was run, in one transaction."""
    slug, _, path, sha256 = file
    if hashlib.sha256(text).hexdigest() != sha256:
        raise StepFailedError(f"{slug}: {path} is not the file that was released")
    # The role is a setting of the session's start: RESET ROLE in a file leads back to it.
    session = place.session(deadline, search_path="public", role="gates_migrator")
    with session as connection, connection.transaction():
        connection.execute(text)
        connection.execute("SET LOCAL ROLE NONE")
        connection.execute(
            "SELECT public.record_module_migration(%s, %s, %s, %s, %s)", (*file, kind)
        )


def _read(modules: Path | None, slug: str, path: str) -> bytes:
    if modules is None:
        raise StepFailedError("the plan names no folder of modules (options.modules)")
    root = resolved(modules / slug)
    try:
        file = resolved(root / path)
        if not file.is_relative_to(root):
            raise StepFailedError(f"{slug}: {path} leads out of the module")
        return file.read_bytes()
    except (OSError, ValueError) as error:
        raise StepFailedError(f"{slug}: {path} cannot be read: {error}") from error


def _take_to_states(
    connection: psycopg.Connection[tuple[Any, ...]], approver: str, tenants: list[Any]
) -> None:
    """Some tenants through the states that the catalog allows: requested, approved by name,
    enabled, off. What has gone through them already stays as it is."""
    provisioned = _with_moved(
        "SELECT count(*) FROM public.tenant_modules AS t CROSS JOIN LATERAL"
        " public.provision_tenant_module(t.tenant_id, t.module_slug, t.module_version) AS p"
        " WHERE t.state = ANY (%s) AND t.tenant_id = ANY (%s)"
        " AND EXISTS (SELECT {moved} AND a.state <> 'ARCHIVED')"
    )
    connection.execute(provisioned, (["REQUESTED"], tenants))
    if approver:
        connection.execute(
            "SELECT count(public.approve_tenant_module(t.tenant_id, t.module_slug, %s)::text)"
            " FROM public.tenant_modules AS t"
            " WHERE t.state = 'PENDING_APPROVAL' AND t.tenant_id = ANY (%s)",
            (approver, tenants),
        )
    connection.execute(provisioned, (["PENDING_APPROVAL", "PROVISIONING"], tenants))
    connection.execute(
        "SELECT count(public.set_tenant_module_state(t.tenant_id, t.module_slug, a.state)::text)"
        " FROM public.tenant_modules AS t JOIN gates_move.accounts AS a"
        " ON a.tenant_id = t.tenant_id AND a.module_slug = t.module_slug"
        " WHERE a.old_table = 'organization_modules' AND a.outcome = 'moved'"
        " AND t.tenant_id = ANY (%s)"
        " AND (a.state IN ('DISABLED', 'SUSPENDED') AND t.state = 'ENABLED'"
        " OR a.state = 'ARCHIVED' AND t.state = 'REQUESTED')",
        (tenants,),
    )

"""MODULE_PURGE: rows that a module no longer keeps are exported, and then taken out.

One transaction takes the rows out, writes them to a file, reads that back, and says so in the
catalog's list of purges. Until it commits the rows are in the database, and from then on the file
that was read back is whole on the disk: killed at any moment, nothing is lost. A file without its
line in the list is what a killed run left; the next one removes it.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.catalog import Catalog
from gates.database.server.driver import psycopg_modules
from gates.errors import CouldNotCheckError
from gates.records import dataclass
from gates.tenants import store
from gates.tenants.exports import Export, exports_in, folder_for
from gates.tenants.migrator import Migrator
from gates.tenants.object_store import send
from gates.tenants.store import Expired

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

    from gates.registry import Registry

    Session = psycopg.Connection[tuple[Any, ...]]

_SETTINGS = (
    "statement_timeout = 0",
    "timezone = 'UTC'",
    "datestyle = 'ISO'",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = 1",
    "bytea_output = 'hex'",
    "client_encoding = 'UTF8'",
)
"""So that every value is exported whole and in one way."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('core_module_purges', 6))"
_ACTS_ON_DELETE = """
    WITH RECURSIVE line AS (
        SELECT to_regclass(format('public.%%I', %(table)s::text))::oid AS oid
        UNION SELECT i.inhparent FROM line JOIN pg_inherits AS i ON i.inhrelid = line.oid)
    SELECT format('the trigger %%s of %%s', t.tgname, t.tgrelid::regclass) FROM line
        JOIN pg_trigger AS t ON t.tgrelid = line.oid
    WHERE NOT t.tgisinternal AND t.tgtype & 8 <> 0
    UNION ALL SELECT format('the key %%s of %%s', c.conname, c.conrelid::regclass) FROM line
        JOIN pg_constraint AS c ON c.confrelid = line.oid
    WHERE c.contype = 'f' AND c.confdeltype IN ('c', 'n', 'd')
    UNION ALL SELECT format('the rule %%s of %%s', r.rulename, r.ev_class::regclass) FROM line
        JOIN pg_rewrite AS r ON r.ev_class = line.oid
    ORDER BY 1"""
"""What else would happen to rows that nobody exports."""


@dataclass(frozen=True)
class Purged:
    """What became of the expired rows of one table."""

    slug: str
    table: str
    rows: int
    file: str = ""
    """The name of the export; "" where there was none to make."""
    dropped: bool = False
    """Whether the partition went as a whole."""
    failure: str = ""
    """Why its rows are still there."""


def purge(
    catalog: Catalog,
    folder: Path,
    *,
    moment: datetime | None = None,
    registry: Registry | None = None,
) -> tuple[Purged, ...]:
    """Export what is expired at a moment (None is now) into a folder, and take it out.

    The folder is made, for this user alone. With a registry each export is there, too, before its
    rows go; what a killed run left there is named by no purge. A table whose rows cannot be taken
    out without touching others that are not exported is left as it is, with the reason.
    Raises `CouldNotCheckError` for a folder or a registry that cannot be used.
    """
    url, identity = catalog.url, catalog.identity()
    folder_for(folder)

    def work(session: Session) -> tuple[Purged, ...]:
        _remove_abandoned(session, folder, identity)
        plan = store.expired(session, moment)
        done = []
        with contextlib.ExitStack() as stack:
            own: Session | None = None
            for each in plan:
                if each.of_module and own is None:
                    migrator = stack.enter_context(Migrator.open(session, url))
                    own = stack.enter_context(migrator.session())
                acting = own if each.of_module and own is not None else session
                done.append(_purge_table(acting, each, folder, identity, registry))
        usage = [each.older_than for each in plan if not each.of_module]
        if usage:
            store.call(session, "drop_empty_usage_partitions", before=max(usage))
        return tuple(each for each in done if each.rows or each.dropped or each.failure)

    return catalog.work(work)


def _remove_abandoned(session: Session, folder: Path, identity: str) -> None:
    with session.transaction():
        session.execute(_LOCK)  # what a killed run began is over
        known = {str(row[0]) for row in session.execute("SELECT id FROM public.core_module_purges")}
        for each in exports_in(folder, identity):
            if each.id not in known:
                each.remove()


def _purge_table(
    session: Session, expired: Expired, folder: Path, identity: str, registry: Registry | None
) -> Purged:
    acts = session.execute(_ACTS_ON_DELETE, {"table": expired.table}).fetchall()
    if acts:
        why = f"{acts[0][0]} would change rows that are not exported"
        return Purged(expired.slug, expired.table, 0, failure=why)
    export = Export(folder, identity, str(uuid.uuid4()), expired.slug, expired.table)
    try:
        with session.transaction():
            return _take_out(session, expired, export, registry)
    except psycopg_modules().Error as error:
        export.remove()
        why = str(error).strip().partition("\n")[0]
        if expired.of_module and error.sqlstate == "42501":
            why += _whose(session, expired.table)
        return Purged(expired.slug, expired.table, 0, failure=why)


def _whose(session: Session, table: str) -> str:
    """Whom a table belongs to that the migrator may not purge: pg_partman's partitions belong to
    whoever runs its maintenance."""
    from psycopg import sql

    found = session.execute(
        "SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)",
        (sql.Identifier("public", table).as_string(session),),
    ).fetchall()
    owner = found[0][0] if found else "nobody"
    return f": it belongs to {owner}, and a purge works as gates_migrator, the owner of the others"


def _take_out(
    session: Session, expired: Expired, export: Export, registry: Registry | None
) -> Purged:
    from psycopg import sql
    from psycopg.types.json import Jsonb

    for setting in _SETTINGS:
        session.execute(f"SET LOCAL {setting}".encode())
    session.execute(_LOCK)
    table = sql.Identifier("public", expired.table)
    if expired.of_module:
        # Rows that a policy hides would be dropped with their partition, and not exported.
        session.execute("SET LOCAL row_security = off")
    if expired.whole:
        session.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(table))
        source: sql.Composable = sql.SQL("SELECT * FROM {}").format(table)
    else:
        source = sql.SQL("DELETE FROM {} WHERE created_at < {}").format(
            table, sql.Literal(expired.older_than)
        )
        if not expired.of_module:
            source += sql.SQL(" AND module_slug = {}").format(sql.Literal(expired.slug))
        source += sql.SQL(" RETURNING *")
    taken: list[int] = []
    columns = export.write(_copied(session, source, taken))
    (rows,) = taken
    if rows:
        export.finish(rows, columns, expired.older_than, dropped=expired.whole)
        if export.read_back() != rows:
            raise CouldNotCheckError(f"the export {export.path} cannot be read back as written")
        if registry is not None:
            send(registry, export)
        store.call(session, "record_module_purge", purge=Jsonb(export.line()))
    else:
        export.remove()
    if expired.whole:
        session.execute(sql.SQL("DROP TABLE {}").format(table))
    name = export.path.name if rows else ""
    return Purged(expired.slug, expired.table, rows, name, dropped=expired.whole)


def _copied(
    session: Session, source: sql.Composable, taken: list[int]
) -> Generator[bytes, None, None]:
    """The rows as CSV; at the end, `taken` gets how many they were by the server's count."""
    from psycopg import sql

    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(source)
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            yield bytes(block)
        taken.append(cursor.rowcount)

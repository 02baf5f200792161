"""What a session of tenant A keeps after COMMIT, and the next tenant on its connection finds.

The module's functions are called, and tables with triggers written to, for good; before and after,
the session is asked for everything that PostgreSQL lists as its own: cursors, prepared statements,
channels, advisory locks, temporary objects, settings ("DISCARD", and the views of chapter "System
Views"). Settings of a module's own have no view: `rules.session_state` holds them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.calls import find_calls
from gates.database.proofs.isolation.rows_to_try import rows_of
from gates.database.proofs.isolation.sources import sources_of
from gates.database.proofs.isolation.time_limit import EndlessError, run
from gates.database.proofs.isolation.trigger_writes import writes_past_triggers
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.replay import FRESH, KEPT
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.tenant_session import APP

if TYPE_CHECKING:
    import psycopg

_KEEPS = """
SELECT 'the cursor ' || name AS what FROM pg_cursors WHERE is_holdable
UNION ALL SELECT 'the prepared statement ' || name FROM pg_prepared_statements WHERE from_sql
UNION ALL SELECT 'the channel ' || c FROM pg_listening_channels() AS c
UNION ALL SELECT 'the advisory lock ' || classid || ' ' || objid FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid()
UNION ALL SELECT 'the temporary relation ' || relname FROM pg_class
    WHERE relnamespace = pg_my_temp_schema()
UNION ALL SELECT 'the temporary function ' || proname FROM pg_proc
    WHERE pronamespace = pg_my_temp_schema()
UNION ALL SELECT 'the temporary type ' || typname FROM pg_type
    WHERE typnamespace = pg_my_temp_schema()
UNION ALL SELECT 'the setting ' || name || ' = ' || setting FROM pg_settings
    WHERE source = 'session'
""".strip()
_FIX = (
    "leave nothing in the session: SET LOCAL, locks and cursors of the transaction, temporary"
    " tables ON COMMIT DROP"
)
_CALLS = 2
"""Calls of one function, each with other arguments."""


def session_residue(
    tenants: Tenants, owner_name: str, tables: Sequence[Table], unproved: list[str]
) -> Iterator[Exposure]:
    """What leaves something in the session. What does not end is added to `unproved`."""
    _let_go(tenants)
    session = tenants.another()
    rows = rows_of(tenants, tenants.a, tables)
    for act in _acts(tenants, owner_name, tables):
        for statement in act.statements:
            if session.closed:
                session = tenants.another()
            before = _kept(session)
            try:
                _done(tenants, session, act, statement)
            except EndlessError as error:
                unproved.append(error.message)
                break
            left = [] if session.closed else sorted(_kept(session) - before)
            if left:
                session.close()
                lines = [
                    f"{_KEEPS};  -- {FRESH}",
                    "BEGIN;",
                    *tenants.made(rows),
                    f"SET LOCAL ROLE {act.role};",
                    *(f"{each};" for each in tenants.as_a),
                    f"{statement};",
                    "COMMIT;",
                    f"{_KEEPS};  -- {KEPT}",
                ]
                sentence = f"leaves {left[0]} in the session, for the next tenant on its connection"
                yield Exposure(act, sentence, "\n".join(lines), _FIX)
                break


def _let_go(tenants: Tenants) -> None:
    """What the proof's own sessions hold by now is in nobody's way."""
    for session in (tenants.app, tenants.bare, tenants.owner, tenants.maker.platform):
        session.execute("SELECT pg_advisory_unlock_all()")


def _acts(tenants: Tenants, owner_name: str, tables: Sequence[Table]) -> Iterator[Exposed]:
    """What a tenant may do that runs code of the module: calls, and writes past its triggers."""
    for each in find_calls(tenants, owner_name, tables, every=True)[0]:
        yield Exposed(each.label, each.name, each.statements[:_CALLS], role=each.role)
    granted = {table.oid: tenants.grants.get(table.oid, frozenset()) for table in tables}
    sources = sources_of(tenants.owner, owner_name)
    for write in writes_past_triggers(tenants, owner_name, tables, sources):
        if write.command in granted[write.table.oid] and not write.untried:
            yield write.exposed


def _done(
    tenants: Tenants,
    session: psycopg.Connection[tuple[Any, ...]],
    act: Exposed,
    statement: str,
) -> None:
    """Run it for good, as tenant A. Raises `EndlessError`."""
    import psycopg

    tenants.attempts += 1
    become = [] if act.role == APP else [f"SET LOCAL ROLE {act.role}"]
    # What fails leaves things behind as well: PREPARE and a lock of the session stay.
    with contextlib.suppress(psycopg.Error), session.transaction():
        session.execute("; ".join([*become, *tenants.as_a]))
        run(tenants, session, act.label, statement)


def _kept(session: psycopg.Connection[tuple[Any, ...]]) -> set[str]:
    return {str(what) for (what,) in session.execute(_KEEPS)}

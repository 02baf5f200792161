"""What the application cannot do with its own rows for want of a grant behind the grant.

A table may grant INSERT to tenant_app_role and take its numbers from a sequence that does not: what
owners and superusers try then works, and the application's first INSERT fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.probe_statements import Probes
from gates.database.proofs.tenants.outcomes import Leak
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.tenant_session import APP

_SEQUENCE = re.compile(r"permission denied for sequence (.+)")
_QUALIFIED = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND c.relname = %s ORDER BY c.relowner = current_user::regrole DESC, 1"""


def lacking_grants(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """Commands that tenant_app_role is granted on a table, and that fail all the same for want of
    another grant. To be asked while the grants are still the module's own. Raises `NoRowError`."""
    probes = Probes(tenants, table, own=1)
    mine, _ = tenants.rows(table)
    told = set()
    for sentence, command, statement in probes.control:
        if not probes.granted(command):
            continue
        outcome = tenants.attempt(statement)
        if not outcome.lacks_grant or outcome.message in told:
            continue
        told.add(outcome.message)
        yield Leak(
            "control",
            table,
            f"{sentence} with the grants that it has: {outcome.message}",
            tenants.script(
                table, mine.family(), statement, command,
                f"fails with {outcome.sqlstate}, though {command} is granted", as_granted=True,
            ),
            _fix(tenants, outcome.message),
        )  # fmt: skip


def _fix(tenants: Tenants, message: str) -> str:
    found = _SEQUENCE.match(message)
    row = tenants.owner.execute(_QUALIFIED, (found[1],)).fetchone() if found else None
    if row is not None:
        return f"GRANT USAGE ON SEQUENCE {row[0]} TO {APP};"
    return f"grant {APP} what the statement needs, or let the statement do without it"

"""Row security is enabled and forced, with a policy tenant_isolation for every command."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.shapes.policies import standard_policy
from gates.model import Finding, Stage


@check(Stage.TEST)
def row_security(database: Database) -> Iterator[Finding]:
    """Row security is enabled and forced, with a policy tenant_isolation for every command.

    Why: without FORCE the owner of a table, and with it every function that runs with the owner's
        rights, passes by the policies. Partitions have policies of their own: their parent's do
        not hold for a session that names the partition.
    Bad: ENABLE ROW LEVEL SECURITY alone; CREATE POLICY tenant_isolation .. FOR SELECT
    Good: ENABLE and FORCE ROW LEVEL SECURITY; CREATE POLICY tenant_isolation ON t USING (tenant_id
        = (auth.jwt() ->> 'tenant_id')::uuid) WITH CHECK (the same)
    Fix: run the statement that the finding shows. What the policy really lets through is for
        tenant-isolation to say.
    """
    tables = database.tables("row security conformance")
    if not tables:
        return
    policies = database.in_use.facts.policies
    for table in tables:
        own = {policy.name: policy for policy in policies if policy.table == table.oid}
        for message, fix in _missing(
            table, own.get("tenant_isolation"), database.sessions.way.tenant
        ):
            yield row_security.finding(message, database.place(table), fix=fix)


def _missing(table: Table, policy: RowPolicy | None, tenant: str) -> Iterator[tuple[str, str]]:
    what = f"{'the partition ' if table.partition_of is not None else ''}{table.name}"
    alter = f"ALTER TABLE {table.qualified}"
    if not table.row_security:
        yield (
            f"row level security is not enabled on {what}",
            f"{alter} ENABLE ROW LEVEL SECURITY;",
        )
    if not table.forced:
        yield (
            f"row level security is not forced on {what}, so its owner sees every tenant's rows",
            f"{alter} FORCE ROW LEVEL SECURITY;",
        )
    create = standard_policy(table, tenant)
    if policy is None:
        yield f"{what} has no policy named tenant_isolation", create
        return
    again = f"DROP POLICY tenant_isolation ON {table.qualified};\n{create}"
    if policy.command != "ALL":
        message = f"the policy tenant_isolation on {what} covers only {policy.command}"
        yield f"{message}, not every command", again
    elif policy.using is None:
        yield f"the policy tenant_isolation on {what} has no USING for reading", again
    if not {"PUBLIC", "tenant_app_role"}.intersection(policy.roles):
        message = f"the policy tenant_isolation on {what} is for {', '.join(policy.roles)} alone"
        yield f"{message}, not for tenant_app_role", again

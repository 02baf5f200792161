"""Puts the platform's policy in the place of all that the older module had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gates.adoption.repair import Step, World, quoted, repair, same
from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.snapshot import Properties
from gates.database.catalog_state.tables import Table
from gates.database.shapes.policies import standard_policy


@repair(5)
def policies(world: World) -> Iterator[Step]:
    """Row security is enabled and forced, and `tenant_isolation` compares the tenant and nothing
    else. Permissive policies of any other text go: FOR ALL USING (true), uuid = text, auth.uid().
    A restrictive one only narrows, and is made again as the server prints it."""
    for table in world.tables:
        own = [each for each in world.facts.policies if each.table == table.oid]
        if table.row_security and table.forced and _standard(own, world):
            continue
        for policy in own:
            again = "" if policy.permissive else _again(world, table, policy.name)
            yield Step(
                f"DROP POLICY IF EXISTS {quoted(policy.name)} ON {table.qualified};",
                f"drops the policy {policy.name} of {table.name}",
            )
            if again:
                yield Step(again, f"keeps the policy {policy.name}", 52)
        alter = f"ALTER TABLE {table.qualified}"
        yield Step(
            f"{alter} ENABLE ROW LEVEL SECURITY;\n{alter} FORCE ROW LEVEL SECURITY;\n"
            f"DROP POLICY IF EXISTS tenant_isolation ON {table.qualified};\n"
            f"{standard_policy(table, world.tenant)}",
            f"lets each tenant see its own rows of {table.name} alone",
            52,
        )


def _standard(own: Sequence[RowPolicy], world: World) -> bool:
    """Whether the platform's policy is there, and no other permissive one. Of a released module its
    name is enough: what it lets through was proved then."""
    permissive = [each for each in own if each.permissive]
    if world.released:
        return bool(permissive)
    if [each.name for each in permissive] != ["tenant_isolation"]:
        return False
    (policy,) = permissive
    selected = f"(SELECT {world.tenant} AS uuid)"  # as the server prints a scalar SELECT
    sides = [("tenant_id", each) for each in (world.tenant, selected)]
    wanted = [f"{a} = {b}" for one, other in sides for a, b in ((one, other), (other, one))]
    texts = [each for each in (policy.using, policy.check) if each is not None]
    return policy.command == "ALL" and all(
        any(same(text, each) for each in wanted) for text in texts
    )


def _again(world: World, table: Table, name: str) -> str:
    found = world.snapshot.objects[f"policy {quoted(name)} on {table.qualified}"]
    return create_policy(quoted(name), table.qualified, found)


def create_policy(name: str, table: str, found: Properties) -> str:
    """The statement for a policy as a snapshot describes it."""
    using = f"\n    USING {_inside(found['using'])}" if "using" in found else ""
    check = f"\n    WITH CHECK {_inside(found['with_check'])}" if "with_check" in found else ""
    kind = "" if found["kind"] == "PERMISSIVE" else " AS RESTRICTIVE"
    command = "" if found["command"] == "ALL" else f" FOR {found['command']}"
    roles = "" if found["roles"] == "PUBLIC" else f" TO {found['roles']}"
    return f"CREATE POLICY {name} ON {table}{kind}{command}{roles}{using}{check};"


def _inside(expression: str) -> str:
    return expression if expression.startswith("(") else f"({expression})"

"""Policies: which rows a session reaches, and whether one that was in reach no longer is.

PostgreSQL joins permissive policies with OR and restrictive ones with AND ("Row Security
Policies"). So what is asked is not one policy but all of a table, for each command: the server
evaluates both sides on made-up rows, as a session of one tenant.
"""

# ruff: noqa: S608 - names are quoted by the server; what is run is undone
from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.contract.model import Bump, Change
from gates.contract.schema.bodies import formerly
from gates.contract.schema.grants import APPLICATION
from gates.contract.schema.pair import Pair, Tries, shown
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Properties, Snapshot
from gates.records import replace

_COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def compare_policies(pair: Pair) -> Iterator[Change]:
    """Policies by name, which the standard fixes. A change breaks where a row that was in reach is
    shown to be out of it."""
    for name, properties in pair.lost("policy"):
        if properties.get("kind") == "RESTRICTIVE":
            yield _policy(pair, name, Bump.MINOR, "is gone: more rows are in reach", gone=True)
        else:
            yield _judged(pair, name, properties, "is gone", gone=True)
    for name, properties in pair.came("policy"):
        if properties.get("kind") == "RESTRICTIVE":
            yield _judged(pair, name, properties, "is new and restricts", came=True)
        else:
            yield _policy(pair, name, Bump.MINOR, "is new", came=True)
    for name, before, after in pair.kept("policy"):
        if before == after:
            continue
        one, other = before.get("command"), after.get("command")
        what = "has changed"
        if one == "ALL" and other != one:
            what = f"covers {other} alone, it was every command"
        elif before.get("kind") != after.get("kind"):
            what = "permits now, and restricted"
            if after.get("kind") == "RESTRICTIVE":
                what = "restricts now, and permitted"
        yield _judged(pair, name, before, what)


def _judged(
    pair: Pair,
    name: str,
    properties: Properties,
    what: str,
    *,
    gone: bool = False,
    came: bool = False,
) -> Change:
    table = name.rpartition(" on ")[2]
    found = _out_of_reach(pair, table, properties)
    if found is None:
        rest = "; whether a row that was in reach no longer is could not be shown"
        return _policy(pair, name, Bump.MINOR, what + rest, gone=gone, came=came, proved=False)
    return _policy(
        pair, name, Bump.MAJOR, f"{what}: rows are out of reach", gone=gone, came=came,
        tries=_reaching(pair, table, *found),
    )  # fmt: skip


def _reaching(
    pair: Pair, table: str, role: str, command: str, values: Mapping[str, str]
) -> Iterator[Statements]:
    """The command on such a row, by the application."""
    for row in pair.runs.planned(table, values):
        numbers = {
            each.number: values[each.quoted] for each in row.table.columns if each.quoted in values
        }
        row = replace(row, values={**row.values, **numbers})
        insert, where = row.statement(), f"WHERE {row.condition()}"
        if command == "INSERT":
            yield [*pair.runs.above(row), *pair.runs.as_application(role), insert]
            continue
        generated = {each.quoted for each in row.table.columns if each.generated}
        column = min(pair.columns(table, pair.old) - generated)
        use = {
            "SELECT": f"SELECT * FROM {shown(table)} {where}",
            "UPDATE": f"UPDATE {shown(table)} SET {column} = {column} {where}",
            "DELETE": f"DELETE FROM {shown(table)} {where}",
        }[command]
        yield [*pair.runs.above(row), insert, *pair.runs.as_application(role), use]


def _out_of_reach(
    pair: Pair, table: str, properties: Properties
) -> tuple[str, str, Mapping[str, str]] | None:
    """A command on a row that policies of the old version allowed, and those of the new refuse:
    the role, the command, and values of the row."""
    roles = properties.get("roles", "PUBLIC").split(", ")
    role = APPLICATION if "PUBLIC" in roles else roles[0]
    for command in _COMMANDS:
        before, after = (_allows(side, table, command, role) for side in (pair.old, pair.new))
        if before == after or before == "false" or pair.refuses is None:
            continue
        old, new = f"CHECK ({before})", f"CHECK ({after})"
        row = pair.refuses(pair.old, table, [old], new, formerly(pair, [old]))
        if row is not None:
            return role, command, row
    return None


def _allows(side: Snapshot, table: str, command: str, role: str) -> str:
    """What all policies of a table together ask of a row, as SQL that is never NULL."""
    permissive: list[str] = []
    restrictive: list[str] = []
    for name, properties in side.of("policy"):
        roles = properties.get("roles", "PUBLIC").split(", ")
        if (
            name.rpartition(" on ")[2] != table
            or properties.get("command") not in ("ALL", command)
            or not {"PUBLIC", role}.intersection(roles)
        ):
            continue
        written = properties.get("with_check") if command == "INSERT" else None
        condition = f"(({written or properties.get('using', 'true')}) IS TRUE)"
        (permissive if properties.get("kind") == "PERMISSIVE" else restrictive).append(condition)
    if not permissive:
        return "false"
    return " AND ".join([f"({' OR '.join(permissive)})", *restrictive])


def _policy(
    pair: Pair,
    name: str,
    bump: Bump,
    what: str,
    *,
    gone: bool = False,
    came: bool = False,
    tries: Tries = (),
    proved: bool = True,
) -> Change:
    policy, _, table = name.rpartition(" on ")
    return pair.change(
        f"policy:{policy} on {shown(table)}", bump, f"the policy {policy} on {shown(table)} {what}",
        table, policy.strip('"'), gone=gone, came=came, tries=tries, proved=proved,
    )  # fmt: skip

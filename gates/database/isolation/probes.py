"""What one tenant may try on another, table by table: each probe yields the leaks that it saw."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Iterator

from gates.database.isolation.screen import screened
from gates.database.isolation.session import Entry
from gates.database.isolation.tenants import Leak, Outcome, Tenants, tenant_column
from gates.database.rows.make import Row
from gates.database.rows.solve import NoRowError
from gates.database.rows.values import quote
from gates.database.schema.tables import Key, Table

_POLICY_FAILS = {"22", "42"}
"""Classes of errors that an expression of a policy ends with: data exceptions, wrong types."""


def references(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """A foreign key that accepts the row of another tenant."""
    for reference in table.references:
        target = tenants.maker.tables[reference.target]
        numbers = reference.columns
        if target.tenant is None or any(table.by_number[n] is table.tenant for n in numbers):
            continue
        parent = tenants.maker.first(target, tenants.b, 501)
        mine = tenants.new(table, tenants.a)
        pairs = zip(numbers, reference.target_columns, strict=True)
        taken = {n: parent.values[theirs] for n, theirs in pairs if theirs in parent.values}
        insert = mine.statement(taken, own_keys=False)
        if tenants.attempt([insert, "SET CONSTRAINTS ALL IMMEDIATE"]).sqlstate:
            continue
        columns = ", ".join(table.by_number[n].quoted for n in numbers)
        theirs = ", ".join(target.by_number[n].quoted for n in reference.target_columns)
        rows = [*parent.family(), *_other_parents(mine.family()[:-1], target)]
        yield Leak(
            "reference",
            table,
            f"refers to a row of another tenant in {target.qualified}"
            f" (foreign key {reference.name} on {columns})",
            tenants.script(table, rows, insert, "INSERT", "accepted, though it refers to B's row"),
            f"ALTER TABLE {table.qualified} DROP CONSTRAINT {reference.quoted},\n"
            f"    ADD CONSTRAINT {reference.quoted} FOREIGN KEY (tenant_id, {columns})\n"
            f"    REFERENCES {target.qualified} (tenant_id, {theirs});",
        )


def oracles(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """A unique key across tenants tells one what another has. Primary keys may be of id alone."""
    _, other = tenants.rows(table)
    for key in table.keys:
        if key.primary or any(n and table.by_number[n] is table.tenant for n in key.columns):
            continue
        mine = tenants.new(table, tenants.a)
        taken = {n: other.values[n] for n in _copied(table, key) if n in other.values}
        insert = mine.statement(taken, own_keys=False)
        outcome = tenants.attempt(insert)
        if outcome.sqlstate != "23505" or outcome.constraint != key.name:
            continue
        columns = ", ".join(table.by_number[n].quoted for n in key.columns if n)
        rows = [*_other_parents(mine.family()[:-1], None), *other.family()]
        yield Leak(
            "oracle",
            table,
            f"learns what another tenant has: unique key {key.name} on"
            f" ({columns or 'an expression'}) spans tenants",
            tenants.script(
                table, rows, insert, "INSERT", "fails with 23505, since B has the value"
            ),
            f"begin the key with the tenant: UNIQUE (tenant_id{', ' if columns else ''}{columns})",
        )


def control(tenants: Tenants, table: Table) -> Leak | None:
    """Whether a tenant sees and changes its own row; where not, nothing else is proved.

    Raises `NoRowError` where something other than row security stands in the way.
    """
    mine, _ = tenants.rows(table)
    column = tenant_column(table)
    name, where = table.qualified, mine.condition()
    insert = tenants.new(table, tenants.a).statement(own_keys=False)
    for sentence, command, statement in (
        ("does not see its own row", "SELECT", f"SELECT {column} FROM {name} WHERE {where}"),
        ("cannot add a row of its own", "INSERT", insert),
        ("cannot change its own row", "UPDATE",
         f"UPDATE {name} SET {column} = {column} WHERE {where}"),
        ("cannot delete its own row", "DELETE", f"DELETE FROM {name} WHERE {where}"),
    ):  # fmt: skip
        outcome = tenants.through(table, statement)
        if command == "INSERT" and outcome.passed:
            continue  # a tenant that may have one row only has it already
        broken = command == "SELECT" or outcome.sqlstate[:2] in _POLICY_FAILS
        if outcome.sqlstate and not outcome.refused and not broken:
            raise NoRowError(
                f"{table.label}: its rows cannot be tried out: {command} of an ordinary row fails"
                f" with {outcome.sqlstate}: {outcome.message}"
            )
        if outcome.count < 1:
            said = f" ({outcome.message})" if outcome.message else ""
            script = tenants.script(
                table, mine.family(), statement, command, "should reach A's own row"
            )
            return Leak("control", table, f"{sentence}{said}", script)
    return None


def access(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """Reading, adding, changing, deleting and moving rows across tenants."""
    mine, other = tenants.rows(table)
    name, column = table.qualified, tenant_column(table)
    own = tenants.count_of(table, tenants.a)
    kind = table.tenant.type if table.tenant else ""
    to_a, to_b = (f"{quote(each)}::{kind}" for each in (tenants.a, tenants.b))

    def leak(kind: str, sentence: str, statement: str, command: str, seen: Outcome) -> Leak:
        row = mine if kind == "move" else other
        comment = "reaches B's row" if kind in {"read", "delete"} else seen.comment
        triggers = not seen.without_triggers
        script = tenants.script(table, row.family(), statement, command, comment, triggers=triggers)
        return Leak(kind, table, sentence, script)

    read = f"SELECT * FROM {name} WHERE {column} IS DISTINCT FROM {to_a}"
    seen = tenants.through(table, read)
    if seen.count:
        yield leak("read", "reads rows of another tenant", read, "SELECT", seen)

    added = tenants.new(table, tenants.b)
    insert = added.statement(own_keys=False)
    seen = tenants.through(table, insert)
    _only_row_security(table, "INSERT", seen)
    if seen.passed:
        parents, triggers = added.family()[:-1], not seen.without_triggers
        script = tenants.script(table, parents, insert, "INSERT", seen.comment, triggers=triggers)
        yield Leak("insert", table, "adds rows to another tenant", script)

    # Without WHERE and without reading a column, policies for SELECT do not protect an UPDATE.
    steal = f"UPDATE {name} SET {column} = {to_a}"
    seen = tenants.through(table, steal)
    if seen.count > own or (seen.sqlstate and seen.passed):
        yield leak("update", "takes over rows of another tenant", steal, "UPDATE", seen)
    else:
        touch = f"UPDATE {name} SET {column} = {column} WHERE {column} IS DISTINCT FROM {to_a}"
        seen = tenants.through(table, touch)
        if seen.count:
            yield leak("update", "changes rows of another tenant", touch, "UPDATE", seen)

    move = f"UPDATE {name} SET {column} = {to_b}"
    seen = tenants.through(table, move)
    _only_row_security(table, "UPDATE", seen)
    if seen.count or (seen.sqlstate and seen.passed):
        yield leak("move", "moves rows to another tenant", move, "UPDATE", seen)

    delete = f"DELETE FROM {name}"
    seen = tenants.through(table, delete)
    if seen.count > own:
        yield leak("delete", "deletes rows of another tenant", delete, "DELETE", seen)


def without_tenant(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """Sessions that are nobody's."""
    _, other = tenants.rows(table)
    name = table.qualified
    read = f"SELECT * FROM {name}"

    def leak(
        sentence: str, statement: str, command: str, who: Entry, seen: Outcome, used: bool = False
    ) -> Leak:
        comment = seen.comment if command == "INSERT" else "reaches B's row"
        script = tenants.script(
            table, other.family(), statement, command, comment,
            who=who, triggers=not seen.without_triggers, used=used,
        )  # fmt: skip
        return Leak("nobody", table, sentence, script)

    nobodies = tenants.sessions.nobodies()
    ways: list[tuple[str, Entry]] = [("without any tenant", ())]
    ways += [(f"with {label}", entry) for label, entry in nobodies]
    # Settings that were once set read '' and not NULL.
    ways.append(("on a connection that was a tenant's before", ()))
    for number in _to_try(tenants, table, [(entry, read) for _, entry in ways], reads=True):
        label, entry = ways[number]
        seen = tenants.attempt(read, entry, session=tenants.app if number else tenants.bare)
        if seen.count:
            used = bool(number) and not entry
            yield leak(f"{label} reads rows", read, "SELECT", entry, seen, used)
            break
    writes = (
        ("INSERT", tenants.new(table, tenants.a).statement(own_keys=False)),
        ("UPDATE",
         f"UPDATE {name} SET {tenant_column(table)} = {quote(tenants.a)}::{_type(table)}"),
        ("DELETE", f"DELETE FROM {name}"),
    )  # fmt: skip
    for command, statement in writes:
        entries: list[Entry] = [(), *(entry for _, entry in nobodies[:2]), ()]
        probes = [(entry, statement) for entry in entries]
        for number in _to_try(tenants, table, probes, reads=False):
            who, session = entries[number], tenants.app if number else tenants.bare
            seen = tenants.through(table, statement, who, session=session)
            if seen.count or (seen.sqlstate and seen.passed):
                used = bool(number) and not who
                sentence = f"without any tenant may {command}"
                yield leak(sentence, statement, command, who, seen, used)
                break


def _to_try(
    tenants: Tenants, table: Table, probes: list[tuple[Entry, str]], *, reads: bool
) -> list[int]:
    """Which probes to try alone: the first is for a session that never was a tenant's."""
    tenants.attempts += len(probes)
    first = screened(tenants.bare, probes[:1], table.name, reads=reads)
    rest = screened(tenants.app, probes[1:], table.name, reads=reads)
    return [*first, *(number + 1 for number in rest)]


def truncate(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """TRUNCATE passes by row security."""
    if "TRUNCATE" not in tenants.grants.get(table.oid, frozenset()):
        return
    statement = f"TRUNCATE {table.qualified} CASCADE"
    if not tenants.attempt(statement).sqlstate:
        _, other = tenants.rows(table)
        script = tenants.script(table, other.family(), statement, "TRUNCATE", "removes B's row")
        yield Leak("truncate", table, "empties the table of all tenants", script)


def _type(table: Table) -> str:
    return table.tenant.type if table.tenant else "uuid"


def _copied(table: Table, key: Key) -> tuple[int, ...]:
    """The columns that a second row needs to collide on a key: of an expression, all of them."""
    if all(key.columns):
        return key.columns
    primary = table.primary.columns if table.primary else ()
    return tuple(
        column.number
        for column in table.columns
        if column is not table.tenant and column.number not in primary
    )


def _other_parents(rows: list[Row], target: Table | None) -> list[Row]:
    return [row for row in rows if target is None or row.table.oid != target.oid]


def _only_row_security(table: Table, command: str, outcome: Outcome) -> None:
    if not outcome.passed and not outcome.refused:
        raise NoRowError(
            f"{table.label}: not row security but something else stopped an {command} for another"
            f" tenant: {outcome.sqlstate}: {outcome.message}"
        )

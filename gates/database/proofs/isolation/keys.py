"""Keys across tenants: foreign keys that accept another's row, and keys that tell what it has."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.catalog_state.tables import Key, Table
from gates.database.proofs.tenants.outcomes import Leak
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row, TakenError


def references(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """A foreign key that accepts the row of another tenant."""
    for reference in table.references:
        target = tenants.maker.tables[reference.target]
        numbers = reference.columns
        pairs = list(zip(numbers, reference.target_columns, strict=True))
        if target.tenant is None or any(
            table.by_number[n] is table.tenant and target.by_number[theirs] is target.tenant
            for n, theirs in pairs
        ):
            continue
        parent = tenants.maker.first(target, tenants.b, 501)
        mine = tenants.new(table, tenants.a)
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
            tenants.script(
                table, rows, insert, "INSERT", "accepted, though it refers to B's row"
            ).replace("\nROLLBACK;", "\nSET CONSTRAINTS ALL IMMEDIATE;\nROLLBACK;"),
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
        outcome = tenants.attempt([insert, "SET CONSTRAINTS ALL IMMEDIATE"])
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


_UNTRIED = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::oid AND NOT i.indisprimary
        AND (i.indpred IS NOT NULL AND (i.indisunique OR i.indisexclusion)
            OR i.indisunique AND 0 = ANY (i.indkey::int2[]))
        AND NOT %s = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) ORDER BY 1"""


def untried(tenants: Tenants, table: Table, told: str) -> Iterator[str]:
    """A sentence for each key without tenant_id that holds for some rows, or of an expression, and
    did not collide: for other rows it may. `told` is what was found already."""
    tenant = table.tenant
    number = tenant.number if tenant is not None else 0
    for (name,) in tenants.owner.execute(_UNTRIED, (table.oid, number)).fetchall():
        if name not in told:
            yield (
                f"{table.label}: for the rows that it holds, the key {name} may tell what another"
                " tenant has; begin it with tenant_id"
            )


def exclusions(tenants: Tenants, table: Table) -> Iterator[Leak]:
    """An exclusion constraint across tenants tells one what another has."""
    if not table.exclusions:
        return
    _, other = tenants.rows(table)
    primary = table.primary.columns if table.primary else ()
    mine = tenants.new(table, tenants.a)
    taken = {
        number: value
        for number, value in other.values.items()
        if table.by_number[number] is not table.tenant and number not in primary
    }
    insert = mine.statement(taken, own_keys=False)
    outcome = tenants.attempt([insert, "SET CONSTRAINTS ALL IMMEDIATE"])
    if outcome.sqlstate == "23P01" and outcome.constraint in table.exclusions:
        rows = [*mine.family()[:-1], *other.family()]
        yield Leak(
            "oracle",
            table,
            f"learns what another tenant has: exclusion constraint {outcome.constraint} spans"
            " tenants",
            tenants.script(
                table, rows, insert, "INSERT", "fails with 23P01, since B has the value"
            ),
            "begin it with the tenant: EXCLUDE USING gist (tenant_id WITH =, ...)",
        )


def blocked_by_key(tenants: Tenants, taken: TakenError) -> Leak | None:
    """A unique key or exclusion constraint by which tenant B can have no row at all, since tenant A
    has one. None for a key of the table's own ids, or of the tenant: there the row was made badly.
    """
    row, table = taken.row, taken.row.table
    known = tenants.maker.made.get((table.oid, tenants.a))
    if known is None or table.tenant is None:
        return None
    fix = "begin it with the tenant: EXCLUDE USING gist (tenant_id WITH =, ...)"
    state, what = "23P01", f"exclusion constraint {taken.key}"
    if taken.key not in table.exclusions:
        key = next((each for each in table.keys if each.name == taken.key), None)
        if key is None or key.primary or table.tenant.number in key.columns:
            return None
        columns = ", ".join(table.by_number[n].quoted for n in key.columns if n)
        state, what = "23505", f"unique key {key.name} on ({columns or 'an expression'})"
        joined = f"{', ' if columns else ''}{columns}"
        fix = f"begin the key with the tenant: UNIQUE (tenant_id{joined})"
    insert = row.statement()
    rows = [*known.family(), *(each for each in row.family()[:-1] if each not in known.family())]
    return Leak(
        "oracle",
        table,
        f"learns what another tenant has, and can have no row beside it: {what} spans tenants",
        tenants.script(
            table, rows, insert, "INSERT", f"fails with {state}, since A has a row",
            who=tenants.sessions.enter(tenants.b),
        ),
        fix,
    )  # fmt: skip


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

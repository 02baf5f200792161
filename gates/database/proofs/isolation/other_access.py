"""More ways from one tenant to another: COPY, MERGE, upserts, claims, other roles, sequences, and
membership in the role that owns the tables."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.calls import membership
from gates.database.proofs.isolation.probe_statements import Probes
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.outcomes import Leak, tenant_column
from gates.database.proofs.tenants.replay import MEMBER
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.values import quote
from gates.database.tenant_session import APP

if TYPE_CHECKING:
    from gates.database.tenant_session import Entry

_SEQUENCES = """
    SELECT n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
        c.relname, r
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN unnest(%s::text[]) r
    WHERE c.relkind = 'S' AND c.relowner = %s::regrole
        AND has_sequence_privilege(r, c.oid, 'UPDATE') ORDER BY 1, 4"""
_OTHERS = ("authenticated", "anon")
_MEMBERSHIP = (
    "SELECT pg_has_role({role}, relowner, 'MEMBER') FROM pg_class"
    " WHERE oid = {table}::regclass;  -- " + MEMBER
)


def other_commands(probes: Probes) -> Iterator[Leak]:
    """The same access by other statements: COPY, MERGE, ON CONFLICT DO UPDATE, row_security."""
    tenants, table = probes.tenants, probes.table
    mine, other = tenants.rows(table)
    name, column = table.qualified, tenant_column(table)

    def leak(kind: str, sentence: str, statement: str, command: str) -> Leak:
        whose, theirs = probes.reached()
        rows = [*mine.family()[:-1], *theirs]
        script = tenants.script(table, rows, statement, command, f"reaches {whose}'s row")
        return Leak(kind, table, sentence, script)

    read, off = probes.read, probes.unfiltered
    if probes.open(read, off) and tenants.attempt(read, off).count:
        yield leak("read", "reads rows of another tenant", f"{off[-1]};\n{read}", "SELECT")
    # COPY reads through the policies as SELECT does ("Notes" of COPY): tried where they are odd.
    copied = tenants.copied(table) if probes.loose else ""
    if any(each in copied for each in probes.others):
        yield leak("read", "copies rows of another tenant", f"COPY {name} TO STDOUT", "SELECT")
    merge = probes.merge
    if probes.merges and probes.open(merge) and tenants.through(table, merge).count:
        yield leak("update", "takes over rows of another tenant by MERGE", merge, "UPDATE")
    for key in table.keys:
        inside = any(number and table.by_number[number] is table.tenant for number in key.columns)
        if inside or key.partial or not all(key.columns):
            continue
        taken = {n: other.values[n] for n in key.columns if n in other.values}
        names = ", ".join(table.by_number[n].quoted for n in key.columns)
        upsert = (
            f"{tenants.new(table, tenants.a).statement(taken)} ON CONFLICT ({names})"
            f" DO UPDATE SET {column} = EXCLUDED.{column}"
        )
        if len(taken) == len(key.columns) and tenants.through(table, upsert).count:
            sentence = "takes over rows of another tenant by ON CONFLICT DO UPDATE"
            yield leak("update", sentence, upsert, "UPDATE")


def other_roles(tenants: Tenants, table: Table, policies: Sequence[RowPolicy]) -> Iterator[Leak]:
    """Policies and grants for the platform's other sessions."""
    _, other = tenants.rows(table)
    own = [each for each in policies if each.table == table.oid]
    read = f"SELECT * FROM {table.qualified} WHERE {tenant_column(table)} = {quote(tenants.b)}"
    granted = {
        row[0]
        for row in tenants.owner.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE has_table_privilege(r, %s::oid, 'SELECT')",
            (list(_OTHERS), table.oid),
        )
    }
    for role in _OTHERS:
        if role not in granted and not any(role in each.roles for each in own):
            continue
        if role not in granted:
            tenants.owner.execute(f"GRANT SELECT ON {table.qualified} TO {role}")
        entries: tuple[tuple[str, Entry], ...] = (
            ("of one tenant", tenants.as_a),
            ("of nobody", ()),
        )
        for label, entry in entries:
            session = tenants.app if entry else tenants.bare
            if tenants.attempt(read, entry, session=session, role=role).count:
                script = (
                    tenants.script(
                        table, other.family(), read, "SELECT", "reaches B's row", who=entry
                    )
                    .replace(f"TO {APP};", f"TO {role};")
                    .replace(f"SET LOCAL ROLE {APP};", f"SET LOCAL ROLE {role};")
                )
                if not any(line.startswith("GRANT") for line in script.splitlines()):
                    grant = f"GRANT SELECT ON {table.qualified} TO {role};\nSET LOCAL ROLE"
                    script = script.replace("SET LOCAL ROLE", grant, 1)
                sentence = f"{label} as the role {role} reads rows of another tenant"
                yield Leak("role", table, sentence, script)
                break


def crossed_claims(probes: Probes) -> Iterator[Leak]:
    """Claims of one tenant that name another where a tenant is not to be read."""
    tenants, table, read = probes.tenants, probes.table, probes.read
    for label, entry in probes.crossed:
        if probes.open(read, entry) and tenants.attempt(read, entry).count:
            whose, rows = probes.reached(entry)
            script = tenants.script(
                table, rows, read, "SELECT", f"reaches {whose}'s row", who=entry
            )
            yield Leak("claims", table, f"that {label} reads rows of that tenant", script)
            return


def outside_tables(
    tenants: Tenants, owner_name: str, tables: Sequence[Table]
) -> Iterator[Exposure]:
    """What belongs to no table: sequences that may be set, and membership in the owner's role."""
    roles = [APP, *_OTHERS]
    for label, quoted, name, role in tenants.owner.execute(
        _SEQUENCES, (roles, owner_name)
    ).fetchall():
        statement = f"SELECT setval('{quoted}', 1)"
        yield Exposure(
            Exposed(f"sequence {label}", name, (statement,)),
            f"may be set by {role}: one tenant decides which numbers the rows of all get",
            "\n".join(
                ["BEGIN;", f"SET LOCAL ROLE {role};", f"{statement};  -- for all tenants",
                 "ROLLBACK;"]
            ),
            f"REVOKE UPDATE ON SEQUENCE {quoted} FROM {role};",
        )  # fmt: skip
    for role in membership(tenants.owner, owner_name) if tables else ():
        yield Exposure(
            Exposed(f"role {role}", role, ()),
            "is a member of the role that owns the tables, which passes by row security",
            _MEMBERSHIP.format(role=quote(role), table=quote(tables[0].qualified)),
            f"REVOKE the membership from {role}",
        )

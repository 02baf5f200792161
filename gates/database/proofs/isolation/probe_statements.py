"""The statements that tenants try on one table, all at once in two round trips.

Only what came out otherwise than it must is tried again alone (`probes`), and said.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.batch import Probe, screened
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.rows.values import quote
from gates.database.tenant_session import Entry
from gates.records import dataclass

_MERGE_SINCE = 150000

Named = tuple[str, Entry]
"""A session and how to call it."""


@dataclass(frozen=True)
class Probes:
    """The statements of the probes on one table, and which of them must be tried alone."""

    tenants: Tenants
    table: Table
    own: int
    """How many rows tenant A has."""
    loose: bool = False
    """Whether a policy is something else than the platform's own comparison."""
    claiming: Sequence[Named] = ()
    """Sessions of tenant A with claims that may open something."""

    @cached_property
    def control(self) -> list[tuple[str, str, str]]:
        """What tenant A must be able to do: a sentence where it cannot, the command, the SQL."""
        mine, _ = self.tenants.rows(self.table)
        column, name, where = tenant_column(self.table), self.table.qualified, mine.condition()
        insert = self.tenants.new(self.table, self.tenants.a).statement(own_keys=False)
        return [
            ("does not see its own row", "SELECT", f"SELECT {column} FROM {name} WHERE {where}"),
            ("cannot add a row of its own", "INSERT", insert),
            ("cannot change its own row", "UPDATE",
             f"UPDATE {name} SET {column} = {column} WHERE {where}"),
            ("cannot delete its own row", "DELETE", f"DELETE FROM {name} WHERE {where}"),
        ]  # fmt: skip

    def granted(self, command: str) -> bool:
        """Whether the application itself may run a command on the table, with a WHERE."""
        has = self.tenants.grants.get(self.table.oid, frozenset())
        return command in has and (command == "INSERT" or "SELECT" in has)

    @cached_property
    def read(self) -> str:
        """Rows of other tenants."""
        name, column = self.table.qualified, tenant_column(self.table)
        return f"SELECT * FROM {name} WHERE {column} IS DISTINCT FROM {self.id(self.tenants.a)}"

    @cached_property
    def read_any(self) -> str:
        """Any row."""
        return f"SELECT * FROM {self.table.qualified}"

    @cached_property
    def steal(self) -> str:
        """Take over every row. Without WHERE and without reading a column, policies for SELECT do
        not protect an UPDATE."""
        column = tenant_column(self.table)
        return f"UPDATE {self.table.qualified} SET {column} = {self.id(self.tenants.a)}"

    @cached_property
    def touch(self) -> str:
        """Change rows of other tenants."""
        name, column = self.table.qualified, tenant_column(self.table)
        where = f"{column} IS DISTINCT FROM {self.id(self.tenants.a)}"
        return f"UPDATE {name} SET {column} = {column} WHERE {where}"

    @cached_property
    def delete(self) -> str:
        """Remove every row."""
        return f"DELETE FROM {self.table.qualified}"

    @cached_property
    def others(self) -> tuple[str, str]:
        """The tenants on both sides of A."""
        return self.tenants.b, self.tenants.c

    @cached_property
    def merge(self) -> str:
        """Take over rows of other tenants by MERGE (since PostgreSQL 15)."""
        to_a, column = self.id(self.tenants.a), tenant_column(self.table)
        return (
            f"MERGE INTO {self.table.qualified} AS t USING (SELECT 1) AS s ON t.{column} <> {to_a}"
            f" WHEN MATCHED THEN UPDATE SET {column} = {to_a}"
        )

    @cached_property
    def merges(self) -> bool:
        """Whether the server knows MERGE."""
        return self.tenants.owner.info.server_version >= _MERGE_SINCE

    @cached_property
    def unfiltered(self) -> Entry:
        """Tenant A, who asks for an error instead of hidden rows."""
        return (*self.tenants.as_a, "SET LOCAL row_security = off")

    @cached_property
    def crossed(self) -> tuple[Named, ...]:
        """Sessions of tenant A whose claims name B where a tenant is not to be read."""
        return self.tenants.sessions.crossed(self.tenants.a, self.tenants.b) if self.loose else ()

    def add(self, tenant: str) -> str:
        """Add a row of a tenant. Foreign keys are gone meanwhile: a row of C may refer to B's."""
        replaced = {}
        if tenant == self.tenants.c and self.table.tenant is not None:
            replaced = {self.table.tenant.number: self.id(tenant)}
        known = tenant if not replaced else self.tenants.b
        return self.tenants.new(self.table, known).statement(replaced, own_keys=False)

    def move(self, tenant: str) -> str:
        """Give every row to a tenant."""
        column = tenant_column(self.table)
        return f"UPDATE {self.table.qualified} SET {column} = {self.id(tenant)}"

    def id(self, tenant: str) -> str:
        """A tenant's id as the table has it."""
        kind = self.table.tenant.type if self.table.tenant else "uuid"
        return f"{quote(tenant)}::{kind}"

    def across(self, given: Entry) -> list[Probe]:
        """What a session of tenant A tries on the others."""
        statements = [(self.read, 0), (self.steal, self.own), (self.touch, 0)]
        for other in self.others:
            statements += [(self.add(other), 0), (self.move(other), 0)]
        statements.append((self.delete, self.own))
        return [Probe(given, each, most) for each, most in statements]

    @cached_property
    def opening(self) -> list[tuple[str, Probe]]:
        """What sessions with claims or with a pattern for a tenant try, and how to call it."""
        if not self.loose:
            return []
        added = self.add(self.tenants.b)
        across = [(self.read, 0), (added, 0), (self.steal, self.own), (self.delete, self.own)]
        found = [
            (label, Probe(entry, statement, most, lenient=statement == self.read))
            for label, entry in self.claiming
            for statement, most in across
        ]
        mine = self.tenants.new(self.table, self.tenants.a).statement(own_keys=False)
        for label, entry in self.tenants.sessions.patterns():
            found.append((label, Probe(entry, self.read_any, lenient=True)))
            found.append((label, Probe(entry, mine)))
        return found

    @cached_property
    def nobodies(self) -> list[tuple[str, Entry]]:
        """Sessions without a tenant; the first is on a connection that never had one. What odd
        claims do to the platform's own comparison is the same for every table that has it."""
        listed = self.tenants.sessions.nobodies()
        return [
            ("without any tenant", ()),
            *((f"with {label}", entry) for label, entry in listed[: None if self.loose else 3]),
            # Settings that were once set read '' and not NULL.
            ("on a connection that was a tenant's before", ()),
        ]

    @cached_property
    def writes(self) -> list[tuple[str, str]]:
        """What no session without a tenant may do."""
        insert = self.tenants.new(self.table, self.tenants.a).statement(own_keys=False)
        return [("INSERT", insert), ("UPDATE", self.steal), ("DELETE", self.delete)]

    @cached_property
    def writers(self) -> list[Entry]:
        """Sessions without a tenant that try to write; the first as above."""
        listed = self.tenants.sessions.nobodies()[0 if self.loose else 1 : 2]
        return [(), *(entry for _, entry in listed), ()]

    @cached_property
    def _alone(self) -> tuple[set[tuple[Entry, str]], set[str]]:
        """The probes that are to be tried alone, in the used session and in the one that is not."""
        as_a = self.tenants.as_a
        used = [Probe(as_a, each, most=1, least=1) for _, _, each in self.control]
        used += self.across(as_a)
        used += [each for _, each in self.opening]
        used.append(Probe(self.unfiltered, self.read, lenient=True))
        used += [Probe(entry, self.read, lenient=True) for _, entry in self.crossed]
        if self.merges:
            used.append(Probe(as_a, self.merge))
        used += [Probe(entry, self.read_any, lenient=True) for _, entry in self.nobodies[1:]]
        used += [Probe(entry, each) for _, each in self.writes for entry in self.writers[1:]]
        never = [Probe((), self.read_any, lenient=True)]
        never += [Probe((), each) for _, each in self.writes]
        self.tenants.attempts += len(used) + len(never)
        found = screened(self.tenants.app, used, self.table.name)
        bare = screened(self.tenants.bare, never, self.table.name)
        return (
            {(used[each].given, used[each].statement) for each in found},
            {never[each].statement for each in bare},
        )

    def open(self, statement: str, given: Entry | None = None, *, used: bool = True) -> bool:
        """Whether a probe is to be tried alone; of tenant A, if nothing else is said."""
        in_used, in_bare = self._alone
        if not used:
            return statement in in_bare
        return (self.tenants.as_a if given is None else given, statement) in in_used

    def reached(self, given: Entry | None = None, *, used: bool = True) -> tuple[str, list[Row]]:
        """Whose row a script is to show, "B" or "C", and the rows that it makes: those of B, and of
        C where C's can be read and B's cannot."""
        _, other = self.tenants.rows(self.table)
        third = self.tenants.third(self.table)
        of_b = [*other.family(), *self.tenants.met_rows(self.table, self.tenants.b)]
        of_b = list(dict.fromkeys(of_b))
        if third is None or self._reads(self.tenants.b, given, used=used):
            return "B", of_b
        if not self._reads(self.tenants.c, given, used=used):
            return "B", of_b
        return "C", list(dict.fromkeys([*other.family(), *third.family()]))

    def _reads(self, tenant: str, given: Entry | None, *, used: bool) -> bool:
        """Whether a session reads rows of a tenant."""
        session = self.tenants.app if used else self.tenants.bare
        read = f"{self.read_any} WHERE {tenant_column(self.table)} = {self.id(tenant)}"
        return self.tenants.through(self.table, read, given, session=session).count > 0

"""Tenants with their rows, and one statement tried as either of them or as nobody.

The session is a login without rights of its own that acts as tenant_app_role, so that a module's
own functions cannot step out of it. Every attempt is a transaction of its own, rolled back: one
round trip where it works, two where it fails.
Attempts are made also for commands that the role has no grant for, on a copy of the database where
it has one: a policy must hold by itself.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.proofs.tenants.outcomes import Outcome, tenant_column
from gates.database.rows.make import Maker, Row, Wish
from gates.database.rows.other_values import changeable
from gates.database.rows.solve import NoRowError
from gates.database.tenant_session import APP, Entry, Sessions
from gates.records import dataclass, field, replace

if TYPE_CHECKING:
    import psycopg


_SEQUENCE = re.compile(r"nextval\('([^']+)'::regclass\)")


@dataclass
class Tenants:
    """Tenants A and B, and a third, in one clone. Not for several threads."""

    a: str
    b: str
    maker: Maker
    app: psycopg.Connection[tuple[Any, ...]]
    bare: psycopg.Connection[tuple[Any, ...]]
    """A session that never had claims: a setting that was once set reads '' and not NULL."""
    owner: psycopg.Connection[tuple[Any, ...]]
    grants: Mapping[int, frozenset[str]]
    """What tenant_app_role may really do, by table."""
    another: Callable[[], psycopg.Connection[tuple[Any, ...]]]
    """Opens one more session like `bare`."""
    c: str = ""
    """A third tenant, on the other side of A than B, whose rows are as empty as they may be."""
    limit: float = 60.0
    """Seconds after which the server ends a statement."""
    met: dict[int, list[Row]] = field(default_factory=dict)
    """By table, further rows of A and B that meet what its policies ask of a row, first those that
    may be added; before each of them rows of A in other tables that are asked for."""
    unusable: frozenset[tuple[str, str]] = frozenset()
    """What the application role has no USAGE of: "schema" or "sequence", and its quoted name."""
    attempts: int = 0
    _seed: int = 900
    _new: dict[tuple[int, str], Row] = field(default_factory=dict)

    @property
    def sessions(self) -> Sessions:
        """How a session becomes a tenant."""
        return self.maker.sessions

    @property
    def as_a(self) -> Entry:
        """What makes a session tenant A's."""
        return self.sessions.enter(self.a)

    def rows(self, table: Table) -> tuple[Row, Row]:
        """The row of tenant A and the row of tenant B. Raises `NoRowError`."""
        return self.maker.first(table, self.a, 1), self.maker.first(table, self.b, 501)

    def third(self, table: Table) -> Row | None:
        """The row of tenant C; None where the table takes none of it."""
        return self.maker.made.get((table.oid, self.c))

    def new(self, table: Table, tenant: str, *, again: bool = False) -> Row:
        """A row that is not there yet; what it refers to is. Raises `NoRowError`.

        The same one each time, since attempts are undone, unless it is wanted `again`. Where a
        unique key holds a reference, it refers to rows of its own.
        """
        known = self._new.get((table.oid, tenant))
        if known is not None and not again:
            return known
        self._seed += 1
        referring = {number for each in table.references for number in each.columns}
        if table.tenant is not None:
            referring.discard(table.tenant.number)
        fresh = any(referring & set(key.columns) for key in table.keys)
        wish = self._as_met(table, tenant) if tenant != self.a else None
        try:
            row = self.maker.plan(table, tenant, self._seed, fresh=fresh, wish=wish)
        except NoRowError:
            if wish is None:
                raise
            row = self.maker.plan(table, tenant, self._seed, fresh=fresh)
        self._new[table.oid, tenant] = row
        return row

    def planned(self, table: Table, tenant: str, wish: Wish) -> Row:
        """A row that is not there yet, as it is wished for. Raises `NoRowError`."""
        self._seed += 1
        return self.maker.plan(table, tenant, self._seed, wish=wish)

    def met_rows(self, table: Table, tenant: str) -> list[Row]:
        """The rows of a tenant among those of `met`, after the rows of any that they need."""
        met = self.met.get(table.oid, ())
        mine = [row for each in met if each.tenant == tenant for row in each.family()]
        asked = [row for each in met if each.table is not table for row in each.family()]
        return list(dict.fromkeys([*asked, *mine]))

    def _as_met(self, table: Table, tenant: str) -> Wish | None:
        """To have the values of such a row in what an application chooses."""
        met = self.met.get(table.oid, ())
        rows = [each for each in met if each.tenant == tenant and each.table is table]
        keyed = {number for key in table.keys for number in key.columns}
        free = [each for each in changeable(self.maker, table) if each.number not in keyed]
        values = {
            each.number: row.values[each.number]
            for row in rows[:1]
            for each in free
            if each.number in row.values
        }
        return Wish(None, values) if values else None

    def attempt(
        self,
        statements: str | Sequence[str],
        given: Entry | None = None,
        *,
        session: psycopg.Connection[tuple[Any, ...]] | None = None,
        role: str = APP,
    ) -> Outcome:
        """Try statements after some that say who it is (None: tenant A; empty: nobody), and undo
        them.

        The outcome is that of the last statement, or of the first that fails.
        """
        import psycopg

        session = session or self.app
        given = self.as_a if given is None else given
        self.attempts += 1
        tried = [statements] if isinstance(statements, str) else statements
        become = [] if role == APP else [f"SET LOCAL ROLE {role}"]
        batch = ["BEGIN", *become, *given, *tried, "ROLLBACK"]
        try:
            cursor = session.execute("; ".join(batch))
            counts = [cursor.rowcount]
            while cursor.nextset():
                counts.append(cursor.rowcount)
            return Outcome(max(counts[-2], 0))
        except psycopg.Error as error:
            diag = error.diag
            said = diag.message_primary or str(error)
            session.execute("ROLLBACK")
            return Outcome(
                0, diag.sqlstate or "", said, diag.constraint_name or "",
                raised_by=diag.source_function or "",
            )  # fmt: skip

    def through(
        self,
        table: Table,
        statement: str,
        given: Entry | None = None,
        *,
        session: psycopg.Connection[tuple[Any, ...]] | None = None,
    ) -> Outcome:
        """Like `attempt`; where not the table's own row security but a trigger of the module stops
        the statement (also by what it writes elsewhere), without the table's triggers."""
        outcome = self.attempt(statement, given, session=session)
        if not outcome.sqlstate or (outcome.refused and f'"{table.name}"' in outcome.message):
            return outcome
        return self.attempt_without_triggers(table, statement, given, session=session)

    def attempt_without_triggers(
        self,
        table: Table,
        statements: str | Sequence[str],
        given: Entry | None = None,
        *,
        session: psycopg.Connection[tuple[Any, ...]] | None = None,
    ) -> Outcome:
        """Like `attempt`, while the table's triggers are disabled."""
        self.owner.execute(f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER")
        try:
            return replace(self.attempt(statements, given, session=session), without_triggers=True)
        finally:
            self.owner.execute(f"ALTER TABLE {table.qualified} ENABLE TRIGGER USER")

    def copied(self, table: Table) -> str:
        """What COPY gives tenant A of a table; "" where it is refused."""
        import psycopg

        self.attempts += 1
        found: list[bytes] = []
        try:
            self.app.execute("; ".join(["BEGIN", *self.as_a]))
            with (
                self.app.cursor() as cursor,
                cursor.copy(f"COPY {table.qualified} TO STDOUT") as copy,
            ):
                found += [bytes(each) for each in copy]
        except psycopg.Error:
            found = []
        finally:
            self.app.execute("ROLLBACK")
        return b"".join(found).decode("utf-8", "replace")

    def counts(self, tables: Sequence[Table], tenant: str) -> dict[int, int]:
        """How many rows a tenant really has, by table."""
        parts = [
            f"SELECT {table.oid}, count(*) FROM {table.qualified}"
            f" WHERE {tenant_column(table)}::text = %(t)s"
            for table in tables
        ]
        if not parts:
            return {}
        return dict(self.owner.execute(" UNION ALL ".join(parts), {"t": tenant}).fetchall())

    def script(
        self,
        table: Table,
        rows: Sequence[Row],
        statement: str,
        command: str,
        comment: str,
        *,
        who: Entry | None = None,
        triggers: bool = True,
        used: bool = False,
        as_granted: bool = False,
    ) -> str:
        """The smallest script that shows something: rows, role, who it is (None: tenant A; empty:
        nobody), statement.

        `used` has it happen on a connection that was a tenant's before; `as_granted` grants the
        role nothing for it. `command` is what the
        role needs a grant for on `table`. Without `triggers`, the table's
        are disabled first.
        """
        who = self.as_a if who is None else who
        lines = ["BEGIN;", *(f"{each};" for each in self.as_a), "ROLLBACK;"] if used else []
        lines += ["BEGIN;", *self.made(rows, enter=who != ())]
        lines += [] if as_granted else self.missing_grants(table, command)
        if not triggers:
            disable = f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER;"
            lines.append(f"{disable}  -- they stop it now, but no policy does")
        lines.append(f"SET LOCAL ROLE {APP};")
        lines += [f"{each};" for each in who]
        lines += [f"{statement};  -- {comment}", "ROLLBACK;"]
        return "\n".join(lines)

    def made(self, rows: Sequence[Row], *, enter: bool = True) -> list[str]:
        """Lines of a script that make rows, each as a session of its tenant (or of nobody)."""
        deferrable = any(ref.deferrable for row in rows for ref in row.table.references)
        lines = ["SET CONSTRAINTS ALL DEFERRED;"] if deferrable else []
        tenant = None
        for row in rows:
            if row.tenant != tenant and enter:
                tenant = row.tenant
                name = {self.a: "A", self.b: "B"}.get(tenant, "C")
                first, *rest = self.sessions.enter(tenant)
                lines += [f"{first};  -- tenant {name}", *(f"{each};" for each in rest)]
            lines.append(f"{row.statement()};")
        return lines

    def around(self, table: Table, statements: Sequence[str]) -> str:
        """A script that runs statements as tenant A and then shows the audit trail."""
        return "\n".join(
            [
                "BEGIN;",
                *self.missing_grants(table, "INSERT"),
                *self.missing_grants(table, "UPDATE"),
                f"SET LOCAL ROLE {APP};",
                *(f"{each};" for each in self.as_a),
                *statements,
                "SELECT table_name, operation, row_id FROM public.audit_logs;",
                "ROLLBACK;",
            ]
        )

    def missing_grants(self, table: Table, command: str) -> list[str]:
        """GRANT statements for what the application role lacks to run `command` with a WHERE."""
        return [*(f"{each};  -- not granted as yet" for each in self.unused(table, command)),
                *self._missing_on(table, command)]  # fmt: skip

    def unused(self, table: Table, command: str = "INSERT") -> list[str]:
        """GRANT statements for the schema of a table, and for the sequences that an INSERT takes
        numbers from, where the application role may not use them."""
        found = []
        schema = table.qualified.partition(".")[0]
        if ("schema", schema) in self.unusable:
            found.append(f"GRANT USAGE ON SCHEMA {schema} TO {APP}")
        for column in table.columns if command == "INSERT" else ():
            named = _SEQUENCE.match(column.default or "")
            if named and ("sequence", named[1]) in self.unusable:
                found.append(f"GRANT USAGE ON SEQUENCE {named[1]} TO {APP}")
        return found

    def _missing_on(self, table: Table, command: str) -> list[str]:
        has = self.grants.get(table.oid, frozenset())
        wanted = {command} if command in {"SELECT", "INSERT", "TRUNCATE"} else {command, "SELECT"}
        return [
            f"GRANT {each} ON {table.qualified} TO {APP};  -- not granted as yet"
            for each in sorted(wanted - has)
        ]

"""Two tenants with their rows, and one statement tried as either of them or as nobody.

The session is a login without rights of its own that acts as tenant_app_role, so that a module's
own functions cannot step out of it. Every attempt is a transaction of its own, rolled back.
Attempts are made also for commands that the role has no grant for, on a copy of the database where
it has one: a policy must hold by itself.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gates.database.rows import Maker, Row, claims
from gates.database.tables import Table
from gates.database.values import quote

if TYPE_CHECKING:
    import psycopg

A = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
B = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
APP = "tenant_app_role"
EVERY_COMMAND = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Outcome:
    """What became of one statement: rows (read or touched), or PostgreSQL's error."""

    count: int = 0
    sqlstate: str = ""
    message: str = ""
    constraint: str = ""
    without_triggers: bool = False
    """The table's triggers were disabled for it."""

    @property
    def refused(self) -> bool:
        """Whether rights or row security stood in the way."""
        return self.sqlstate == "42501"

    @property
    def passed(self) -> bool:
        """Whether row security let it pass: it worked, or failed at what PostgreSQL looks at only
        after row security (ExecInsert and ExecUpdate in nodeModifyTable.c): unique and exclusion
        constraints, foreign keys."""
        return not self.sqlstate or self.sqlstate in {"23505", "23P01", "23503"}

    @property
    def comment(self) -> str:
        """What a reader of a script sees."""
        return "accepted" if not self.sqlstate else f"only {self.sqlstate} stops it"


@dataclass(frozen=True)
class Leak:
    """One way from one tenant to another, or a control that failed."""

    kind: str
    """"control", "read", "insert", "update", "move", "delete", "nobody", "truncate", "reference",
    "oracle"."""
    table: Table
    sentence: str
    """What a session does, beginning with a verb: "reads rows of another tenant"."""
    script: str
    """Runs as printed in psql, as a superuser, on a database with the migrations applied."""
    fix: str = ""


@dataclass
class Tenants:
    """Tenants A and B in one clone. Not for several threads."""

    maker: Maker
    app: psycopg.Connection[tuple[Any, ...]]
    bare: psycopg.Connection[tuple[Any, ...]]
    """A session that never had claims: a setting that was once set reads '' and not NULL."""
    owner: psycopg.Connection[tuple[Any, ...]]
    grants: Mapping[int, frozenset[str]]
    """What tenant_app_role may really do, by table."""
    attempts: int = 0
    _seed: int = 900

    def rows(self, table: Table) -> tuple[Row, Row]:
        """The row of tenant A and the row of tenant B. Raises `NoRowError`."""
        return self.maker.first(table, A, 1), self.maker.first(table, B, 501)

    def new(self, table: Table, tenant: str) -> Row:
        """A row that is not there yet; what it refers to is. Raises `NoRowError`.

        Where a unique key holds a reference, it refers to rows of its own.
        """
        self._seed += 1
        referring = {number for each in table.references for number in each.columns}
        if table.tenant is not None:
            referring.discard(table.tenant.number)
        fresh = any(referring & set(key.columns) for key in table.keys)
        return self.maker.plan(table, tenant, self._seed, fresh=fresh)

    def attempt(
        self,
        statements: str | Sequence[str],
        given: str | None = claims(A),
        *,
        session: psycopg.Connection[tuple[Any, ...]] | None = None,
    ) -> Outcome:
        """Try statements under some claims (None: without setting any), and undo them.

        The outcome is that of the last statement, or of the first that fails.
        """
        import psycopg

        session = session or self.app
        self.attempts += 1
        begin = "BEGIN"
        if given is not None:
            begin += f"; SELECT set_config('request.jwt.claims', {quote(given)}, true)"
        count = 0
        try:
            session.execute(begin)
            for statement in [statements] if isinstance(statements, str) else statements:
                count = max(session.execute(statement).rowcount, 0)
            return Outcome(count)
        except psycopg.Error as error:
            diag = error.diag
            said = diag.message_primary or str(error)
            return Outcome(0, diag.sqlstate or "", said, diag.constraint_name or "")
        finally:
            session.execute("ROLLBACK")

    def through(
        self,
        table: Table,
        statement: str,
        given: str | None = claims(A),
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
        given: str | None = claims(A),
        *,
        session: psycopg.Connection[tuple[Any, ...]] | None = None,
    ) -> Outcome:
        """Like `attempt`, while the table's triggers are disabled."""
        self.owner.execute(f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER")
        try:
            return replace(self.attempt(statements, given, session=session), without_triggers=True)
        finally:
            self.owner.execute(f"ALTER TABLE {table.qualified} ENABLE TRIGGER USER")

    def count_of(self, table: Table, tenant: str) -> int:
        """How many rows a tenant really has."""
        row = self.owner.execute(
            f"SELECT count(*) FROM {table.qualified} WHERE {tenant_column(table)}::text = %s",
            (tenant,),
        ).fetchone()
        return int(row[0]) if row else 0

    def script(
        self,
        table: Table,
        rows: Sequence[Row],
        statement: str,
        command: str,
        comment: str,
        *,
        who: str | None = claims(A),
        triggers: bool = True,
    ) -> str:
        """The smallest script that shows something: rows, role, claims (None: none), statement.

        `command` is what the role needs a grant for on `table`. Without `triggers`, the table's
        are disabled first.
        """
        lines = ["BEGIN;"]
        tenant = None
        for row in rows:
            if row.tenant != tenant and who is not None:
                tenant = row.tenant
                lines.append(set_claims(claims(tenant)))
            lines.append(f"{row.statement()};")
        lines += self.missing_grants(table, command)
        if not triggers:
            disable = f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER;"
            lines.append(f"{disable}  -- they stop it now, but no policy does")
        lines.append(f"SET LOCAL ROLE {APP};")
        if who is not None:
            lines.append(set_claims(who))
        lines += [f"{statement};  -- {comment}", "ROLLBACK;"]
        return "\n".join(lines)

    def around(self, table: Table, statements: Sequence[str]) -> str:
        """A script that runs statements as tenant A and then shows the audit trail."""
        return "\n".join(
            [
                "BEGIN;",
                *self.missing_grants(table, "INSERT"),
                *self.missing_grants(table, "UPDATE"),
                f"SET LOCAL ROLE {APP};",
                set_claims(claims(A)),
                *statements,
                "SELECT table_name, operation, row_id FROM public.audit_logs;",
                "ROLLBACK;",
            ]
        )

    def missing_grants(self, table: Table, command: str) -> list[str]:
        """GRANT statements for what the application role lacks to run `command` with a WHERE."""
        has = self.grants.get(table.oid, frozenset())
        wanted = {command} if command in {"SELECT", "INSERT", "TRUNCATE"} else {command, "SELECT"}
        return [
            f"GRANT {each} ON {table.qualified} TO {APP};  -- not granted as yet"
            for each in sorted(wanted - has)
        ]


def isolation_policy(table: Table) -> str:
    """The policy of the standard for a table."""
    return (
        f"CREATE POLICY tenant_isolation ON {table.qualified}\n"
        "    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)\n"
        "    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);"
    )


def tenant_column(table: Table) -> str:
    """The quoted name of the column that says whose a row is; only for tables that have one."""
    if table.tenant is None:
        raise ValueError(f"{table.label} has no tenant_id")
    return table.tenant.quoted


def set_claims(text: str) -> str:
    """The statement that makes a session one of the claims' tenant, until the transaction ends."""
    return f"SELECT set_config('request.jwt.claims', {quote(text)}, true);"

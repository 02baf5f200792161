"""Many calls over one set of rows, in one session: without B's rows and with them. What comes out
the same each time is settled; the rest is tried alone, by a script."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.depends import Trial
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.replay import Answer, run_as_printed
from gates.database.rows.values import quote
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Came:
    """What came of one call."""

    given: tuple[str, ...] = ()
    """The rows of the answer."""
    error: str = ""
    """SQLSTATE."""
    of_a: tuple[Any, ...] = ()
    """What A's rows are afterwards: one answer for each query."""
    of_b: tuple[Any, ...] = ()
    """What B's rows are afterwards: how many each table has, and a sum over them."""


@dataclass(frozen=True)
class Calls:
    """Calls of one view or function, and what is looked at after each."""

    trial: Trial
    become: str
    statements: Sequence[str]
    tables: Sequence[Table] = ()
    """Those of which B's rows are looked at; none for what cannot write."""
    of_a: bool = False
    """Whether A's rows are looked at where B's are not."""

    def both(self) -> Iterator[tuple[str, Came, Came, Came]]:
        """Each call with what came of it without B's rows, with them, and what B's rows were before
        it. It ends early where a call takes longer than its time limit."""
        nothing: list[Came] = []
        came: list[list[Came]] = [[], []]
        tenants = self.trial.tenants
        rows = (tenants.made(self.trial.rows_of_a), tenants.made(self.trial.rows_of_b))
        with contextlib.closing(self.trial.session()) as session:
            session.execute("BEGIN")
            for at, some in enumerate(rows):
                session.execute("\n".join(some or ["SELECT 1"]).encode())
                nothing.append(self._looked_at(session))
                came[at] += self._all(session)
        yield from zip(self.statements, *came, nothing[1:] * len(self.statements), strict=False)

    def _all(self, session: psycopg.Connection[tuple[Any, ...]]) -> Iterator[Came]:
        for statement in self.statements:
            self.trial.tenants.attempts += 1
            session.execute("SAVEPOINT call")
            answers = run_as_printed(session, f"{self.become};\n{statement}", self.trial.limit)
            if session.closed:
                return
            failed = next((each.error for each in answers if each.error), "")
            if failed:
                session.execute("ROLLBACK TO call")
                yield Came(error=failed)
                continue
            session.execute("RESET ROLE")
            looked = self._looked_at(session)
            session.execute("ROLLBACK TO call")
            yield Came(_sorted(answers), "", looked.of_a, looked.of_b)

    def _looked_at(self, session: psycopg.Connection[tuple[Any, ...]]) -> Came:
        if not (self.tables or self.of_a):
            return Came()
        asks = self.trial.asks
        of_a = tuple(tuple(sorted(map(str, session.execute(each.encode())))) for each in asks)
        b = quote(self.trial.tenants.b)
        of_b = tuple(
            session.execute(
                "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0) FROM"
                f" {table.qualified} AS r WHERE r.{tenant_column(table)}::text = {b}".encode()
            ).fetchone()
            for table in self.tables
        )
        return Came(of_a=of_a, of_b=of_b)


def settled(trials: Sequence[Trial], statements: Sequence[str]) -> set[str]:
    """The statements that run over every set of rows, without B's and with them, and leave A with
    the same: no trial of one shows anything. None where rows do not go in, or where there are no
    rows."""
    import psycopg

    left = list(dict.fromkeys(statements)) if trials else []
    for trial in trials if left else ():
        try:
            came = list(Calls(trial, "SELECT 1", left, of_a=True).both())
        except psycopg.Error:  # then each is tried by itself, which tells why
            return set()
        left = [
            statement
            for statement, without, given, _ in came
            if not (without.error or given.error) and without.of_a[:1] == given.of_a[:1]
        ]
    return set(left)


def _sorted(answers: Sequence[Answer]) -> tuple[str, ...]:
    return tuple(sorted(answers[-1].rows))

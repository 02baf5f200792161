"""Whether what a statement leaves with tenant A depends on the rows of tenant B: it is run without
them and with them, past row security, and what A then has is compared."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.parsing.script import parse
from gates.database.proofs.tenants.replay import (
    BEFORE,
    DEPENDS,
    PSQL_PATH,
    Answer,
    claim_holds,
    run_as_printed,
)
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.records import dataclass, replace

if TYPE_CHECKING:
    import psycopg

    from gates.database import Clone
    from gates.database.prepared.scratch import Scratch

NOTHING = "SELECT 1"
GAVE_UP = frozenset({"08", "53", "54", "57", "58", "XX"})
"""Classes of errors by which the server itself gives up."""
_OTHER_CAUSES = GAVE_UP | {"23", "40", "55"}
"""Classes of errors by which a statement that reads no other tenant's rows may fail where there are
more rows: a rule that they break, and what the server itself runs into."""


class NotRunError(Exception):
    """A statement of a script failed, with this SQLSTATE."""

    def __init__(
        self, sqlstate: str, *, at: int = 0, with_b: bool = False, raised: bool = False
    ) -> None:
        super().__init__(sqlstate)
        self.at = at
        """Which of the statements that are tried; -1 where rows do not go in."""
        self.with_b = with_b
        """Whether they ran without B's rows."""
        self.raised = raised
        """Whether code of the module raised it."""

    @property
    def tells(self) -> bool:
        """Whether it comes of reading B's rows: it comes since B has some, and neither of a key
        nor of the server."""
        told = self.raised or str(self)[:2] not in _OTHER_CAUSES
        return told and self.with_b and self.at >= 0


@dataclass(frozen=True)
class Trial:
    """One database with the rows that statements are tried on; all is undone."""

    tenants: Tenants
    where: Clone | Scratch
    rows_of_a: Sequence[Row]
    rows_of_b: Sequence[Row]
    asks: Sequence[str]
    """What A has, as queries; the next is asked where what the last one gives is never the same."""
    limit: float
    before: Sequence[str] = ()
    """The same of what is there before the statements, where they make more."""

    def shows(self, statement: str, *, inserts: bool = False) -> str:
        """The script that shows that what A has depends on B; "" where it does not. Raises
        `NotRunError`. With `inserts`, what B's rows do on their way in counts as well."""
        for ask in self.asks:
            if not self._run(statement, ask, self.rows_of_b):
                return ""
            if not self._run(statement, ask, []):
                itself = not inserts and self._differs_by_itself()
                return "" if itself else self._script(statement, ask)
            # What A has is another each time, B or no B: then how much it has is compared.
        return ""

    def _differs_by_itself(self) -> bool:
        """Whether B's rows alone, on their way in, change what A has."""
        ask, *_ = self.before or self.asks
        return self._run(NOTHING, ask, self.rows_of_b)

    def _run(self, statement: str, ask: str, rows_of_b: Sequence[Row]) -> bool:
        """Whether a script shows it. As printed but for the rows, which come all at once."""
        import psycopg

        self.tenants.attempts += 1
        session = self.session()
        answers: list[Answer] = []
        with contextlib.closing(session):
            for with_b, (rows, rest) in enumerate(self._steps(statement, ask, rows_of_b)):
                try:
                    session.execute(rows.encode())
                except psycopg.Error as failed:
                    raise NotRunError(failed.sqlstate or "", at=-1) from failed
                given = run_as_printed(session, rest, self.limit)
                for at, each in enumerate(given):
                    if each.error:
                        raise NotRunError(
                            each.error, at=at, with_b=bool(with_b), raised=each.raised
                        )
                answers += given
        return claim_holds(answers, self.tenants.a, self.tenants.b)

    def session(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A session as psql has one."""
        return self.where.workspace.connect(self.where.name, search_path=PSQL_PATH)

    def sifted(self, statement: str, few: Trial, *, beside_a: bool = False) -> Trial:
        """Without the rows over which a statement does not run, whether another tenant has rows or
        not; what it runs over stays. With `beside_a`, B's rows are tried together with A's."""
        of_a = self._kept(statement, [], self.rows_of_a, few.rows_of_a)
        there = of_a if beside_a else []
        of_b = self._kept(statement, there, self.rows_of_b, few.rows_of_b)
        return replace(self, rows_of_a=of_a, rows_of_b=of_b)

    def _kept(
        self, statement: str, there: Sequence[Row], rows: Sequence[Row], few: Sequence[Row]
    ) -> list[Row]:
        """The rows of one tenant that a statement runs over, each with those before it."""
        import psycopg

        known = {(each.table.oid, each.seed) for each in few}
        kept: list[Row] = []
        with contextlib.closing(self.session()) as session:
            session.execute("\n".join(["BEGIN;", *self.tenants.made(there)]).encode())
            for row in rows:
                made = "\n".join(["SAVEPOINT row;", *self.tenants.made([row])])
                try:
                    session.execute(made.encode())
                except psycopg.Error:
                    session.execute("ROLLBACK TO row")
                    continue
                session.execute("SAVEPOINT tried")
                answers = run_as_printed(session, statement, self.limit)
                failed = any(each.error for each in answers)
                session.execute("ROLLBACK TO tried")
                if failed and (row.table.oid, row.seed) not in known:
                    session.execute("ROLLBACK TO row")
                    continue
                kept.append(row)
        return kept

    def fails_with_b(self, statement: str, failed: NotRunError) -> str:
        """The script that shows that a statement runs over A's rows and no longer where B has
        some."""
        ran = [each.text for each in parse("", statement).statements]
        first, *rest = ran[: failed.at + 1]
        to_failure = ";\n".join([first, *rest])
        (rows, without), (more, _) = self._steps(statement, self.asks[0], self.rows_of_b)
        told = f"{to_failure};  -- fails with {failed}, since B has rows"
        return "\n".join([rows, without, more, told, "ROLLBACK;"])

    def _steps(
        self, statement: str, ask: str, rows_of_b: Sequence[Row]
    ) -> Iterator[tuple[str, str]]:
        """Rows, and what is done with them: without B's and with them."""
        without = ["BEGIN;", *self.tenants.made(self.rows_of_a), "SAVEPOINT without_rows;"]
        yield "\n".join(without), f"{statement};\n{ask};  -- {BEFORE}"
        rows = ["ROLLBACK TO without_rows;", *self.tenants.made(rows_of_b)]
        yield "\n".join(rows), f"{statement};\n{ask};  -- {DEPENDS}"

    def _script(self, statement: str, ask: str) -> str:
        """The statement and what A then has, without B's rows and with them."""
        steps = self._steps(statement, ask, self.rows_of_b)
        return "\n".join([*(part for step in steps for part in step), "ROLLBACK;"])

"""Has PostgreSQL plan the statements of a module's code, as the role of the application.

Planning resolves every name and type, finds the unique key of an ON CONFLICT, and asks for the
privileges (sql-prepare, sql-explain); it reads and writes no row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gates.database.parsing.script import parse_inner
from gates.database.rules.code import KINDS
from gates.database.tenant_session import A
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

    from gates.database import Database

_NAMED = re.compile(r"%(?:(%)|\((\w+)\)[sbt])")
_NUMBERED = re.compile(r"\$(\d+)")
_CERTAIN = frozenset({
    "0A000", "22P02", "42501", "42601", "42611", "42701", "42702", "42703", "42704", "42712",
    "42803", "42804", "42846", "428C9", "42883", "42P01", "42P10", "42P19", "42P20",
})  # fmt: skip
"""SQLSTATEs (appendix A) of what no value of a parameter mends."""
_NAME = "gates_statement"


@dataclass(frozen=True)
class Asked:
    """A statement as PostgreSQL takes it, with numbered parameters."""

    sql: str
    values: frozenset[str]
    """Names, or numbers as texts, of the values that it needs."""


@dataclass(frozen=True)
class Refused:
    """Why PostgreSQL plans a statement for no values, or could not be asked."""

    message: str
    hint: str | None
    certain: bool
    """False where a type that the application gives with a value could mend it."""
    script: str
    """SQL that shows it, on a database with the module's migrations."""


def ask(sql: str) -> Asked:
    """A text with `%(name)s` or with `$1` parameters."""
    if not any(each[2] for each in _NAMED.finditer(sql)):
        return Asked(sql, frozenset(_NUMBERED.findall(sql)))
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return found[1] or f"${numbers.setdefault(found[2], len(numbers) + 1)}"

    return Asked(_NAMED.sub(number, sql), frozenset(numbers))


def plan(database: Database, statements: Iterable[Asked]) -> Iterator[Refused | None]:
    """For each statement, why the tenant's session cannot run it; None where it can, or where it is
    no statement that a module's code may have, which `code-sql` tells."""
    import psycopg

    tenant = database.sessions.enter(A)
    with database.clone("in use") as clone, clone.connect("app") as session:
        session.autocommit = True
        for each in statements:
            parsed = parse_inner(each.sql)
            if parsed.fault is not None or [one.kind in KINDS for one in parsed.statements] != [
                True
            ]:
                yield None
                continue
            prepare = f"PREPARE {_NAME} AS {parsed.statements[0].text}"
            script = ["BEGIN;", *(f"{one};" for one in tenant), f"{prepare};"]
            try:
                session.execute("BEGIN")
                for one in (*tenant, prepare):
                    session.execute(one)
                explain = _explain(session)
                script.append(f"{explain};")
                session.execute(explain)
                yield None
            except psycopg.Error as error:
                said = error.diag.message_primary or str(error)
                unknown = error.sqlstate == "42883" and "unknown" in said
                certain = error.sqlstate in _CERTAIN and not unknown
                yield Refused(said, error.diag.message_hint, certain, "\n".join(script))
            finally:
                session.execute("ROLLBACK")
                session.execute("DEALLOCATE ALL")


def _explain(session: psycopg.Connection[tuple[Any, ...]]) -> str:
    row = session.execute(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = %s", (_NAME,)
    ).fetchone()
    values = ", ".join(["NULL"] * (row[0] if row else 0))
    return f"EXPLAIN EXECUTE {_NAME}{f'({values})' if values else ''}"

"""What is done with the platform's rights: a migration's statements that touch rows, and a module's
triggers where the platform itself writes, in a purge or a job.

Row security does not apply then. What they leave with tenant A must not depend on the rows of
tenant B: each is run without B's rows and with them, and what A has is compared.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gates.database import Database
from gates.database.catalog_state.tables import Table
from gates.database.parsing.script import parse
from gates.database.parsing.statements import within
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.replay import (
    BEFORE,
    DEPENDS,
    PSQL_PATH,
    claim_holds,
    run_as_printed,
)
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.rows.solve import NoRowError
from gates.database.rows.values import quote
from gates.model import Location

_TRIGGERS = """
    SELECT t.tgrelid, t.tgname, quote_ident(t.tgname), ARRAY(
            SELECT c FROM (VALUES ('INSERT', 4), ('DELETE', 8), ('UPDATE', 16)) AS v(c, bit)
            WHERE t.tgtype & bit <> 0)
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND p.proowner = %s::regrole
        AND t.tgrelid = ANY(%s::oid[])
    ORDER BY 1, 2"""
_WORD = re.compile(r"\w+")
_FUNCTIONS = "SELECT proname FROM pg_proc WHERE proowner = %s::regrole"
_RUNS_AT_ONCE = frozenset(
    {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "SelectStmt", "DoStmt", "CallStmt"}
)
_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_RAISED = "P0001"
"""raise_exception: a trigger that refuses a write leaves nothing behind it."""
_TRIGGER_SENTENCE = (
    "acts on every {} of the platform, a purge or a job, and what it leaves with one tenant depends"
    " on the rows of another"
)
_TRIGGER_FIX = (
    "read and write rows WHERE tenant_id = NEW.tenant_id (OLD.tenant_id in a DELETE) alone: for the"
    " platform's own purges and jobs row security does not apply"
)
_MIGRATION_FIX = (
    "tie every table that it reads to the row that it writes, by tenant_id = tenant_id: a migration"
    " runs over the rows of all tenants, and row security does not apply to it"
)


@dataclass(frozen=True)
class _Act:
    exposed: Exposed
    """Its statements are ways to run it: the first that runs is the proof's."""
    sentence: str
    fix: str
    shown: str
    """Where it stands, or what the platform does."""
    harmless: str = ""
    """The error by which nothing is done at all."""


class _NotRunError(Exception):
    """A statement of a script failed, with this SQLSTATE."""


def platform_acts(
    database: Database,
    tenants: Tenants,
    owner_name: str,
    tables: Sequence[Table],
    unproved: list[str],
) -> Iterator[Exposure]:
    """Those after which A's rows are others where B has rows. What could not be run is added to
    `unproved`, a sentence each."""
    acts = [
        *_statements_of_migrations(database, tenants, owner_name),
        *(
            _Act(exposed, _TRIGGER_SENTENCE.format(command), _TRIGGER_FIX, command, _RAISED)
            for _, command, exposed in writes_past_triggers(tenants, owner_name, tables)
        ),
    ]
    if not acts:
        return
    rows_of_a, rows_of_b = (rows_of(tenants, each, tables) for each in (tenants.a, tenants.b))
    asks = _values(tenants, tables), _counts(tenants, tables)
    with database.clone("in use") as clone:

        def shown(script: str) -> bool:
            tenants.attempts += 1
            session = clone.workspace.connect(clone.name, search_path=PSQL_PATH)
            with contextlib.closing(session):
                answers = run_as_printed(session, script, database.limit)
            if error := next((each.error for each in answers if each.error), ""):
                raise _NotRunError(error)
            return claim_holds(answers, tenants.a, tenants.b)

        for act in acts:
            error = ""
            for statement in act.exposed.statements:
                try:
                    script = _showing(tenants, statement, rows_of_a, rows_of_b, asks, shown)
                except _NotRunError as failed:
                    error = str(failed)
                    continue
                if script:
                    yield Exposure(act.exposed, act.sentence, script, act.fix)
                break
            else:
                if error != act.harmless:
                    unproved.append(
                        f"{act.exposed.label} ({act.shown}) could not be run alone: error {error}"
                    )


def _showing(
    tenants: Tenants,
    statement: str,
    rows_of_a: list[Row],
    rows_of_b: list[Row],
    asks: Sequence[str],
    shown: Callable[[str], bool],
) -> str:
    """The script that shows that what A has depends on B; "" where it does not. Raises
    `_NotRunError`."""
    for ask in asks:
        script = _script(tenants, statement, rows_of_a, ask, rows_of_b)
        if not shown(script):
            return ""
        if not shown(_script(tenants, statement, rows_of_a, ask, [])):
            return script
        # What A has is another each time, B or no B: then how much it has is compared.
    return ""


def rows_of(tenants: Tenants, tenant: str, tables: Sequence[Table]) -> list[Row]:
    """A tenant's row in each table of the platform and of the module, after those it refers to."""
    own = {table.oid for table in tables}
    maker = tenants.maker
    return list(
        dict.fromkeys(
            row
            for (oid, of), made in maker.made.items()
            if of == tenant and (oid in own or oid not in maker.own_tables)
            for row in made.family()
        )
    )


def _statements_of_migrations(
    database: Database, tenants: Tenants, owner_name: str
) -> Iterator[_Act]:
    """Every statement of the migrations that writes rows or calls a function of the module's own,
    as it stands in its file."""
    own = {str(name) for (name,) in tenants.owner.execute(_FUNCTIONS, (owner_name,))}
    for path, sql in database.scripts:
        script = parse(path, sql)
        for statement in script.statements:
            if statement.kind in _RUNS_AT_ONCE and (
                any(each.statement.kind in _WRITES for each in within(script, statement))
                or not own.isdisjoint(_WORD.findall(statement.text))
            ):
                place = Location(path, *script.position(statement.offset))
                # What a later file has taken away again is there for the file that knows of it.
                ways = (statement.text, sql.rstrip().removesuffix(";"))
                exposed = Exposed("this statement", "", ways, place=place)
                sentence = "gives one tenant what depends on the rows of another"
                yield _Act(exposed, sentence, _MIGRATION_FIX, str(place))


def writes_past_triggers(
    tenants: Tenants, owner_name: str, tables: Sequence[Table]
) -> Iterator[tuple[Table, str, Exposed]]:
    """A write of each kind to each table that has a trigger of the module's own: the table, the
    command, and the statement."""
    known = {table.oid: table for table in tables}
    triggers: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for oid, name, quoted, commands in tenants.owner.execute(
        _TRIGGERS, (owner_name, list(known))
    ).fetchall():
        for command in commands:
            triggers.setdefault((oid, command), []).append((name, quoted))
    for (oid, command), named in triggers.items():
        label = f"trigger {' and '.join(quoted for _, quoted in named)} on {known[oid].name}"
        if statement := _write(tenants, known[oid], command):
            yield known[oid], command, Exposed(label, named[0][0], (statement,))


def _write(tenants: Tenants, table: Table, command: str) -> str:
    """A new row for A, other values in its row, or the row's end; "" where none can be made."""
    mine, _ = tenants.rows(table)
    if command == "DELETE":
        return f"DELETE FROM {table.qualified} WHERE {mine.condition()}"
    try:
        new = tenants.new(table, tenants.a, again=True)
    except NoRowError:
        return ""
    if command == "INSERT":
        return new.statement(own_keys=False) if set(new.parents) <= set(mine.family()) else ""
    fixed = {number for key in table.keys for number in key.columns}
    fixed |= {number for each in table.references for number in each.columns}
    values = {
        column.quoted: new.values[column.number]
        for column in table.columns
        if column.number in new.values and column.number not in fixed
        if column is not table.tenant and column.generated is None and not column.identity
    }
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"UPDATE {table.qualified} SET {changes} WHERE {mine.condition()}" if changes else ""


def _values(tenants: Tenants, tables: Sequence[Table]) -> str:
    """A's rows, without the columns that the server fills."""
    parts = []
    for table in tables:
        filled = [c.name for c in table.columns if c.default is not None or c.identity]
        left_out = f" - ARRAY[{', '.join(map(quote, filled))}]" if filled else ""
        parts.append(
            f"SELECT {quote(table.name)}, (to_jsonb(r){left_out})::text FROM {table.qualified} AS r"
            f" WHERE r.{tenant_column(table)} = {quote(tenants.a)}"
        )
    return " UNION ALL ".join(parts)


def _counts(tenants: Tenants, tables: Sequence[Table]) -> str:
    """How many rows A has."""
    return " UNION ALL ".join(
        f"SELECT {quote(table.name)}, count(*) FROM {table.qualified} AS r"
        f" WHERE r.{tenant_column(table)} = {quote(tenants.a)}"
        for table in tables
    )


def _script(
    tenants: Tenants, statement: str, rows_of_a: list[Row], ask: str, rows_of_b: list[Row]
) -> str:
    """The statement and what A then has, without B's rows and with them."""
    return "\n".join(
        [
            "BEGIN;",
            *tenants.made(rows_of_a),
            "SAVEPOINT without_rows;",
            f"{statement};",
            f"{ask};  -- {BEFORE}",
            "ROLLBACK TO without_rows;",
            *tenants.made(rows_of_b),
            f"{statement};",
            f"{ask};  -- {DEPENDS}",
            "ROLLBACK;",
        ]
    )

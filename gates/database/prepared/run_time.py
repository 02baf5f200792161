"""Functions that make or change objects: found by their text, called, and watched.

What such a function makes is held to the rules of every other object of the module, so it is called
with many arguments in a copy of the migrated database. An event trigger of ours writes down which
line of which function ran each command (PG_CONTEXT, "GET STACKED DIAGNOSTICS"): a line that never
ran made nothing that anybody could look at.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.parsing.bodies import Piece, read_body
from gates.database.parsing.dynamic import UNKNOWN, RefusedTextError, executed_texts
from gates.database.parsing.script import Statement, parse_inner
from gates.database.prepared.scratch import Scratch
from gates.database.tenant_session import quote
from gates.records import dataclass, replace

if TYPE_CHECKING:
    import psycopg

MOST_CALLS = 64
"""Calls of one function, each with other arguments."""

_FUNCTIONS = """
    SELECT p.oid::regprocedure::text, p.proname, quote_ident(n.nspname) || '.'
            || quote_ident(p.proname), l.lanname, pg_get_functiondef(p.oid),
        coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), p.prokind::text,
        ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY u(t, o)
            ORDER BY o),
        p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
    WHERE p.proowner = %s::regrole AND p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql')
    ORDER BY 1"""
_READS_AND_WRITES = frozenset({
    "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CallStmt",
    "VariableSetStmt", "VariableShowStmt", "LockStmt", "TransactionStmt", "NotifyStmt",
    "ListenStmt", "UnlistenStmt", "RaiseStmt", "TruncateStmt", "FetchStmt",
    "DeclareCursorStmt", "ClosePortalStmt", "ConstraintsSetStmt", "VacuumStmt", "CheckPointStmt",
})  # fmt: skip
"""Statements that make no object and change none."""
_OBSERVER = """
    CREATE SCHEMA gates_observer;
    CREATE TABLE gates_observer.commands (context text NOT NULL);
    CREATE FUNCTION gates_observer.observe() RETURNS event_trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = '' AS $observe$
    DECLARE stack text;
    BEGIN
        GET DIAGNOSTICS stack = PG_CONTEXT;
        INSERT INTO gates_observer.commands VALUES (stack);
    END $observe$;
    CREATE EVENT TRIGGER gates_observe_commands ON ddl_command_end
        EXECUTE FUNCTION gates_observer.observe();
    CREATE EVENT TRIGGER gates_observe_drops ON sql_drop
        EXECUTE FUNCTION gates_observer.observe()"""
_REMOVED = (
    "DROP EVENT TRIGGER gates_observe_commands; DROP EVENT TRIGGER gates_observe_drops;"
    " DROP SCHEMA gates_observer CASCADE"
)
_PLPGSQL_LINE = re.compile(r"PL/pgSQL function (.+) line (\d+) at [^\n]+")
_SQL_STATEMENT = re.compile(r'SQL function "([^"]+)" statement (\d+)')
_DATES = ("2031-01-01", "2031-02-01", "2031-03-01", "2031-04-01")
_VALUES = {
    "date": _DATES, "timestamp without time zone": _DATES, "timestamp with time zone": _DATES,
    "integer": ("1", "2031", "3"), "bigint": ("1", "2031", "3"), "smallint": ("1", "3"),
    "numeric": ("1",), "boolean": ("true", "false"), "interval": ("1 month", "1 day"),
    "uuid": ("6b0e4c1e-0000-4000-8000-000000000001",), "jsonb": ("{}",), "json": ("{}",),
}  # fmt: skip
_TEXTS = frozenset({"text", "name", "character varying"})


@dataclass(frozen=True)
class Maker:
    """A function of the module that makes or changes objects when it is called."""

    label: str
    """"function public.x_add_partition(date)"."""
    name: str
    """Its bare name."""
    qualified: str
    definition: str
    """As the server prints it."""
    procedure: bool
    arguments: tuple[str, ...]
    """Types, as `format_type` writes them."""
    callable: bool
    """It is no trigger function."""
    commands: tuple[tuple[int, str], ...]
    """Line (of a PL/pgSQL body) or number (of a statement in SQL), and what the command does."""
    not_run: tuple[tuple[int, str], ...] = ()
    """Those of `commands` that no call ran."""
    failure: str = ""
    """What the last call that failed said, or why none was made."""


def read_makers(admin: psycopg.Connection[tuple[Any, ...]], owner: str) -> tuple[Maker, ...]:
    """The functions and procedures of a role with commands that make or change objects."""
    with admin.transaction():
        admin.execute("SET LOCAL search_path = ''")
        rows = admin.execute(_FUNCTIONS, (owner,)).fetchall()
    found = []
    for signature, name, qualified, language, definition, body, kind, types, trigger in rows:
        commands, unknown = _commands(language, definition, body)
        if commands or unknown:
            found.append(
                Maker(
                    f"function {signature}", name, qualified, definition, kind == "p",
                    tuple(types), not trigger, commands,
                )
            )  # fmt: skip
    return tuple(found)


def _commands(
    language: str, definition: str, body: str
) -> tuple[tuple[tuple[int, str], ...], bool]:
    """The commands of a body that make or change objects, and whether it runs what nobody can
    read."""
    if language == "sql":
        statements = parse_inner(body).statements
        return tuple(
            (number, _shown(each.text))
            for number, each in enumerate(statements, 1)
            if _is_command(each)
        ), False
    read = read_body(definition)
    if read is None:
        return (), True
    found: dict[tuple[int, str], None] = {}
    unknown = False
    for piece in read.pieces:
        try:
            texts = executed_texts(piece.text, read.names) if piece.kind == "dynamic" else ()
        except RefusedTextError:
            unknown = True
            continue
        for text in texts or _statement(piece):
            for each in parse_inner(text).statements:
                if _is_command(each):
                    found[piece.line, _shown(each.text)] = None
    return tuple(found), unknown


def _is_command(statement: Statement) -> bool:
    return statement.kind not in _READS_AND_WRITES or "intoClause" in statement.node


def _statement(piece: Piece) -> tuple[str, ...]:
    return (piece.text,) if piece.kind == "statement" else ()


def _shown(text: str) -> str:
    words = " ".join(text.split()).replace(UNKNOWN, "..")
    return words if len(words) <= 60 else f"{words[:57]}..."


def call_makers(
    scratch: Scratch, makers: Sequence[Maker], tables: Sequence[Table], prefix: str
) -> tuple[Maker, ...]:
    """Call each function with one choice of arguments after the other, for good, until every one
    of its commands has run; what none of the calls ran is in `not_run`."""
    import psycopg

    admin = scratch.session("admin")
    try:
        with admin.transaction():
            admin.execute(_OBSERVER)
    except psycopg.errors.InsufficientPrivilege:
        why = "only a superuser may watch what it makes (CREATE EVENT TRIGGER)"
        return tuple(replace(each, not_run=each.commands, failure=why) for each in makers)
    try:
        return tuple(_called(scratch, each, tables, prefix) for each in makers)
    finally:
        scratch.session("admin").execute(_REMOVED)


def _called(scratch: Scratch, maker: Maker, tables: Sequence[Table], prefix: str) -> Maker:
    if not maker.callable:
        why = "it is a trigger function"
        return replace(maker, not_run=maker.commands, failure=why)
    failure = ""
    left = maker.commands
    for arguments in itertools.islice(_arguments(maker, tables, prefix), MOST_CALLS):
        call = f"{maker.qualified}({', '.join(arguments)})"
        ran = scratch.run("", f"CALL {call}" if maker.procedure else f"SELECT {call}")
        failure = ran.failure.message if ran.failure else failure
        lines = _lines_run(scratch, maker)
        left = tuple(each for each in maker.commands if each[0] not in lines)
        if not left and maker.commands:
            break
    return replace(maker, not_run=left, failure=failure if left else "")


def _arguments(maker: Maker, tables: Sequence[Table], prefix: str) -> Iterator[tuple[str, ...]]:
    choices = []
    for number, shown in enumerate(maker.arguments):
        values: tuple[str, ...] = _VALUES.get(shown, ())
        if shown in _TEXTS:
            names = [each.name for each in tables if each.partition_of is None]
            values = (f"{prefix}made_{number}", *names)
        elif shown == "regclass":
            values = tuple(each.qualified for each in tables if each.partition_of is None)
        choices.append([f"{quote(each)}::{shown}" for each in values] or [f"NULL::{shown}"])
    # Of several dates, say a lower and an upper bound, the later choices come in rising order.
    yield from sorted(
        itertools.islice(itertools.product(*choices), 1024),
        key=lambda chosen: len(chosen) - len(set(chosen)),
    )


def _lines_run(scratch: Scratch, maker: Maker) -> set[int]:
    """The lines (or the numbers of statements) of a function that ran commands so far.

    Only the last line of a context counts, which is of the function that was called: those before
    it hold text of the module's own."""
    found: set[int] = set()
    wanted = maker.label.removeprefix("function ").replace("public.", "")
    for (context,) in scratch.session("admin").execute(
        "SELECT context FROM gates_observer.commands"
    ):
        called = context.rpartition("\n")[2]
        body, statement = _PLPGSQL_LINE.fullmatch(called), _SQL_STATEMENT.fullmatch(called)
        if body and body[1].replace("public.", "") == wanted:
            found.add(int(body[2]))
        elif statement and statement[1] == maker.name:
            found.add(int(statement[2]))
    return found

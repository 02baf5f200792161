"""Every statement of a SQL file, also those in DO blocks, function bodies and EXECUTE. Pure.

An EXECUTE of what is neither one literal nor format() of one literal is `Unreadable`: it is named
and not passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from gates.database.parsing.bodies import Body, Piece, read_body
from gates.database.parsing.dynamic import (
    UNKNOWN,
    RefusedTextError,
    executed_texts,
    literal_text,
)
from gates.database.parsing.script import (
    Node,
    Script,
    Statement,
    option,
    own_name,
    parse,
    parse_inner,
    strings,
    walk,
)
from gates.model import Location
from gates.module import Module
from gates.records import dataclass

__all__ = ["UNKNOWN", "Inner", "Unreadable", "scripts_of", "statements_of", "unreadable_of"]

RUNS_TEXT = frozenset({
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat", "ts_rewrite",
})  # fmt: skip
"""Functions of PostgreSQL that run a text which they are given."""
_TABLEFUNC = frozenset({"crosstab", "crosstab2", "crosstab3", "crosstab4", "connectby"})
"""Those of the extension tablefunc, in whatever schema it is."""
_SETTERS = frozenset({"AlterRoleSetStmt", "AlterDatabaseSetStmt", "AlterSystemStmt"})


@dataclass(frozen=True)
class Inner:
    """A statement, wherever it is written."""

    script: Script
    statement: Statement
    """Its own; `offset` is only exact where `line` is None."""
    line: int | None = None
    """The line of the file, for a statement inside a body."""
    dynamic: bool = False
    """It is the text of an EXECUTE."""
    outer: Statement | None = None
    """The DO block or CREATE FUNCTION of the file that it is in."""
    part: bool = False
    """It is in the tree of the statement before it, which is listed too."""
    assigned: bool = False
    """It is an expression of a body whose value goes into a variable."""

    @property
    def at_once(self) -> bool:
        """Whether it runs with the migration, and not later, when somebody calls a function."""
        return self.outer is None or self.outer.kind == "DoStmt"

    def at(self, node: Node | None = None) -> Location:
        """Where a node of it is: to the character at the top level, else by line."""
        if self.line is not None:
            text = self.script.sql.splitlines()[self.line - 1 : self.line]
            blanks = len(text[0]) - len(text[0].lstrip()) if text else 0
            return Location(self.script.path, self.line, blanks + 1)
        offset = self.statement.offset
        at = (node or {}).get("location", -1)
        if isinstance(at, int) and at > 0:  # CREATE TABLESPACE calls a folder so
            offset = self.script.characters(at)
        return Location(self.script.path, *self.script.position(offset))


@dataclass(frozen=True)
class Unreadable:
    """What a file runs that nobody can read in it."""

    location: Location
    expression: str
    """As it is written; "" where the whole body cannot be read."""
    reason: str
    refused: bool = True
    """Whether the standard refuses it; else only our parser does not know it."""
    text: str = ""
    """Of the whole statement of the file that it is in, with single blanks."""


def scripts_of(module: Module, *, rollbacks: bool = True, hooks: bool = True) -> list[Script]:
    """The module's SQL files, parsed: migrations in order, their rollbacks, hooks."""
    found = []
    for migration in module.migrations:
        found.append(parse(migration.path, migration.sql))
        if rollbacks and migration.rollback_path and migration.rollback_sql is not None:
            found.append(parse(migration.rollback_path, migration.rollback_sql))
    if hooks:
        found += [parse(path, module.text(path)) for path in module.hooks.values()]
    return found


def statements_of(script: Script) -> tuple[Inner, ...]:
    """Every statement of a script, with those inside it after it."""
    return tuple(each for each in _everything(script) if isinstance(each, Inner))


def within(script: Script, statement: Statement) -> Iterator[Inner]:
    """A statement at the top of a script, and those inside it."""
    outer = Inner(script, statement)
    yield outer
    yield from (each for each in _inside(outer) if isinstance(each, Inner))


def unreadable_of(script: Script) -> tuple[Unreadable, ...]:
    """What of a script nobody can read."""
    return tuple(each for each in _everything(script) if isinstance(each, Unreadable))


@lru_cache(maxsize=2048)
def _everything(script: Script) -> tuple[Inner | Unreadable, ...]:
    found: list[Inner | Unreadable] = []
    for statement in script.statements:
        outer = Inner(script, statement)
        found += [outer, *_inside(outer)]
    return tuple(dict.fromkeys(found))


def _inside(outer: Inner) -> Iterator[Inner | Unreadable]:
    yield from _parts(outer)
    yield from _given_texts(outer)
    yield from _body(outer)


def _parts(outer: Inner) -> Iterator[Inner]:
    """Statements in the tree of another: of WITH, EXPLAIN, PREPARE, CREATE SCHEMA, and settings of
    a function."""
    if outer.statement.kind in _SETTERS:
        return
    for kind, node in walk(outer.statement.node):
        if kind.endswith("Stmt") and kind != "SelectStmt":
            inner = Statement(outer.statement.text, outer.statement.offset, kind, node)
            yield Inner(outer.script, inner, outer.line, outer.dynamic, outer.outer, part=True)


def _given_texts(outer: Inner) -> Iterator[Inner | Unreadable]:
    """The statements in texts that are given to a function which runs them."""
    for name, call in walk({outer.statement.kind: outer.statement.node}):
        names = strings(call.get("funcname")) if name == "FuncCall" else []
        if not (own_name(names) in RUNS_TEXT or _TABLEFUNC.intersection(names[-1:])):
            continue
        at = outer.at(call)
        arguments = [each.get("TypeCast", {}).get("arg", each) for each in call.get("args", ())[:3]]
        if not all("A_Const" in each for each in arguments):
            yield Unreadable(at, ".".join(names), "the text that it runs is not one literal",
                             text=_whole(outer))  # fmt: skip
        for text in filter(None, map(literal_text, arguments)):
            yield from _parsed(outer, text, at.line or 1, outer.outer, dynamic=True, flat=True)


def source_of(outer: Inner) -> tuple[str, str, int] | None:
    """Language, text and first line of the body of a DO block or CREATE FUNCTION; None without."""
    statement, node = outer.statement, outer.statement.node
    if statement.kind not in {"DoStmt", "CreateFunctionStmt"}:
        return None
    options = {"options": node.get("args")} if statement.kind == "DoStmt" else node
    language = (option(options, "language") or {}).get("String", {}).get("sval", "plpgsql")
    source = option(options, "as")
    if source is None:
        return None  # BEGIN ATOMIC: the body is part of the statement's own tree
    items = source.get("List", {}).get("items") or [source]
    text = strings(items)[0] if strings(items) else ""
    at = outer.script.sql.find(text, statement.offset) if text else -1
    first = (
        outer.script.position(max(at, statement.offset))[0] if outer.line is None else outer.line
    )
    return language.lower(), text, first


def _body(outer: Inner) -> Iterator[Inner | Unreadable]:
    found = source_of(outer)
    if found is None:
        return
    language, text, first = found
    whole = outer.outer or outer.statement
    if language == "sql":
        yield from _parsed(outer, text, first, whole)
    elif language == "plpgsql":
        yield from _plpgsql(outer, text, first, whole)


def _parsed(
    outer: Inner,
    text: str,
    line: int,
    whole: Statement | None,
    *,
    dynamic: bool = False,
    flat: bool = False,
    assigned: bool = False,
) -> Iterator[Inner | Unreadable]:
    """The statements of a text that begins on a line; `flat` has all of them on that line."""
    body = parse_inner(text)
    if body.fault is not None:
        place = Inner(outer.script, outer.statement, line).at()
        # A text that PostgreSQL cannot read fails when it runs.
        if not dynamic:
            yield Unreadable(place, text.strip(), body.fault.message, refused=False)
    for each in body.statements:
        at = line if flat else line + body.position(each.offset)[0] - 1
        inner = Inner(outer.script, each, at, dynamic, whole, assigned=assigned)
        yield inner
        yield from _inside(inner)


def block_of(statement: Statement, text: str) -> Body | None:
    """The body of a DO block or CREATE FUNCTION in PL/pgSQL; None where it cannot be read."""
    source = statement.text
    if statement.kind == "DoStmt":
        tag = "gates"
        while f"${tag}$" in text:
            tag += "x"
        source = f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ${tag}${text}${tag}$"
    return read_body(source)


def _plpgsql(outer: Inner, text: str, first: int, whole: Statement) -> Iterator[Inner | Unreadable]:
    body = block_of(outer.statement, text)
    if body is None:
        yield Unreadable(outer.at(), "", "its body cannot be read", refused=False)
        return
    for piece in body.pieces:
        at = first + piece.line - 1
        if piece.kind == "dynamic":
            yield from _executed(outer, piece, body, at, whole)
        sql = piece.text if piece.kind == "statement" else f"SELECT {piece.text}"
        yield from _parsed(outer, sql, at, whole, flat=True, assigned=piece.assigned)


def _executed(
    outer: Inner, piece: Piece, body: Body, line: int, whole: Statement
) -> Iterator[Inner | Unreadable]:
    try:
        texts = executed_texts(piece.text, body.names)
    except RefusedTextError as error:
        at = Inner(outer.script, outer.statement, line).at()
        yield Unreadable(at, piece.text, str(error), text=_whole(outer))
        return
    for text in texts:
        yield from _parsed(outer, text, line, whole, dynamic=True, flat=True)


def _whole(inner: Inner) -> str:
    return " ".join((inner.outer or inner.statement).text.split())

"""Statements inside statements: DO blocks, function bodies, and EXECUTE of texts that are written
out, also piece by piece. Pure.

What is put together from what only a run can know is `Opaque`: it is named and not passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from gates.database.sql.bodies import Body, Piece, read
from gates.database.sql.folding import Lookup, Texts, evaluate
from gates.database.sql.inner import Inner, Opaque
from gates.database.sql.known import own_name
from gates.database.sql.quoting import RAW, UNKNOWN, VOID, others, written
from gates.database.sql.script import (
    Script,
    Statement,
    option,
    parse,
    parse_inner,
    strings,
    walk,
)
from gates.model import Location
from gates.module import Module

__all__ = ["UNKNOWN", "Inner", "Opaque", "opaque_of", "scripts_of", "statements_of"]

ASKING = frozenset({
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat", "ts_rewrite",
})  # fmt: skip
"""Functions of PostgreSQL that run a text which they are given."""
_TABLEFUNC = frozenset({"crosstab", "crosstab2", "crosstab3", "crosstab4", "connectby"})
"""Those of the extension tablefunc, in whatever schema it is."""
_STATEMENT = re.compile(r"[^\w.\ue000\ue001\ue003]")
"""What tells a statement from a name, a number or a flag."""
_SETTERS = frozenset({"AlterRoleSetStmt", "AlterDatabaseSetStmt", "AlterSystemStmt"})


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


def opaque_of(script: Script) -> tuple[Opaque, ...]:
    """What of a script cannot be read."""
    return tuple(each for each in _everything(script) if isinstance(each, Opaque))


@lru_cache(maxsize=2048)
def _everything(script: Script) -> tuple[Inner | Opaque, ...]:
    found: list[Inner | Opaque] = []
    for statement in script.statements:
        outer = Inner(script, statement)
        found += [outer, *_inside(outer, lambda _: None)]
    return tuple(dict.fromkeys(found))


def _inside(outer: Inner, lookup: Lookup) -> Iterator[Inner | Opaque]:
    yield from _parts(outer)
    yield from _asked(outer, lookup)
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


def _asked(outer: Inner, lookup: Lookup) -> Iterator[Inner | Opaque]:
    for name, call in walk({outer.statement.kind: outer.statement.node}):
        names = strings(call.get("funcname")) if name == "FuncCall" else []
        if own_name(names) in ASKING or _TABLEFUNC.intersection(names[-1:]):
            for each in call.get("args", ())[:3]:
                texts = evaluate(each, lookup)
                readable = [t for t in texts if RAW in t or _STATEMENT.search(t.strip())]
                at = outer.at(call)
                yield from _dynamic(outer, "".join(strings(call["funcname"])), tuple(readable),
                                    at.line or 1, at)  # fmt: skip


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


def _body(outer: Inner) -> Iterator[Inner | Opaque]:
    found = source_of(outer)
    if found is None:
        return
    language, text, first = found
    whole = outer.outer or outer.statement
    if language == "sql":
        yield from _parsed(outer, text, first, whole, dynamic=False)
    elif language == "plpgsql":
        yield from _plpgsql(outer, text, first, whole)


def _parsed(
    outer: Inner,
    text: str,
    line: int,
    whole: Statement,
    *,
    dynamic: bool,
    flat: bool = False,
    kept: bool = False,
    lookup: Lookup = lambda _: None,
) -> Iterator[Inner | Opaque]:
    """The statements of a text that begins on a line."""
    body = parse_inner(text)
    if body.fault is not None:
        place = Inner(outer.script, outer.statement, line).at()
        yield Opaque(place, text.strip(), body.fault.message, surely=False)
    for each in body.statements:
        at = line if flat else line + body.position(each.offset)[0] - 1
        inner = Inner(outer.script, each, at, dynamic, whole, kept=kept)
        yield inner
        yield from _inside(inner, lookup)


def block_of(statement: Statement, text: str) -> Body | None:
    """The body of a DO block or CREATE FUNCTION in PL/pgSQL; None where it cannot be read."""
    source = statement.text
    if statement.kind == "DoStmt":
        tag = "gates"
        while f"${tag}$" in text:
            tag += "x"
        source = f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ${tag}${text}${tag}$"
    return read(source)


def _plpgsql(outer: Inner, text: str, first: int, whole: Statement) -> Iterator[Inner | Opaque]:
    body = block_of(outer.statement, text)
    if body is None:
        yield Opaque(outer.at(), "", "its body cannot be read", surely=False)
        return
    known = body.variables
    for piece in body.pieces:
        at = first + piece.line - 1
        if piece.kind == "dynamic":
            place = Inner(outer.script, outer.statement, at).at()
            texts = known.dynamic.get(piece.text, (RAW,))
            yield from _dynamic(outer, piece.text, texts, at, place, whole)
            sql = f"SELECT {piece.text}"
        else:
            sql = _written_out(piece)
        yield from _parsed(
            outer,
            sql,
            at,
            whole,
            dynamic=False,
            flat=True,
            kept=piece.kept,
            lookup=body.variables.anywhere,
        )


def _written_out(piece: Piece) -> str:
    return piece.text if piece.kind == "statement" else f"SELECT {piece.text}"


def _dynamic(
    outer: Inner,
    expression: str,
    texts: Texts,
    line: int,
    place: Location,
    whole: Statement | None = None,
) -> Iterator[Inner | Opaque]:
    """The statements of each text that an EXECUTE may run, and what hides among them."""
    whole_text = len(texts) == 1 and _is_literal(expression)
    for text in texts:
        body = parse_inner(written(text))
        variants = others(text)
        if RAW in text:
            yield Opaque(place, expression, _hides(text))
        elif variants is None:
            yield Opaque(place, expression, "values stand beside - or / in it too often")
        elif (
            body.fault is not None
            and not _begins_another(text, texts)
            and VOID not in text
            # A written text that PostgreSQL cannot read fails when it runs.
            and not whole_text
        ):
            yield Opaque(place, expression, "what it runs cannot be read")
        for script in (body, *map(parse_inner, variants or ())):
            for each in script.statements:
                inner = Inner(outer.script, each, line, True, whole or outer.outer)
                yield inner
                yield from _inside(inner, lambda _: None)


def _is_literal(expression: str) -> bool:
    parsed = parse_inner(f"SELECT {expression}").statements
    targets = parsed[0].node.get("targetList", ()) if len(parsed) == 1 else ()
    values = [each.get("ResTarget", {}).get("val", {}) for each in targets]
    return [list(each) for each in values] == [["A_Const"]]


def _begins_another(text: str, texts: Texts) -> bool:
    return any(each != text and each.startswith(text) for each in texts)


def _hides(text: str) -> str:
    if text.strip() == RAW:
        return "only a run knows the statement"
    before = text[: text.index(RAW)].split()
    return (
        f"only a run knows what follows {' '.join(before[-3:])}"
        if before
        else ("only a run knows how it begins")
    )

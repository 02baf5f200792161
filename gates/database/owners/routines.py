"""One function, read: what of it could not be shown to keep to the tenant of the session. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.owners.keeps import Keeps
from gates.database.owners.plpgsql import Body
from gates.database.owners.routine import (
    Looked,
    Routine,
    UnreadableError,
    calls_in,
    parsed,
    qualify,
)
from gates.database.owners.scopes import Scope, Variables
from gates.database.owners.ties import Ties
from gates.database.sql.trees import Tree, is_a

_GIVEN = {"FUNC_PARAM_IN", "FUNC_PARAM_INOUT", "FUNC_PARAM_VARIADIC", "FUNC_PARAM_DEFAULT"}
_ASKING = {
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat", "ts_rewrite",
    "table_to_xml", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema",
    "database_to_xml", "database_to_xml_and_xmlschema",
}  # fmt: skip
"""Functions of PostgreSQL that run a text or read a table by its name."""


def look(routine: Routine, ties: Ties) -> Looked:
    """Read a function. Raises `UnreadableError`."""
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        created: Tree = parse_sql(routine.source)[0].stmt
    except (ParseError, IndexError) as error:
        raise UnreadableError("its definition cannot be read") from error
    if routine.language not in {"sql", "plpgsql"}:
        raise UnreadableError(f"it is written in {routine.language}")
    given, names = set(), set()
    for each in created.parameters or ():
        if each.name:
            names.add(each.name)
            if each.mode.name in _GIVEN:
                given.add(each.name)
    found = Looked()
    keeps = Keeps(ties)
    if routine.language == "sql":
        variables = Variables(frozenset(names), routine.name)
        trees: list[Tree] = list(_sql(created))
        qualify(trees, ties.meaning.functions)
        for tree in trees:
            keeps.inspect(tree, Scope(variables))
        found.calls |= calls_in(trees)
    else:
        Body(routine, ties, given, names).look(keeps, found)
    asked = (f"{each}(): only a run knows what it reads" for each in found.calls & _ASKING)
    found.faults = list(dict.fromkeys([*keeps.faults, *sorted(asked)]))
    found.changed = keeps.changed
    return found


def _sql(created: Tree) -> Iterator[Tree]:
    from pglast import ast

    if created.sql_body is not None:
        for each in _flat(created.sql_body):
            yield (
                ast.SelectStmt(targetList=(ast.ResTarget(val=each.returnval),))
                if is_a(each, "ReturnStmt")
                else each
            )
        return
    yield from parsed(_text(created))


def _flat(node: Tree) -> Iterator[Tree]:
    if isinstance(node, tuple):
        for each in node:
            yield from _flat(each)
    else:
        yield node


def _text(created: Tree) -> str:
    for each in created.options or ():
        if each.defname == "as":
            return str(each.arg[0].sval)
    raise UnreadableError("it has no body")

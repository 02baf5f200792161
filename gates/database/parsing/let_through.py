"""Which rows the condition of a policy may be about, with those of other tables that it asks for.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.conditions import Part, Wanted, conjuncts, joined, wanted_of
from gates.database.parsing.script import parse
from gates.database.parsing.trees import Tree, column_of, walk
from gates.records import replace


def let_through(table: str, expression: str) -> Iterator[Wanted]:
    """Rows of a table (its qualified name) for each way in which an expression may be true; where
    it asks for a row of another table, that one is joined."""
    for wanted in wanted_of(parse("", f"DELETE FROM {table} WHERE {expression}")):  # noqa: S608
        relations, parts = [*wanted.relations], [*wanted.parts]
        for part in wanted.parts:
            for link in _subqueries(part):
                more, given = joined(link.subselect.fromClause)
                relations += more
                parts += [*given, *conjuncts(link.subselect.whereClause), *_tested(link)]
        yield replace(wanted, relations=tuple(relations), parts=tuple(parts))


def _subqueries(part: Part) -> Iterator[Tree]:
    from pglast import parse_sql

    for node in walk(parse_sql(f"SELECT {part.text}")) if not part.whole else ():
        if type(node).__name__ == "SubLink" and type(node.subselect).__name__ == "SelectStmt":
            yield node


def _tested(link: Tree) -> Iterator[Part]:
    """That a column is to be among those that a subquery gives."""
    target, *more = [each.val for each in link.subselect.targetList or ()] or [None]
    if link.testexpr is None or more:
        return
    sides = (column_of(link.testexpr), column_of(target))
    if None not in sides:
        found = tuple(each for each in sides if each is not None)
        yield Part("true", frozenset(found), found)

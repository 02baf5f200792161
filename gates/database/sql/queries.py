"""The columns of a query inside a PL/pgSQL body, as far as they are written out. Pure."""

from __future__ import annotations

from gates.database.sql.folding import Lookup, Texts, all_of, evaluate
from gates.database.sql.quoting import NUMBER, RAW
from gates.database.sql.script import Node, strings

Column = tuple[str, Texts]
_OPEN: list[Column] = [("", (RAW,))]
"""Columns that only a run knows."""


def columns(query: Node, lookup: Lookup) -> list[Column]:
    """Name and texts of each column that a query gives; one without a name where only a run knows
    which columns there are."""
    select = query.get("SelectStmt", query)
    if rows := select.get("valuesLists"):
        width = zip(*(row.get("List", {}).get("items", ()) for row in rows), strict=False)
        return [(f"column{n + 1}", all_of(each, lookup)) for n, each in enumerate(width)]
    if "larg" in select:
        both = (columns(select[side], lookup) for side in ("larg", "rarg"))
        found = [(one[0], one[1] + two[1]) for one, two in zip(*both, strict=False)]
        return found if all(name for name, _ in found) else _OPEN
    sources = select.get("fromClause", ())
    inside = [each for item in sources for each in _from(item, lookup)]

    def here(name: tuple[str, ...]) -> Texts | None:
        found = [
            texts
            for alias, column, texts in inside
            if column == name[-1] and (len(name) == 1 or alias == name[-2])
        ]
        if found:
            return tuple(text for each in found for text in each)
        aliases = {alias for alias, _, _ in inside}
        return (RAW,) if len(name) > 1 and name[-2] in aliases else lookup(name)

    given: list[Column] = []
    for each in select.get("targetList", ()):
        target = each.get("ResTarget", {})
        value = target.get("val", {})
        if "A_Star" in str(value.get("ColumnRef", "")):
            if len(sources) != 1 or not inside or any(not name for _, name, _ in inside):
                return _OPEN
            given += [(column, texts) for _, column, texts in inside]
        else:
            given.append((target.get("name") or _called(value), evaluate(value, here)))
    return given or _OPEN


def _from(item: Node, lookup: Lookup) -> list[tuple[str, str, Texts]]:
    """Alias, name and texts of the columns of a FROM item: a VALUES list, a subquery, an array."""
    if "JoinExpr" in item:
        join = item["JoinExpr"]
        sides = [each for side in ("larg", "rarg") for each in _from(join.get(side, {}), lookup)]
        if join.get("usingClause") or join.get("isNatural") or "alias" in join:
            return [(alias, name, (RAW,)) for alias, name, _ in sides]
        return sides
    node = item.get("RangeSubselect") or item.get("RangeFunction") or item.get("RangeVar") or {}
    alias = node.get("alias", {})
    called_as = alias.get("aliasname", "") or node.get("relname", "")
    found: list[Column] = _OPEN
    if "RangeSubselect" in item:
        found = columns(node.get("subquery", {}), lookup)
    elif "RangeFunction" in item and not (node.get("is_rowsfrom") or node.get("coldeflist")):
        (called, *_), *_ = (
            each.get("List", {}).get("items", [{}]) for each in node.get("functions", [{}])
        )
        found = [(called_as or _called(called), evaluate(called, lookup))]
        called_as = called_as or _called(called)
        if node.get("ordinality"):
            found.append(("ordinality", (NUMBER,)))
    names = strings(alias.get("colnames"))
    names += [""] * (len(found) - len(names))
    return [(called_as, new or old, t) for new, (old, t) in zip(names, found, strict=False)]


def _called(value: Node) -> str:
    """The name that PostgreSQL gives a column without one."""
    if "ColumnRef" in value:
        return "".join(strings(value["ColumnRef"].get("fields"))[-1:])
    if "FuncCall" in value:
        return "".join(strings(value["FuncCall"].get("funcname"))[-1:])
    if "TypeCast" in value:
        return _called(value["TypeCast"].get("arg", {}))
    return "?column?"

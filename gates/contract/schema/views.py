"""Tables and views that both versions have: what can be read and written through them.

Facts: PostgreSQL, "CREATE VIEW" (Updatable Views, WITH CHECK OPTION, security_invoker) and "Row
Security Policies".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.contract.model import Bump, Change
from gates.contract.schema.constraints import beside
from gates.contract.schema.pair import Pair, owner_of, shown
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Properties
from gates.records import replace

_ELSEWHERE = frozenset({"grants", "definition", "owner", "options", "updates"})
_BY_THE_CLOCK = frozenset({
    "access_method", "tablespace", "replica_identity", "options", "security_barrier",
})  # fmt: skip
_WRITES = {
    "DELETE": "DELETE FROM {0} WHERE false",
    "UPDATE": "UPDATE {0} SET {1} = NULL WHERE false",
    "INSERT": "INSERT INTO {0} ({1}) SELECT NULL::{2} WHERE false",
}


def compare_relation(
    pair: Pair, kind: str, name: str, before: Properties, after: Properties
) -> Iterator[Change]:
    """What became of one of them besides its columns, constraints and grants."""
    symbol, label = f"{kind}:{shown(name)}", f"the {kind} {shown(name)}"
    if kind == "view" and before.get("definition") != after.get("definition"):
        yield pair.change(
            symbol, Bump.MINOR,
            f"{label} is made in another way; whether it shows the same rows could not be shown",
            name, proved=False,
        )  # fmt: skip
    was, now = before.get("updates", "").split(), after.get("updates", "").split()
    if kind == "view" and (gone := [each for each in _WRITES if each in was and each not in now]):
        # What a trigger or a rule did instead may have been to refuse.
        own = not any(
            owner_of(each, part, properties) == name
            for each in ("trigger", "rule")
            for part, properties in pair.old.of(each)
        )
        yield pair.change(
            symbol, Bump.MAJOR if own else Bump.MINOR,
            f"{label} cannot be written through any more ({', '.join(gone)})"
            + ("" if own else "; that it could be was not shown"), name,
            tries=[
                [_WRITES[each].format(shown(name), column, column_type(pair, name, column))]
                for each in gone
                for column in sorted(pair.columns(name, pair.old))
            ],
            proved=own,
        )  # fmt: skip
    one, other = _options(before), _options(after)
    if kind == "view":
        checked, checks = one.pop("check_option", None), other.pop("check_option", None)
        if checked != checks:
            yield _check_option(pair, name, checked, checks, before, after)
        if _on(one, "security_invoker") != _on(other, "security_invoker"):
            whose = "who asks" if _on(other, "security_invoker") else "its owner"
            yield pair.change(
                symbol, Bump.MINOR,
                f"{label} reads with the rights of {whose} now; whether it shows the same rows"
                " could not be shown", name, proved=False,
            )  # fmt: skip
        one.pop("security_invoker", None)
        other.pop("security_invoker", None)
    names = {*before, *after} - _ELSEWHERE
    changed = {each for each in names if before.get(each) != after.get(each)}
    if one != other:
        changed.add("options")
    for words, bump, rest in (
        (changed & _BY_THE_CLOCK, Bump.PATCH, ""),
        (changed - _BY_THE_CLOCK, Bump.MINOR, "; that it breaks a statement could not be shown"),
    ):
        if words:
            what = ", ".join(each.replace("_", " ") for each in sorted(words))
            yield pair.change(
                symbol, bump, f"{label} has another {what}{rest}", name,
                proved=bump is Bump.PATCH,
            )  # fmt: skip


def _options(properties: Properties) -> dict[str, str]:
    pairs = (each.partition("=") for each in properties.get("options", "").split(", ") if each)
    return {key: value for key, _, value in pairs}


def _on(options: dict[str, str], name: str) -> bool:
    return options.get(name, "false").lower() in ("true", "on", "yes", "1")


def _check_option(
    pair: Pair, name: str, checked: str | None, checks: str | None, before: Properties,
    after: Properties,
) -> Change:  # fmt: skip
    symbol, label = f"view:{shown(name)}", f"the view {shown(name)}"
    if checks is None:
        return pair.change(
            symbol, Bump.MINOR,
            f"{label} has no WITH CHECK OPTION any more: rows that it does not show are accepted",
            name,
        )  # fmt: skip
    definition = after.get("definition", "")
    found = None
    if checked is None and before.get("definition") == definition:
        found = _outside(pair, definition)
    return pair.change(
        symbol, Bump.MAJOR if found else Bump.MINOR,
        f"{label} has WITH CHECK OPTION now ({checks}): "
        + (
            "a row that it does not show was accepted, and is refused"
            if found
            else "that a row which was accepted is refused could not be shown"
        ),
        name, tries=_through(pair, name, *found) if found else (),
        proved=found is not None,
    )  # fmt: skip


def _through(pair: Pair, view: str, table: str, values: Mapping[str, str]) -> Iterator[Statements]:
    """A row of the table below a view, written through it."""
    columns = pair.columns(view, pair.old)
    for row in pair.runs.planned(table, values):
        given = {
            each.number: values.get(each.quoted, row.values.get(each.number, "DEFAULT"))
            for each in row.table.columns
            if each.quoted in columns and (each.quoted in values or each.number in row.values)
        }
        through = replace(row, table=replace(row.table, qualified=view), values=given)
        yield [*pair.runs.above(row), through.statement()]


def column_type(pair: Pair, relation: str, column: str) -> str:
    """The type of a column of the old version."""
    return str(pair.old.objects[f"column {relation}.{column}"]["type"])


def _outside(pair: Pair, definition: str) -> tuple[str, Mapping[str, str]] | None:
    """The table below a view, and values that it accepts and the view does not show; None where the
    view is not one of a single table, hides a column of its condition, or none were found."""
    read = _condition(definition)
    if read is None or pair.refuses is None:
        return None
    table, condition = read
    if f"table {table}" not in pair.old.objects:
        return None
    shows = f"CHECK (({condition}) IS TRUE)"
    row = pair.refuses(pair.old, table, beside(pair, table, shows) or ["CHECK (true)"], shows)
    return None if row is None else (table, row)


def _condition(definition: str) -> tuple[str, str] | None:
    """The table of a view and its condition, where it shows each column that this names."""
    from pglast import ast, parse_sql
    from pglast.parser import ParseError
    from pglast.stream import RawStream
    from pglast.visitors import Visitor

    try:
        select = parse_sql(definition)[0].stmt
    except (ParseError, IndexError):
        return None
    if not isinstance(select, ast.SelectStmt) or select.whereClause is None:
        return None
    sources = select.fromClause or ()
    if len(sources) != 1 or not isinstance(sources[0], ast.RangeVar):
        return None
    named: set[str] = set()
    nested: list[object] = []

    class Columns(Visitor):
        def visit_ColumnRef(self, _ancestors: object, node: ast.ColumnRef) -> None:  # noqa: N802
            named.add(last(node))
            node.fields = (node.fields or ())[-1:]

        def visit_SubLink(self, _ancestors: object, node: ast.SubLink) -> None:  # noqa: N802
            nested.append(node)

    def last(node: ast.ColumnRef) -> str:
        field = (node.fields or (None,))[-1]
        return field.sval or "" if isinstance(field, ast.String) else ""

    Columns()(select.whereClause)
    outputs = {
        last(each.val) for each in select.targetList or () if isinstance(each.val, ast.ColumnRef)
    }
    if nested or not named <= outputs:
        return None
    return RawStream()(sources[0]).partition(" ")[0], str(RawStream()(select.whereClause))

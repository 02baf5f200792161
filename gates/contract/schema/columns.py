"""Columns of tables and views: what was written and what was read still works."""

# ruff: noqa: S608 - names are quoted by the server; what is run is undone
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from gates.contract.model import Bump, Change
from gates.contract.schema.column_types import refused_call, refused_value, widened
from gates.contract.schema.constraints import beside
from gates.contract.schema.pair import Pair, Tries, owner_of, shown
from gates.contract.schema.scripts import inserted
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Properties


def compare_columns(pair: Pair) -> Iterator[Change]:
    """Columns that went, came or changed, in tables, views and composite types that both have."""
    came = list(pair.came("column"))
    for name, properties in pair.lost("column"):
        table, column = _split(name)
        alike = (each for each, its in came if its == properties and _split(each)[0] == table)
        heir = next(alike, None)
        lost = f"; is it called {_split(heir)[1]} now?" if heir else ", with what it held"
        yield pair.change(
            f"column:{shown(name)}", Bump.MAJOR,
            f"the column {shown(name)} is gone{lost}",
            table, column, gone=True, tries=[_reading(pair, table, column)],
        )  # fmt: skip
    for name, properties in came:
        yield _added(pair, name, properties)
    for name, before, after in pair.kept("column"):
        yield from _changed(pair, name, before, after)


def _reading(pair: Pair, table: str, column: str) -> Statements:
    """Reads a column of a relation, or a member of a composite type."""
    if f"type {table}" in pair.old.objects:
        return [f"SELECT (NULL::{shown(table)}).{column}"]
    return [f"SELECT {column} FROM {shown(table)}"]


def _split(name: str) -> tuple[str, str]:
    table, _, column = name.rpartition(".")
    return table, column


def _must_be_given(properties: Properties) -> bool:
    """Whether an INSERT that does not name the column is refused."""
    filled = any(key in properties for key in ("default", "generated", "identity"))
    return properties.get("nullability") == "NOT NULL" and not filled


def _filled_by_trigger(pair: Pair, table: str, column: str) -> bool:
    """Whether a trigger of the new version writes the column before a row is checked."""
    start = re.compile(
        r"CREATE (?:CONSTRAINT )?TRIGGER \S+ BEFORE [^\n]*EXECUTE FUNCTION ([^(]+)\("
    )
    writes = re.compile(rf"\bNEW\.{re.escape(column)}\s*:?=", re.IGNORECASE)
    for name, properties in pair.new.of("trigger"):
        match = start.match(properties.get("definition", ""))
        if name.endswith(f" on {table}") and match:
            function = pair.new.objects.get(f"function {match[1]}()", {})
            if writes.search(function.get("definition", "")):
                return True
    return False


def _added(pair: Pair, name: str, properties: Properties) -> Change:
    table, column = _split(name)
    if _must_be_given(properties) and _filled_by_trigger(pair, table, column):
        return pair.change(
            f"column:{shown(name)}", Bump.MINOR,
            f"the column {shown(name)} is new and must not be NULL; that the trigger does not fill"
            " it could not be shown", table, column, came=True, proved=False,
        )  # fmt: skip
    if _must_be_given(properties):
        return pair.change(
            f"column:{shown(name)}", Bump.MAJOR,
            f"the column {shown(name)} is new, must be given and has no default",
            table, column, came=True,
            tries=inserted(pair, table),
        )  # fmt: skip
    return pair.change(
        f"column:{shown(name)}", Bump.MINOR, f"the column {shown(name)} is new", table, column,
        came=True,
    )  # fmt: skip


def _changed(pair: Pair, name: str, before: Properties, after: Properties) -> Iterator[Change]:
    table, column = _split(name)
    label = f"the column {shown(name)}"

    def change(bump: Bump, message: str, tries: Tries = (), *, proved: bool = True) -> Change:
        return pair.change(
            f"column:{shown(name)}", bump, f"{label} {message}", table, column,
            tries=tries, proved=proved,
        )  # fmt: skip

    yield from _type(pair, change, name, before["type"], after["type"])
    was, now = before.get("nullability"), after.get("nullability")
    if now == "NOT NULL" and was != now and _filled_by_trigger(pair, table, column):
        yield change(Bump.MINOR, "is not NULL any more, as a trigger fills it", proved=False)
    elif now == "NOT NULL" and was != now:
        yield from _refuses_null(pair, change, name, before["type"])
    elif was == "NOT NULL" and was != now:
        yield change(Bump.MINOR, "may be NULL now: who reads it must expect that")
    if not _filled_by_trigger(pair, table, column):
        yield from _filling(pair, change, name, before, after)
    if before.get("collation") != after.get("collation"):
        yield change(Bump.MINOR, "has another collation: texts sort in another order", proved=False)


def _refuses_null(
    pair: Pair, change: Callable[..., Change], name: str, type_: str
) -> Iterator[Change]:
    """A CHECK or the domain of the column may have refused NULL before."""
    table, column = _split(name)
    checks = beside(pair, table, f"CHECK ({column})")
    domain = f"type {type_}" in pair.old.objects
    if f"CHECK (({column} IS NOT NULL))" in checks or _domain_refuses_null(pair, type_):
        yield change(Bump.MINOR, "is declared NOT NULL, and refused NULL before")
        return
    row: Mapping[str, str] | None = {column: "NULL"}
    if (checks or domain) and pair.refuses is not None:
        asked = f"CHECK (({column} IS NOT NULL))"
        row = pair.refuses(pair.old, table, checks or ["CHECK (true)"], asked)
    if row is None:
        what = "refuses NULL now; that one was accepted could not be shown"
        yield change(Bump.MINOR, what, proved=False)
    else:
        values = {column: "NULL", **row}
        yield change(
            Bump.MAJOR, "refuses NULL now, and may hold some",
            inserted(pair, table, values),
        )  # fmt: skip


def _domain_refuses_null(pair: Pair, type_: str) -> bool:
    """Whether a type is a domain that is declared NOT NULL, or asks for a VALUE."""
    if "nullability" in pair.old.objects.get(f"type {type_}", {}):
        return True
    return any(
        owner_of("constraint", name, properties) == type_
        and properties["definition"] == "CHECK ((VALUE IS NOT NULL))"
        for name, properties in pair.old.of("constraint")
    )


def _type(
    pair: Pair, change: Callable[..., Change], name: str, old: str, new: str
) -> Iterator[Change]:
    if old == new:
        return
    table, column = _split(name)
    if widened(old, new):
        if (call := refused_call(old, new, column)) is not None:
            yield change(
                Bump.MAJOR,
                f"is {new}, it was {old}: every value fits, and no function that takes {old} does",
                [[f"SELECT {call} FROM {shown(table)}"]],
            )
            return
        yield change(Bump.MINOR, f"is {new}, it was {old}: every value of that fits")
        return

    def tries() -> Iterator[Statements | None]:
        value = refused_value(old, new)
        if value:
            yield from inserted(pair, table, {column: value})
        reading = _reading(pair, table, column)
        if f"type {table}" not in pair.old.objects:
            yield [f"{reading[0]} WHERE {column} = CAST(NULL AS {old})"]
        yield reading

    yield change(Bump.MAJOR, f"is {new}, it was {old}, which is not all of it", tries())


def _naming(pair: Pair, table: str, column: str) -> Iterator[Statements | None]:
    """A row that says what a column holds."""
    yield from inserted(pair, table)
    yield from inserted(pair, table, {column: "NULL"})


def _filling(
    pair: Pair, change: Callable[..., Change], name: str, before: Properties, after: Properties
) -> Iterator[Change]:
    """What a column holds where nobody says: default, identity, generated."""
    table, column = _split(name)
    closed = ("generated" in after and "generated" not in before) or (
        after.get("identity") == "ALWAYS" and before.get("identity") != "ALWAYS"
    )
    if closed:
        yield change(
            Bump.MAJOR, "cannot be given any more, it is made by the database",
            _naming(pair, table, column),
        )  # fmt: skip
        return
    if _must_be_given(after) and not _must_be_given(before) and "NOT NULL" in before.values():
        yield change(
            Bump.MAJOR, "must be given now, its default is gone",
            inserted(pair, table, without=column),
        )  # fmt: skip
        return
    for key, word in (
        ("default", "default"),
        ("generated", "expression"),
        ("identity", "identity"),
    ):
        one, other = before.get(key), after.get(key)
        if one != other:
            yield change(
                Bump.MINOR, f"has another {word}: {other or 'none'}, it was {one or 'none'}"
            )

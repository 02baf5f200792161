"""Foreign keys and keys that ask for the same as before, at another time or with another remedy.

Facts: PostgreSQL, "CREATE TABLE" (DEFERRABLE, referential actions, MATCH), "SET CONSTRAINTS" and
"INSERT" (a deferrable constraint is no arbiter of ON CONFLICT).
"""

# ruff: noqa: S608 - names are quoted by the server; what is run is undone
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gates.contract.model import Bump, Change
from gates.contract.schema.pair import Pair, Tries, owner_of, shown
from gates.contract.schema.scripts import inserted, unlike_in_the_end
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Snapshot

_FOREIGN = re.compile(
    r"FOREIGN KEY \((?P<columns>.*?)\) REFERENCES (?P<target>\S+?)\((?P<keys>.*?)\)(?P<rest>.*)"
)
_WAITS = re.compile(r" DEFERRABLE(?: INITIALLY DEFERRED)?$")
_REMEDIES = ("CASCADE", "SET NULL")


def at_once(text: str) -> str:
    """A constraint without the words on when it is checked."""
    return _WAITS.sub("", text)


def _patience(text: str) -> int:
    """0: checked at once, 1: waits for the end of a transaction that asks for it, 2: waits."""
    found = _WAITS.search(text)
    return 0 if found is None else 2 if found[0].endswith("DEFERRED") else 1


def stricter(pair: Pair, owner: str, old: Sequence[str], new: str) -> tuple[str, Tries] | None:
    """Why a foreign key or an EXCLUDE refuses what its old forms, which all held, did not: the
    reason and scripts that show it. None where they do not differ in that."""
    match = _FOREIGN.fullmatch(new)
    if match is None and not new.startswith("EXCLUDE"):
        return None
    ask = _ASK if min(map(_patience, old)) == 1 else ()
    waits = min(map(_patience, old)) > _patience(new)
    if match is None:
        same = pair.columns(owner, pair.old)
        return (
            "it waits no more for the end of a transaction",
            unlike_in_the_end(pair, owner, same, ask),
        ) if waits else None  # fmt: skip
    target, columns = match["target"], match["columns"]
    if waits:
        return (
            "it waits no more for the end of a transaction",
            _child_first(pair, owner, ask),
        )
    never_null = _not_null(pair, owner, columns)
    for event in ("DELETE", "UPDATE"):
        was = {_remedy(each, event, never_null) for each in old}
        if was <= {*_REMEDIES} and _remedy(new, event, never_null) not in {*_REMEDIES, ""}:
            return (
                f"{event} of a row that is referred to is refused",
                _without_parent(pair, owner, target, match["keys"], event),
            )
    full = " MATCH FULL" in match["rest"] and not any(" MATCH FULL" in each for each in old)
    if full and "," in columns and not never_null:
        return (
            "it refuses a row that has some of the columns and not all",
            _with_a_null(pair, owner, columns),
        )
    return None


_ASK = ("SET CONSTRAINTS ALL DEFERRED",)


def _child_first(pair: Pair, owner: str, ask: Statements) -> Iterator[Statements]:
    """A row before those that it refers to."""
    rows = pair.runs.rows(owner)
    if rows is not None:
        yield [*ask, rows[-1], *rows[:-1], "SET CONSTRAINTS ALL IMMEDIATE"]


def _with_a_null(pair: Pair, owner: str, columns: str) -> Iterator[Statements | None]:
    for each in columns.split(", "):
        yield from inserted(pair, owner, {each: "NULL"})


def _without_parent(
    pair: Pair, owner: str, target: str, keys: str, event: str
) -> Iterator[Statements]:
    """Takes a row away that another refers to, or gives it another key."""
    for row in pair.runs.planned(owner):
        for parent in row.parents:
            if parent.table.qualified != target:
                continue
            rows = [*pair.runs.above(row), row.statement()]
            where = f"WHERE {parent.condition()}"
            if event == "DELETE":
                yield [*rows, f"DELETE FROM {shown(target)} {where}"]
                continue
            column = next(c for c in parent.table.columns if c.quoted == keys.partition(",")[0])
            others = (each.values.get(column.number) for each in pair.runs.planned(target, count=2))
            for other in others:
                if other not in (None, parent.values.get(column.number)):
                    change = f"SET {column.quoted} = {other}"
                    yield [*rows, f"UPDATE {shown(target)} {change} {where}"]


def _remedy(text: str, event: str, never_null: bool) -> str:
    """What happens to the rows that refer to one that goes; "" for what is not followed here."""
    found = re.search(rf" ON {event} (CASCADE|SET NULL|SET DEFAULT|RESTRICT)( \()?", text)
    if found is None:
        return "NO ACTION"
    if found[1] == "SET NULL" and never_null:
        return "RESTRICT"
    return "" if found[1] == "SET DEFAULT" or found[2] else found[1]


def _not_null(pair: Pair, owner: str, columns: str) -> bool:
    """Whether one of some columns cannot be set to NULL."""
    found = (pair.old.objects.get(f"column {owner}.{each}", {}) for each in columns.split(", "))
    return any(each.get("nullability") == "NOT NULL" for each in found)


def compare_waiting(pair: Pair) -> Iterator[Change]:
    """UNIQUE and PRIMARY KEY that are checked at another time."""
    before, after = _keys(pair.old), _keys(pair.new)
    for owner, text in sorted(before.keys() & after.keys()):
        (_, was), (name, now) = before[owner, text], after[owner, text]
        if was == now:
            continue
        columns = text.partition("(")[2].removesuffix(")")
        breaks = was > now
        if was > now:
            what = "waits no more for the end of a transaction"
        elif was == 0:
            what = "may wait for the end of a transaction, and is no help to ON CONFLICT"
            breaks = not _another(pair.new, owner, columns, name)
        else:
            what = "waits for the end of a transaction"
        yield pair.change(
            f"constraint:{shown(owner)}.{name}", Bump.MAJOR if breaks else Bump.MINOR,
            f"{text} of {shown(owner)} {what}", owner, name, proved=breaks,
            tries=unlike_in_the_end(pair, owner, columns.split(", "), _ASK if was == 1 else ())
            if was > now
            else inserted(pair, owner, suffix=f" ON CONFLICT ({columns}) DO NOTHING"),
        )  # fmt: skip


def _keys(side: Snapshot) -> dict[tuple[str, str], tuple[str, int]]:
    """By table and text: the name, and how long it waits; the least patient where several are."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for name, properties in side.of("constraint"):
        text = properties["definition"]
        owner = owner_of("constraint", name, properties)
        part = "partition_bound" in side.objects.get(f"table {owner}", {})
        if text.startswith(("UNIQUE", "PRIMARY KEY")) and not part:
            own = (name.rpartition(" on ")[0].strip('"'), _patience(text))
            known = found.get((owner, at_once(text)), own)
            found[owner, at_once(text)] = min(own, known, key=lambda each: each[1])
    return found


def _another(side: Snapshot, owner: str, columns: str, name: str) -> bool:
    """Whether another unique index has the same columns."""
    return any(
        properties.get("table") == owner
        and properties["definition"].startswith("CREATE UNIQUE")
        and properties["definition"].endswith(f" ({columns})")
        and index.rpartition(".")[2].strip('"') != name
        for index, properties in side.of("index")
    )

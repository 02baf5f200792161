"""Constraints and unique indexes: which rows a table accepts.

Both are known by what they say and not by their names. What speaks of new columns alone refuses no
row that was written before, since such a row does not name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum

from gates.contract.model import Bump, Change
from gates.contract.schema.bodies import formerly
from gates.contract.schema.checks import refused, same_subject
from gates.contract.schema.keys import at_once, stricter
from gates.contract.schema.pair import Pair, owner_of, shown
from gates.contract.schema.scripts import given, inserted, twice
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Properties, Snapshot

_UNIQUE = re.compile(
    r"CREATE UNIQUE INDEX \S+ ON (?:ONLY )?\S+ USING \w+ \((?P<keys>.*?)\)"
    r"(?: INCLUDE \(.*?\))?(?P<rest>(?: NULLS NOT DISTINCT)?(?: WITH \(.*?\))?(?: WHERE .*)?)",
    re.DOTALL,
)
_WHOLE = re.compile(r"CREATE UNIQUE INDEX \S+ (?P<keys>.*)(?P<rest>)", re.DOTALL)
LONGEST = 2000
"""Characters of an index definition that is taken apart; a longer one is compared as it is."""


def compare_constraints(pair: Pair) -> Iterator[Change]:
    """CHECK, FOREIGN KEY and EXCLUDE constraints of tables and domains that both have. NOT NULL is
    the columns' matter, UNIQUE and PRIMARY KEY are those of their indexes."""
    before, after = by_text(pair, pair.old), by_text(pair, pair.new)
    for owner in sorted({*before, *after}):
        one, other = before.get(owner, {}), after.get(owner, {})
        lost = [text for text in one if text not in other]
        for text in [text for text in other if text not in one]:
            like = [each for each in one if _comparable(pair, owner, each, text)]
            if like:
                lost = [each for each in lost if each not in like]
                yield _changed(pair, owner, like, text, other[text])
            else:
                yield _added(pair, owner, text, other[text])
        for text in lost:
            yield pair.change(
                f"constraint:{shown(owner)}.{one[text]}", Bump.MINOR,
                f"{shown(owner)} does not ask for {text} any more: readers may meet other rows",
                owner, one[text], gone=True,
            )  # fmt: skip


def by_text(pair: Pair, side: Snapshot) -> dict[str, dict[str, str]]:
    """For each table or domain of both sides: constraints by what they say, with their names."""
    found: dict[str, dict[str, str]] = {}
    other = pair.new if side is pair.old else pair.old
    for name, properties in side.of("constraint"):
        text = properties["definition"].removesuffix(" NOT VALID")
        owner = owner_of("constraint", name, properties)
        table = side.objects.get(f"table {owner}", {})
        known = any(f"{kind} {owner}" in other.objects for kind in ("table", "type"))
        if (
            known
            and "partition_bound" not in table
            and not text.startswith(("NOT NULL", "UNIQUE", "PRIMARY KEY"))
        ):
            found.setdefault(owner, {})[text] = name.rpartition(" on ")[0].strip('"')
    return found


def beside(pair: Pair, owner: str, text: str) -> list[str]:
    """The old CHECKs that speak of something which a text speaks of: a row that they refuse shows
    nothing about the text."""
    subjects = pair.columns(owner, pair.old) | {"VALUE"}
    checks = (
        properties["definition"].removesuffix(" NOT VALID")
        for name, properties in pair.old.of("constraint")
        if owner_of("constraint", name, properties) == owner
    )
    return [
        each
        for each in checks
        if each.startswith("CHECK") and _words(each) & _words(text) & subjects
    ]


def _comparable(pair: Pair, owner: str, one: str, other: str) -> bool:
    """Whether a constraint seems to be the other one, written anew: a foreign key to the same
    table, or a CHECK of the same columns."""
    if one.startswith("FOREIGN KEY") or other.startswith("FOREIGN KEY"):
        return _target(one) == _target(other)
    if one.startswith("EXCLUDE") and other.startswith("EXCLUDE"):
        return at_once(one) == at_once(other)
    if not (one.startswith("CHECK") and other.startswith("CHECK")):
        return False
    columns = pair.columns(owner, pair.old)
    return same_subject(one, other) or _words(one) & columns == _words(other) & columns


def _target(text: str) -> str:
    """What a foreign key ties to what, without what follows a deletion."""
    return re.sub(r"(REFERENCES \S+\(.*?\)).*", r"\1", text)


def _words(text: str) -> frozenset[str]:
    """The names in an expression."""
    return frozenset(re.findall(r'"[^"]+"|\w+', re.sub(r"'(?:[^']|'')*'", "", text)))


def _changed(pair: Pair, owner: str, old: list[str], new: str, name: str) -> Change:
    """A constraint beside or in place of others on the same columns, which all held before."""
    if (broken := stricter(pair, owner, old, new)) is not None:
        return pair.change(
            f"constraint:{shown(owner)}.{name}", Bump.MAJOR,
            f"{shown(owner)} asks for {new}, it was {' and '.join(old)}: {broken[0]}",
            owner, name, tries=broken[1],
        )  # fmt: skip
    alike = [each for each in old if same_subject(each, new)]
    value = refused(alike, new, whole=_whole(pair, owner, new)) if alike else None
    known = bool(alike) and value is None
    row = _value_of(pair, owner, value) if value and alike == old else None
    if row is None and not known and pair.refuses is not None and new.startswith("CHECK"):
        # What the rest of the old ones says counts too, and only the server understands it.
        row = pair.refuses(pair.old, owner, old, new, formerly(pair, old))
    if row is not None:
        why = "a row that was accepted is refused"
    elif known:
        why = "every row that was accepted still is"
    else:
        why = "that a row which was accepted is refused could not be shown"
    return pair.change(
        f"constraint:{shown(owner)}.{name}", Bump.MINOR if row is None else Bump.MAJOR,
        f"{shown(owner)} asks for {new}, it was {' and '.join(old)}: {why}",
        owner, name, tries=given(pair, owner, row or {}),
        proved=known or row is not None,
    )  # fmt: skip


def _value_of(pair: Pair, owner: str, text: str) -> Mapping[str, str] | None:
    """`column = value` as values of a row; None for another expression."""
    name, _, value = text.partition(" = ")
    return {name: value} if name in pair.columns(owner, pair.old) | {"VALUE"} else None


def _whole(pair: Pair, owner: str, text: str) -> bool:
    """Whether what a CHECK limits is no column of a type with fractions: a length, a count."""
    types = [
        pair.old.objects.get(f"column {owner}.{each}", {}).get("type", "") for each in _words(text)
    ]
    if "VALUE" in _words(text):
        types.append(pair.old.objects.get(f"type {owner}", {}).get("base", ""))
    return not any(each.startswith(("numeric", "real", "double")) for each in types)


def _added(pair: Pair, owner: str, text: str, name: str) -> Change:
    novelty = _novelty(pair, owner, text)
    if novelty is Novelty.SOME and text.startswith("FOREIGN KEY") and _left_null(pair, owner, text):
        novelty = Novelty.ALL
    breaks, row = novelty is Novelty.NONE, None
    if breaks and pair.refuses is not None and text.startswith("CHECK"):
        # The type, or another CHECK, may refuse all that this one does.
        row = pair.refuses(pair.old, owner, beside(pair, owner, text) or ["CHECK (true)"], text)
        novelty, breaks = (Novelty.IMPLIED, False) if row is None else (novelty, True)
    return pair.change(
        f"constraint:{shown(owner)}.{name}", Bump.MAJOR if breaks else Bump.MINOR,
        f"{shown(owner)} asks for {text} now{novelty.value}", owner, name, came=True,
        tries=_against(pair, owner, text, row),
        proved=novelty not in (Novelty.SOME, Novelty.IMPLIED),
    )  # fmt: skip


def _against(
    pair: Pair, owner: str, text: str, row: Mapping[str, str] | None
) -> Iterator[Statements | None]:
    """Rows for which a new constraint does not hold."""
    if text.startswith("EXCLUDE"):
        yield from twice(pair, owner, pair.columns(owner, pair.old) & _words(text))
    else:
        yield from given(pair, owner, row or {})


class Novelty(Enum):
    """How much of what a rule speaks of is new; the value says what that means."""

    NONE = ", and did not"
    SOME = ", also of new columns; that a row which was accepted is refused could not be shown"
    ALL = ", of rows that have a value in a new column"
    IMPLIED = "; that a row which was accepted is refused could not be shown"


def _novelty(pair: Pair, table: str, text: str) -> Novelty:
    words = _words(text)
    before, after = pair.columns(table, pair.old), pair.columns(table, pair.new)
    if not words & (after - before):
        return Novelty.NONE
    return Novelty.SOME if words & before else Novelty.ALL


def _left_null(pair: Pair, table: str, text: str) -> bool:
    """Whether a new column that a rule speaks of is NULL in every row that does not name it: then
    the rule does not look at such a row (PostgreSQL, "Unique Constraints" and "Foreign Keys")."""
    before = pair.columns(table, pair.old)
    for name in _words(text) & pair.columns(table, pair.new) - before:
        column = pair.new.objects[f"column {table}.{name}"]
        if column.get("nullability") == "NULL" and not {"default", "generated"} & set(column):
            return True
    return False


def compare_indexes(pair: Pair) -> Iterator[Change]:
    """Unique indexes refuse rows, the others only make things fast or slow. In which order a unique
    one has its columns says nothing: ON CONFLICT finds it by any (PostgreSQL, "INSERT")."""
    before, after = _unique(pair.old, pair), _unique(pair.new, pair)
    for (table, words, rest), (keys, name) in after.items():
        if (table, words, rest) in before:
            if before[table, words, rest][0] != keys:
                yield pair.change(
                    f"unique:{shown(table)}({keys}){rest}", Bump.PATCH,
                    f"the unique key ({keys}){rest} of {shown(table)} is in another order", table,
                    name,
                )  # fmt: skip
            continue
        implied = not rest and any(
            t == table and not r and frozenset(w) <= frozenset(words) for t, w, r in before
        )
        novelty = _novelty(pair, table, keys)
        if novelty is Novelty.SOME and "NULLS" not in rest and _left_null(pair, table, keys):
            novelty = Novelty.ALL
        breaks = not implied and novelty is Novelty.NONE
        yield pair.change(
            f"unique:{shown(table)}({keys}){rest}",
            Bump.PATCH if implied else Bump.MAJOR if breaks else Bump.MINOR,
            f"{shown(table)} takes each ({keys}){rest} once"
            + (", as it did" if implied else f" now{novelty.value}"),
            table, name, came=True,
            tries=twice(pair, table, pair.columns(table, pair.old) & _words(keys)),
            proved=implied or novelty is not Novelty.SOME,
        )  # fmt: skip
    for (table, words, rest), (keys, name) in before.items():
        if (table, words, rest) not in after:
            yield pair.change(
                f"unique:{shown(table)}({keys}){rest}", Bump.MAJOR,
                f"{shown(table)} takes the same ({keys}){rest} more than once now",
                table, name, gone=True,
                tries=inserted(pair, table, suffix=_or_nothing(keys, rest)),
            )  # fmt: skip
    yield from _plain(pair)


def _or_nothing(keys: str, rest: str) -> str:
    """The end of an INSERT that a unique index decides."""
    where = rest.partition(" WHERE ")[2]
    return f" ON CONFLICT ({keys}){' WHERE ' if where else ''}{where} DO NOTHING"


def _unique(side: Snapshot, pair: Pair) -> dict[tuple[str, tuple[str, ...], str], tuple[str, str]]:
    """Unique indexes on tables that both sides have: by table, sorted keys and condition, the keys
    as they are written, and the name."""
    found: dict[tuple[str, tuple[str, ...], str], tuple[str, str]] = {}
    for name, properties in side.of("index"):
        table = properties.get("table", "")
        definition = properties["definition"]
        match = _UNIQUE.fullmatch(definition) if len(definition) <= LONGEST else None
        if match is None and definition.startswith("CREATE UNIQUE"):
            match = _WHOLE.fullmatch(definition)
        both = f"table {table}" in pair.old.objects and f"table {table}" in pair.new.objects
        part = "partition_bound" in side.objects.get(f"table {table}", {})
        if match and both and not part:
            keys = match["keys"].replace(" DESC", "").replace(" NULLS FIRST", "")
            rest = re.sub(r" WITH \(.*?\)", "", match["rest"])
            found.setdefault((table, tuple(sorted(keys.split(", "))), rest), (keys, name))
    return found


def _plain(pair: Pair) -> Iterator[Change]:
    def unique(properties: Properties) -> bool:
        return properties["definition"].startswith("CREATE UNIQUE")

    for name, properties in pair.lost("index"):
        if not unique(properties):
            yield pair.change(
                f"index:{shown(name)}", Bump.PATCH, f"the index {shown(name)} is gone", name,
                gone=True,
            )  # fmt: skip
    for name, properties in pair.came("index"):
        if not unique(properties):
            yield pair.change(
                f"index:{shown(name)}", Bump.PATCH, f"the index {shown(name)} is new", name,
                came=True,
            )  # fmt: skip
    for name, before, after in pair.kept("index"):
        if before != after and not unique(before) and not unique(after):
            yield pair.change(
                f"index:{shown(name)}", Bump.PATCH, f"the index {shown(name)} has changed", name
            )

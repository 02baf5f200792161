"""Unique indexes: which rows a table accepts together. They are known by what they say and not by
their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.checks import words_in
from gates.contract.schema.novelty import Novelty, left_null, novelty_of
from gates.contract.schema.pair import Pair, shown
from gates.contract.schema.scripts import inserted, twice
from gates.database.catalog_state.snapshot import Properties, Snapshot

_UNIQUE = re.compile(
    r"CREATE UNIQUE INDEX \S+ ON (?:ONLY )?\S+ USING \w+ \((?P<keys>.*?)\)"
    r"(?: INCLUDE \(.*?\))?(?P<rest>(?: NULLS NOT DISTINCT)?(?: WITH \(.*?\))?(?: WHERE .*)?)",
    re.DOTALL,
)
_WHOLE = re.compile(r"CREATE UNIQUE INDEX \S+ (?P<keys>.*)(?P<rest>)", re.DOTALL)
LONGEST = 2000
"""Characters of an index definition that is taken apart; a longer one is compared as it is."""


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
        novelty = novelty_of(pair, table, keys)
        if novelty is Novelty.SOME and "NULLS" not in rest and left_null(pair, table, keys):
            novelty = Novelty.ALL
        breaks = not implied and novelty is Novelty.NONE
        yield pair.change(
            f"unique:{shown(table)}({keys}){rest}",
            Bump.PATCH if implied else Bump.MAJOR if breaks else Bump.MINOR,
            f"{shown(table)} takes each ({keys}){rest} once"
            + (", as it did" if implied else f" now{novelty.value}"),
            table, name, came=True,
            tries=twice(pair, table, pair.columns(table, pair.old) & words_in(keys)),
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

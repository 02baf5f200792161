"""What an approval holds for besides its own text: all of the module that runs with it.

Pure: it is read from the snapshots before and after the module's migrations.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.catalog_state.snapshot import Properties, Snapshot
from gates.database.shapes.deviation import Definitions, definitions_of

_BARE = ("function", "aggregate", "view", "table", "type", "sequence")
_PARTS = ("trigger", "policy", "rule", "constraint")
_DECIDES = ("default", "generated")


def module_definitions(before: Snapshot, after: Snapshot) -> Definitions:
    """The module's objects with all their properties, by the bare names that bring them in: an
    object's own, that of the table or type that it is a part of, and the parents' of that table."""
    objects = {key: each for key, each in after.objects.items() if before.objects.get(key) != each}
    return definitions_of(
        (name, _shown(key, properties))
        for key, properties in objects.items()
        for name in _names(key, properties, after)
    )


def _names(key: str, properties: Properties, after: Snapshot) -> Iterator[str]:
    kind, _, name = key.partition(" ")
    if kind in _BARE:
        owner = name.partition("(")[0]
    elif kind == "column" and not _is_plain(properties):
        owner = name.rpartition(".")[0]
    elif kind in _PARTS:
        owner = name.rpartition(" on ")[2]
    else:
        return
    yield _bare(owner)
    parents = after.objects.get(f"table {owner}", {}).get("parents", "")
    yield from (_bare(each) for each in parents.split(", ") if each)


def _is_plain(column: Properties) -> bool:
    """Whether a column only holds what it is given, of a type of PostgreSQL's own."""
    return "." not in column.get("type", "") and not any(each in column for each in _DECIDES)


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"')


def _shown(key: str, properties: Properties) -> str:
    return "\n".join([key, *(f"{name}: {each}" for name, each in sorted(properties.items()))])

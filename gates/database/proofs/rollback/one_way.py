"""What PostgreSQL lets no rollback bring back: the place of a column, the end of an enum's label,
the time before a constraint was validated.

A column that comes back is the table's last one, ALTER TYPE has no DROP VALUE, and a constraint
that is valid becomes NOT VALID only as a new one (sql-altertable, sql-altertype). Queries that name
their columns see none of them: a constraint refuses the same rows before it is valid. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gates.database.catalog_state.snapshot import Properties, Snapshot

_LABEL = re.compile(r"E?'(?:[^']|'')*'")


def as_far_as_possible(
    before: Snapshot, later: Sequence[Snapshot], after: Snapshot
) -> tuple[Snapshot, tuple[str, ...]]:
    """The state before a migration as a rollback can bring it back, and what it cannot, in words.

    `later` are the states after that migration and those that followed it, `after` is the one that
    the rollbacks led to. Only columns that were dropped on the way may have another place, and only
    labels that were added and constraints that were validated on the way may stay so; everything
    else is as it was in `before`.
    """
    objects = dict(before.objects)
    sentences: list[str] = []
    # Most rollbacks bring back everything: then no state is looked through for its columns.
    other = [key for key, each in objects.items() if after.objects.get(key) != each]
    changed = [key for key in other if key.startswith("column ")]
    tables = [each for each, _ in before.of("table")] if changed else []
    for table in tables:
        if not any(key.startswith(f"column {table}.") for key in changed):
            continue
        columns = _columns(before, table)
        gone = {
            name
            for name in columns
            for state in later
            if f"table {table}" in state.objects and name not in state.objects
        }
        now = _columns(after, table)
        if set(now) != set(columns) or _kept(now, gone) != _kept(columns, gone):
            continue
        for key in (key for key in columns if columns.index(key) != now.index(key)):
            position = after.objects[key]["position"]
            objects[key] = {**objects[key], "position": position}
            if key in gone:
                name = key.removeprefix(f"column {table}.")
                sentences.append(f"column {name} of table {table} comes back as its last one")
    for key, labels in _enums(before) if other else ():
        added = {label for state in later for label in _labels(state.objects.get(key))} - {*labels}
        now = _labels(after.objects.get(key))
        if _kept(now, added) == labels and now != labels:
            objects[key] = {**objects[key], "labels": after.objects[key]["labels"]}
            stay = ", ".join(each for each in now if each in added)
            sentences.append(f"{key} keeps the label {stay}")
    for key in other:
        valid = after.objects.get(key)
        on_the_way = any(state.objects.get(key) == valid for state in later)
        if valid is not None and on_the_way and _validated(objects[key]) == valid:
            objects[key] = valid
            sentences.append(f"{key} stays valid")
    return Snapshot(objects), tuple(sentences)


def _validated(constraint: Properties) -> Properties | None:
    """What VALIDATE CONSTRAINT makes of a constraint that is NOT VALID; None for anything else."""
    if constraint.get("validated") is None:
        return None
    valid = {name: value for name, value in constraint.items() if name != "validated"}
    return {**valid, "definition": constraint["definition"].removesuffix(" NOT VALID")}


def _columns(state: Snapshot, table: str) -> list[str]:
    """The keys of a table's columns, in their order."""
    prefix = f"column {table}."
    found = [key for key in state.objects if key.startswith(prefix)]
    return sorted(found, key=lambda key: int(state.objects[key]["position"]))


def _enums(state: Snapshot) -> Iterator[tuple[str, list[str]]]:
    for name, properties in state.of("type"):
        if properties.get("kind") == "enum":
            yield f"type {name}", _labels(properties)


def _labels(properties: Properties | None) -> list[str]:
    return _LABEL.findall((properties or {}).get("labels", ""))


def _kept(names: list[str], but: set[str]) -> list[str]:
    return [each for each in names if each not in but]

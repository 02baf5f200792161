"""Reads settings from the columns of a table that holds them, one row for each tenant. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gates.adoption.repair import World
from gates.database.catalog_state.tables import Column, Table

_NAMES = ("_settings", "_config", "_configuration", "_preferences")
_STANDARD = frozenset({"id", "tenant_id", "created_at", "updated_at", "version"})
_TYPES = {
    "boolean": "boolean", "integer": "integer", "bigint": "integer", "smallint": "integer",
    "real": "number", "double precision": "number", "numeric": "number", "text": "string",
}  # fmt: skip
_TEXT = re.compile(r"'((?:[^']|'')*)'")


def settings_of(world: World) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and schema of each setting: columns with a plain type, but for those that say whose a
    row is. Choices come from an enum, or from a CHECK of the column alone that lists texts."""
    for table in world.tables:
        if not table.name.endswith(_NAMES):
            continue
        referring = {number for each in table.references for number in each.columns}
        for column in table.columns:
            if column.name not in _STANDARD and column.number not in referring:
                found = _schema(world, table, column)
                if found and not column.name.endswith("_id"):
                    yield column.name, found


def _schema(world: World, table: Table, column: Column) -> dict[str, Any]:
    plain = column.type.partition("(")[0]
    labels = world.snapshot.objects.get(f"type {column.type}", {}).get("labels", "")
    choices = [each.replace("''", "'") for each in _TEXT.findall(labels)]
    for rule in table.checks:
        if rule.columns == (column.number,) and "ANY (ARRAY[" in rule.expression:
            choices = [each.replace("''", "'") for each in _TEXT.findall(rule.expression)]
    kind = _TYPES.get(plain, "string" if plain == "character varying" or choices else "")
    if not kind:
        return {}
    found: dict[str, Any] = {"enum": choices} if choices else {"type": kind}
    if column.default is not None and (default := _default(column.default, kind)) is not None:
        found["default"] = default
    return found


def _default(text: str, kind: str) -> object:
    literal = _TEXT.match(text)
    value = literal[1].replace("''", "'") if literal else text
    if kind == "string":
        return value if literal else None
    try:
        return json.loads(value)
    except ValueError:
        return None

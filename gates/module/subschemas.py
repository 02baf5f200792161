"""Every schema inside a settings schema, with the place in a tenant's settings it speaks about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gates.module.document import Document
from gates.module.strict_json import Key
from gates.records import dataclass

MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
"""Keywords that hold schemas by name."""
LISTS = ("prefixItems", "allOf", "anyOf", "oneOf")
SINGLE = (
    "items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains",
    "propertyNames", "not", "if", "then", "else",
)  # fmt: skip
IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Keywords whose schemas speak about the same value as the schema around them."""

Place = tuple[Key, ...]


@dataclass(frozen=True)
class Subschema:
    """One schema in the document."""

    pointer: Place
    """Where it stands in the document."""
    value: dict[str, Any]
    place: Place
    """What it speaks about in a settings document: names of properties, "*" for any other
    property, "[]" for items; a definition has places of its own, from "$defs" and its name."""
    declares: bool
    """Whether it says what settings look like, rather than asking (`if`, `not`, `contains`)."""

    @property
    def is_property(self) -> bool:
        """Whether it is a member of `properties` or `patternProperties`."""
        return len(self.pointer) > 1 and self.pointer[-2] in ("properties", "patternProperties")


def subschemas(document: Document) -> list[Subschema]:
    """Every schema of the document that is an object, outermost first, in the order of the text."""
    found: list[Subschema] = []
    waiting: list[tuple[Place, Any, Place, bool]] = [((), document.value, (), True)]
    while waiting:
        pointer, value, place, declares = waiting.pop()
        if not isinstance(value, dict):
            continue
        found.append(Subschema(pointer, value, place, declares))
        waiting += reversed(list(_direct_subschemas(pointer, value, place, declares)))
    return found


def _direct_subschemas(
    pointer: Place, schema: dict[str, Any], place: Place, declares: bool
) -> Iterator[tuple[Place, Any, Place, bool]]:
    for key, value in schema.items():
        if key in MAPS and isinstance(value, dict):
            for name, inner in value.items():
                if key == "properties":
                    below: Place = (*place, name)
                elif key == "patternProperties":
                    below = (*place, f"/{name}/")
                elif key == "dependentSchemas":
                    below = place
                else:
                    below = (key, name)
                yield (*pointer, key, name), inner, below, declares or key in MAPS[3:]
        elif key in LISTS and isinstance(value, list):
            for index, inner in enumerate(value):
                below = (*place, index) if key == "prefixItems" else place
                yield (*pointer, key, index), inner, below, declares
        elif key in SINGLE:
            asks = key in ("if", "not", "contains", "propertyNames")
            below = place
            if key in ("items", "contains", "unevaluatedItems"):
                below = (*place, "[]")
            elif key in ("additionalProperties", "unevaluatedProperties", "propertyNames"):
                below = (*place, "*")
            yield (*pointer, key), value, below, declares and not asks

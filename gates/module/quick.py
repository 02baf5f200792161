"""A validator that answers a thousand times faster, and says only yes or no.

For searches that ask thousands of times; what they find is shown to `gates.module.validator` before
anybody is told. Its library is loaded on first use. It reads patterns and formats otherwise than we
do, so in what it gets they are formats of our own making; names of keys it matches itself, so a
schema whose patterns for names it might read otherwise is none for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gates.module.expressions import expression
from gates.module.formats import FORMATS
from gates.module.subschemas import LISTS, MAPS, SINGLE

_PLAIN = re.compile(
    r"(?:\(\?:|\((?!\?)|[\w /:;,!@#%&=~<>'\"^$.*+?|)-]|\[\^?[\w.$ /:@-]+\]"
    r"|\\[.dwsDWS/$-]|\{\d+(?:,\d*)?\})*",
    re.ASCII,
)
"""Patterns that every engine reads alike."""


def quick_schema(schema: object, base: str) -> QuickSchema | None:
    """The schema, ready to be asked; None where the library could answer otherwise than we do."""
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            names = each.get("patternProperties", {})
            if isinstance(names, dict) and not all(map(_PLAIN.fullmatch, names)):
                return None
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    try:
        return QuickSchema(schema, base)
    except ValueError:
        return None


def is_schema(value: object) -> bool:
    """Whether a value is a schema of Draft 2020-12, where that is not in doubt; as
    `gates.module.validator.is_schema` says it otherwise."""
    from jsonschema_rs import meta

    if not isinstance(value, dict):
        return False
    try:
        return meta.is_valid({key: each for key, each in value.items() if key != "$schema"})
    except ValueError:
        return False


class QuickSchema:
    """A whole schema, of which parts can be asked by their place."""

    def __init__(self, schema: object, base: str) -> None:
        from jsonschema_rs import Draft202012, Registry

        self.base = base
        self._formats: dict[str, Callable[[str], bool]] = {}
        self._registry = Registry([(base, self._plain(schema))], draft=Draft202012)
        self._made: dict[str, Any] = {}

    def is_valid(self, fragment: str, value: object) -> bool:
        """Whether a value fits the schema at a fragment. Raises `ValueError` where the library
        cannot say."""
        made = self._made.get(fragment)
        if made is None:
            from jsonschema_rs import Draft202012Validator

            made = self._made[fragment] = Draft202012Validator(
                {"$ref": f"{self.base}#{fragment}"},
                registry=self._registry,
                formats=self._formats,
                validate_formats=True,
            )
        return bool(made.is_valid(value))

    def _plain(self, schema: Any) -> Any:  # noqa: ANN401 - a schema is any JSON
        if not isinstance(schema, dict):
            return schema
        made: dict[str, Any] = {}
        asked: list[Any] = []
        for key, value in schema.items():
            if key in MAPS and isinstance(value, dict):
                made[key] = {name: self._plain(each) for name, each in value.items()}
            elif key in LISTS and isinstance(value, list):
                made[key] = [self._plain(each) for each in value]
            elif key in SINGLE:
                made[key] = self._plain(value)
            elif key == "pattern":
                asked.append(self._asking(f"pattern {value}", expression(value).found_in))
            elif key == "format":
                if value in FORMATS:
                    asked.append(self._asking(f"format {value}", _has(FORMATS[value])))
            else:
                made[key] = value
        if asked:
            made["allOf"] = [*made.get("allOf", ()), *asked]
        return made

    def _asking(self, name: str, answer: Callable[[str], bool]) -> dict[str, Any]:
        self._formats[name] = answer
        return {"format": name}


def _has(check: Callable[[str], object]) -> Callable[[str], bool]:
    def has(text: str) -> bool:
        try:
            return bool(check(text))
        except ValueError:
            return False

    return has

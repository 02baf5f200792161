"""The JSON Schema validator of the checks: never fetches anything, never takes forever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any


@cache
def _validator_class() -> Any:  # noqa: ANN401 - jsonschema makes the class at run time
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    make: Any = extend
    return make(Draft202012Validator, {"uniqueItems": _unique_items, "pattern": _pattern})


def validator(schema: Mapping[str, Any] | bool, registry: object = None) -> Any:  # noqa: ANN401 - see _validator_class
    """A Draft 2020-12 validator.

    References resolve inside the schema and inside `registry`; without one, to the drafts
    themselves as well. Nothing is ever fetched, as jsonschema would of itself.
    """
    from jsonschema.validators import SPECIFICATIONS  # type: ignore[attr-defined]

    known = SPECIFICATIONS if registry is None else registry
    return _validator_class()(schema, registry=known)


def _unique_items(
    checker: Any,  # noqa: ANN401
    wanted: object,
    instance: object,
    _schema: object,
) -> Iterator[Any]:
    """As the standard's keyword, but each repeat is an error of its own place, in linear time."""
    from jsonschema import ValidationError

    if wanted is not True or not checker.is_type(instance, "array"):
        return
    assert isinstance(instance, list)  # noqa: S101 - what is_type has just said
    seen: set[str] = set()
    for index, item in enumerate(instance):
        plain = json.dumps(_plain(item), sort_keys=True)
        if plain in seen:
            yield ValidationError("repeated", path=[index], instance=item)
        seen.add(plain)


_DOLLAR = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """The expression with JavaScript's `$`: the very end, not before a last line feed."""
    return re.compile(_DOLLAR.sub(lambda each: r"\Z" if each[0] == "$" else each[0], pattern))


def _pattern(
    checker: Any,  # noqa: ANN401
    wanted: str,
    instance: object,
    _schema: object,
) -> Iterator[Any]:
    """As the standard's keyword."""
    from jsonschema import ValidationError

    if checker.is_type(instance, "string") and not expression(wanted).search(str(instance)):
        yield ValidationError("does not match")


def _plain(value: object) -> object:
    """The value with whole floats as integers: 1.0 and 1 are the same number in JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


def is_schema(schema: object) -> bool:
    """Whether a value is a valid schema of Draft 2020-12."""
    from jsonschema import Draft202012Validator

    try:
        return bool(validator(Draft202012Validator.META_SCHEMA).is_valid(schema))
    except RecursionError:
        return False

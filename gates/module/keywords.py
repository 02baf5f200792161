"""Keywords that the validator reads otherwise than `jsonschema` does.

Patterns are JavaScript's, numbers are decimal, and repeats are found in linear time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from gates.module.expressions import expression
from gates.module.strict_json import Exact


def _pattern(checker: Any, wanted: str, instance: object, _schema: object) -> Iterator[Any]:  # noqa: ANN401 - what jsonschema hands over
    from jsonschema import ValidationError

    if checker.is_type(instance, "string") and not expression(wanted).found_in(str(instance)):
        yield ValidationError("does not match")


def _pattern_properties(
    checker: Any,  # noqa: ANN401
    named: dict[str, Any],
    instance: Any,  # noqa: ANN401
    _schema: object,
) -> Iterator[Any]:
    if not checker.is_type(instance, "object"):
        return
    for pattern, schema in named.items():
        found_in = expression(pattern).found_in
        for key, value in instance.items():
            if found_in(key):
                yield from checker.descend(value, schema, path=key, schema_path=pattern)


def _additional_properties(
    checker: Any,  # noqa: ANN401
    others: Any,  # noqa: ANN401
    instance: Any,  # noqa: ANN401
    schema: dict[str, Any],
) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not checker.is_type(instance, "object"):
        return
    extras = [key for key in instance if not _is_named(schema, key)]
    if others is False and extras:
        yield ValidationError(f"undeclared: {', '.join(extras)}")
    elif others is not False:
        for key in extras:
            yield from checker.descend(instance[key], others, path=key)


def _is_named(schema: dict[str, Any], key: str) -> bool:
    """Whether `properties` or `patternProperties` of a schema speaks about a key."""
    patterns = schema.get("patternProperties", ())
    return key in schema.get("properties", ()) or any(
        expression(pattern).found_in(key) for pattern in patterns
    )


def _unevaluated_properties(
    checker: Any,  # noqa: ANN401
    others: Any,  # noqa: ANN401
    instance: Any,  # noqa: ANN401
    schema: dict[str, Any],
) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not checker.is_type(instance, "object"):
        return
    known = _evaluated(checker, instance, schema, own=True)
    for key, value in instance.items():
        if key not in known and any(True for _ in checker.descend(value, others)):
            yield ValidationError(f"undeclared: {key}")
            return


def _evaluated(
    checker: Any,  # noqa: ANN401
    instance: dict[str, Any],
    schema: Any,  # noqa: ANN401
    *,
    own: bool = False,
) -> set[str]:
    """The keys of an object that a schema speaks about; `own`: but for `unevaluatedProperties`
    itself. A schema that the object does not fit says nothing."""
    if not isinstance(schema, dict):
        return set()
    if "additionalProperties" in schema or (not own and "unevaluatedProperties" in schema):
        return set(instance)
    found = {key for key in instance if _is_named(schema, key)}
    applying = [each for word in ("allOf", "anyOf", "oneOf") for each in schema.get(word, ())]
    applying += [
        each for name, each in schema.get("dependentSchemas", {}).items() if name in instance
    ]
    if "if" in schema:
        holds = checker.evolve(schema=schema["if"]).is_valid(instance)
        applying += [schema["if"]] if holds else []
        chosen = "then" if holds else "else"
        applying += [schema[chosen]] if chosen in schema else []
    for each in applying:
        if checker.evolve(schema=each).is_valid(instance):
            found |= _evaluated(checker, instance, each)
    for word in ("$ref", "$dynamicRef"):
        if word in schema:
            target = checker._resolver.lookup(schema[word])  # noqa: SLF001 - as jsonschema's own
            there = checker.evolve(schema=target.contents, _resolver=target.resolver)
            found |= _evaluated(there, instance, target.contents)
    return found


def _multiple_of(checker: Any, step: float, instance: Any, _schema: object) -> Iterator[Any]:  # noqa: ANN401
    from jsonschema import ValidationError

    if checker.is_type(instance, "number") and (decimal(instance) / decimal(step)).denominator != 1:
        yield ValidationError("is no multiple")


def decimal(number: float) -> Fraction:
    """The number that was written: 0.1 is a tenth, which no binary float is."""
    return Fraction(number.written if isinstance(number, Exact) else str(number))


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


def _plain(value: object) -> object:
    """The value with whole floats as integers: 1.0 and 1 are the same number in JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


OURS: dict[str, Any] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
}
"""By name: what `jsonschema.validators.extend` takes."""

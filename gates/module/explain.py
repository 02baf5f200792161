"""JSON Schema errors in an author's words, each at the character that it is about."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from gates.model import Location
from gates.module.document import Document, label, show
from gates.module.expressions import expression
from gates.module.strict_json import Exact, Key
from gates.records import dataclass

MOST = 200
"""At most so many errors are reported of one document."""

_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@dataclass(frozen=True)
class Violation:
    """One error, ready to become a finding."""

    message: str
    location: Location
    fix: str | None = None
    owner: str | None = None
    """The check that says it better, where the schema names one (`x-check`)."""


def kind(value: object) -> str:
    """What a value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, int | float):
        return "a number" if float(value).is_integer() else "a number with a fraction"
    return "a list" if isinstance(value, list) else "an object"


def closest(word: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The known word that a reader would take this one for, if any."""
    by_lower = {each.lower().replace("-", "_"): each for each in known}
    found = difflib.get_close_matches(
        word.lower().replace("-", "_")[:100], list(by_lower), 1, cutoff=cutoff
    )
    return by_lower[found[0]] if found else None


def explain(
    document: Document, schema: Mapping[str, Any], old: Mapping[tuple[Key, ...], str] | None = None
) -> list[Violation]:
    """Everything that a schema has against a document, from top to bottom, without repeats.

    `old` maps the places of former spellings to the places of today's (with dots); a missing key
    that such a spelling stands in for is not reported a second time.
    """
    from gates.module.validator import validator

    errors = validator(schema).iter_errors(document.value)
    return describe_errors(document, (((), error) for error in errors), old)


def describe_errors(
    document: Document,
    errors: Iterable[tuple[tuple[Key, ...], Any]],
    old: Mapping[tuple[Key, ...], str] | None = None,
) -> list[Violation]:
    """jsonschema's errors as violations; each with the place of the value that it is about."""
    describer = _Describer(document, old or {})
    violations = (each for above, error in errors for each in describer.describe(error, above))
    found = dict.fromkeys(islice(violations, MOST))
    return sorted(found, key=lambda each: (each.location, each.message))


class _Describer:
    """Turns the errors of one document into violations."""

    def __init__(self, document: Document, old: Mapping[tuple[Key, ...], str]) -> None:
        self.document = document
        self.old = old
        missing = object()
        self.replaced = {
            new.partition(".")[0] if len(place) == 1 else new
            for place, new in old.items()
            if document.get(*place, default=missing) is not missing
        }

    def describe(self, error: Any, above: tuple[Key, ...]) -> Iterator[Violation]:  # noqa: ANN401
        """The violations of one of jsonschema's errors; `above` is the place of its parent."""
        where = (*above, *error.relative_path)
        if error.validator in ("oneOf", "anyOf"):
            yield from self._choice(error, where)
            return
        if error.validator in ("if", "allOf", "$ref", "dependentSchemas") and error.context:
            for inner in error.context:
                yield from self.describe(inner, where)
            return
        schema = error.schema if isinstance(error.schema, dict) else {}
        if error.validator == "required":
            yield from self._required(error, where)
        elif error.validator == "additionalProperties" and isinstance(error.instance, dict):
            yield from self._unknown(error.instance, schema, where)
        else:
            owner = schema.get("x-check") if error.validator == "pattern" else None
            message, fix = _message_and_fix(error, schema)
            name = label(where) or self.document.path
            yield Violation(f"{name} {message}", self.document.at(*where), fix, owner)

    def _required(self, error: Any, where: tuple[Key, ...]) -> Iterator[Violation]:  # noqa: ANN401
        properties = error.schema.get("properties", {})
        unknown_keys = [key for key in error.instance if key not in properties][:MOST]
        unwritten = [key for key in properties if key not in error.instance]
        misspelt = {
            closest(key, unwritten) for key in unknown_keys if (*where, key) not in self.old
        }
        for key in error.validator_value:
            # Reported once, where the author wrote something else that stands for it.
            if key in misspelt and error.schema.get("additionalProperties") is False:
                continue
            if key in error.instance or label((*where, key)) in self.replaced:
                continue
            known = properties.get(key)
            examples = known.get("examples") if isinstance(known, dict) else None
            example = f", such as {show(examples[0])}" if examples else ""
            inside = f" in {label(where)}" if where else ""
            location = self.document.key(*where)
            yield Violation(f'"{key}" is missing{inside}', location, f'add "{key}"{example}')

    def _unknown(
        self, instance: dict[str, Any], schema: Mapping[str, Any], where: tuple[Key, ...]
    ) -> Iterator[Violation]:
        known = schema.get("properties", {})
        free = list(schema.get("patternProperties", {}))
        for key in instance:
            if key in known or any(expression(each).found_in(key) for each in free):
                continue
            location = self.document.key(*where, key)
            if new := self.old.get((*where, key)):
                message = f"{show(key)} is the old spelling of {new}"
                yield Violation(message, location, _rename(new, instance[key]))
                continue
            guess = closest(key, [name for name in known if name not in instance])
            inside = f" in {label(where)}" if where else ""
            other = "remove it, or begin its name with x-" if "^x-" in free else "remove it"
            fix = f'did you mean "{guess}"?' if guess else other
            yield Violation(f"unknown key {show(key)}{inside}", location, fix)

    def _choice(self, error: Any, where: tuple[Key, ...]) -> Iterator[Violation]:  # noqa: ANN401
        forms = error.validator_value
        if not error.context:
            message = f"{label(where) or self.document.path} fits more than one of its forms"
            fix = "write a value that fits one, or anyOf instead of oneOf in the schema"
            yield Violation(message, self.document.at(*where), fix)
            return
        if all(isinstance(each, dict) and "const" in each for each in forms):
            message, fix = _enum_message(error.instance, [each["const"] for each in forms])
            yield Violation(f"{label(where)} {message}", self.document.at(*where), fix)
            return
        branches: dict[Key, list[Any]] = {}
        for inner in error.context:
            path = inner.relative_schema_path  # empty for the schema false
            branches.setdefault(path[0] if path else -1, []).append(inner)
        fitting = [
            inners
            for inners in branches.values()
            if not any(
                each.validator in ("type", None) and not each.relative_path for each in inners
            )
        ]
        if not fitting:
            kinds = _kinds(error.validator_value, error.schema)
            name = label(where) or self.document.path
            message = f"{name} must be {kinds}, not {kind(error.instance)}"
            yield Violation(
                message, self.document.at(*where), _example(error.schema, error.instance)
            )
            return
        best = max(
            fitting, key=lambda each: (max(len(one.relative_path) for one in each), -len(each))
        )
        for inner in best:
            yield from self.describe(inner, where)


def _rename(new: str, value: object) -> str:
    outer, _, inner = new.partition(".")
    if not inner:
        return f'write "{outer}": {show(value)}'
    return f'write "{inner}": {show(value)} inside "{outer}"'


def _kinds(branches: Iterable[Any], schema: Any) -> str:  # noqa: ANN401 - a schema is any JSON
    names: dict[str, None] = {}
    for branch in branches:
        if not isinstance(branch, dict):
            continue
        kinds = branch.get("type", "string" if "$ref" in branch else None)
        if isinstance(kinds, str):
            keys = ", ".join(each for each in branch.get("properties", {}))
            names[_NAMES[kinds] + (f" {{{keys}}}" if keys else "")] = None
    return " or ".join(names) or f"one of the forms of {schema.get('title', 'the schema')}"


def _example(schema: Mapping[str, Any], value: object) -> str:
    """The schema's first example that is another value than this one."""
    examples = schema.get("examples")
    for each in examples if isinstance(examples, list) else []:
        if each != value:
            return f"write {show(each)}, for example"
    return "write a value of that form"


def _message_and_fix(error: Any, schema: Mapping[str, Any]) -> tuple[str, str]:  # noqa: ANN401
    """The message, which follows the name of the place, and the fix."""
    value, limit = error.instance, error.validator_value
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            wanted = " or ".join(_NAMES.get(each, each) for each in kinds)
            return f"must be {wanted}, not {kind(value)}", _convert(value, kinds, schema)
        case "enum":
            return _enum_message(value, limit)
        case "const":
            return f"is {show(value)}; it must be {show(limit)}", f"write {show(limit)}"
        case "pattern":
            says = schema.get("patternErrorMessage") or f"must match the pattern {limit}"
            return f"is {show(value)}; it {says}", _example(schema, value)
        case "minLength" | "maxLength":
            if value == "":
                return "is empty", _example(schema, value)
            given = f"has {_count(len(value), 'character')}"
            if error.validator == "minLength":
                return f"{given}; at least {limit} are needed", "write a longer one"
            return f"{given}; at most {limit} are allowed", "shorten it"
        case "minItems" | "minProperties":
            return f"has {_count(len(value), 'entry')}; at least {limit} are needed", "add one"
        case "minimum":
            return f"is {show(value)}; the smallest value is {limit}", _bounds(schema)
        case "maximum":
            return f"is {show(value)}; the largest value is {limit}", _bounds(schema)
        case "format":
            return f"is {show(value)}, which is no {limit}", _example(schema, value)
        case "multipleOf":
            given = value.written if isinstance(value, Exact) else show(value)
            return f"is {given}; it must be a multiple of {limit}", _example(schema, value)
        case "exclusiveMinimum" | "exclusiveMaximum":
            side = "above" if error.validator == "exclusiveMinimum" else "below"
            return f"is {show(value)}; it must be {side} {limit}", _example(schema, value)
        case "maxItems":
            given = _count(len(value), "entry")
            return f"has {given}; at most {limit} are allowed", "remove some"
        case "uniqueItems":
            return f"repeats {show(value)}", "remove it"
        case "not" | None:
            return schema.get("errorMessage") or "may not be given here", "remove it"
    fix = f"write a value that meets {error.validator}: {show(limit)}"
    return f"does not meet the schema ({error.validator}: {show(limit)})", fix


def _enum_message(value: object, choices: list[Any]) -> tuple[str, str]:
    texts = [each for each in choices if isinstance(each, str)]
    guess = closest(value, texts) if isinstance(value, str) else None
    options = ", ".join(each if isinstance(each, str) else show(each) for each in choices)
    fix = f"did you mean {show(guess)}?" if guess else "write one of them"
    return f"is {show(value)}; it must be one of {options}", fix


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        return f"write {low} or more" if high is None else f"write {high} or less"
    return f"write a value from {low} to {high}"


def _convert(value: object, kinds: list[str], schema: Mapping[str, Any]) -> str:
    if isinstance(value, str):
        if "boolean" in kinds and value.lower() in ("true", "false"):
            return f"write {value.lower()} without quotes"
        if {"integer", "number"} & set(kinds) and re.fullmatch(r"-?\d{1,15}(\.\d+)?", value):
            return f"write {value} without quotes"
    if isinstance(value, bool) or not isinstance(value, int | float):
        if "array" in kinds and isinstance(value, str):
            return f"write [{show(value)}]"
    elif kinds == ["string"]:
        return f'write "{show(value)}" in quotes'
    return _example(schema, value)


def _count(number: int, word: str) -> str:
    if number == 1:
        return f"1 {word}"
    return f"{number} {word[:-1]}ies" if word.endswith("y") else f"{number} {word}s"

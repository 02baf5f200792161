"""What a difference between two schemas is called, in the words of a module's author."""

from __future__ import annotations

from typing import Any

from gates.contract.settings.side import text_of
from gates.module import label
from gates.module.document import show
from gates.module.subschemas import Place

NOUNS = {
    "minimum": "the smallest value", "exclusiveMinimum": "the lower bound",
    "maximum": "the largest value", "exclusiveMaximum": "the upper bound",
    "minLength": "the shortest length", "maxLength": "the longest length",
    "minItems": "the least number of items", "maxItems": "the largest number of items",
    "minProperties": "the least number of keys", "maxProperties": "the largest number of keys",
    "pattern": "the pattern", "format": "the format", "multipleOf": "the step",
    "uniqueItems": "the rule against repeats", "const": "the fixed value", "type": "the type",
    "contains": "the rule on items that must be there", "not": "what is ruled out",
    "if": "the condition", "propertyNames": "the rule on names of keys",
    "dependentRequired": "the rule on settings that belong together",
    "dependentSchemas": "the rule on settings that belong together",
    "anyOf": "the choice of forms", "oneOf": "the choice of forms",
    "unevaluatedProperties": "the rule on undeclared keys",
    "unevaluatedItems": "the rule on further items",
}  # fmt: skip
"""What keywords are called."""


def setting(place: Place) -> str:
    """A place in the settings, as the subject of a sentence."""
    return label(place) or "the settings"


def of(place: Place) -> str:
    """A place in the settings, as what something belongs to."""
    return f"of {setting(place)}"


def changed(keyword: str, place: Place, old: object, new: object) -> str:
    """What became of a keyword; None stands for one that was not there, or is gone."""
    if keyword == "type" and old is not None and new is not None:
        return f"{setting(place)} is {_type(new)} and was {_type(old)}"
    if keyword == "format" and new == "password":
        return f"{setting(place)} became a secret"
    noun = f"{NOUNS.get(keyword, f'the keyword {keyword}')} {of(place)}"
    plain = not isinstance(old, dict | list) and not isinstance(new, dict | list)
    if keyword == "uniqueItems":
        return f"{noun} is {'new' if new else 'gone'}"
    if old is None:
        return f"{noun} is {show(new)} now, and was not limited" if plain else f"{noun} is new"
    if new is None:
        return f"{noun} is gone (it was {show(old)})" if plain else f"{noun} is gone"
    return f"{noun} is {show(new)} now, and was {show(old)}" if plain else f"{noun} changed"


def _type(names: object) -> str:
    words = {
        "string": "a text", "integer": "a whole number", "number": "a number", "array": "a list",
        "boolean": "true or false", "object": "an object", "null": "null",
    }  # fmt: skip
    listed = names if isinstance(names, list) else [names]
    return " or ".join(words.get(str(each), str(each)) for each in listed)


def choices(place: Place, old: list[Any], new: list[Any]) -> str:
    """What became of a list of choices."""
    before, after = {text_of(each) for each in old}, {text_of(each) for each in new}
    gone = [show(each) for each in old if text_of(each) not in after]
    more = [show(each) for each in new if text_of(each) not in before]
    said = []
    if gone:
        said.append(f"{_many('choice', gone)} {of(place)} {'are' if gone[1:] else 'is'} gone")
    if more:
        said.append(f"{_many('new choice', more)}{'' if gone else f' {of(place)}'}")
    return "; ".join(said) or f"the choices {of(place)} are in another order"


def _many(noun: str, values: list[str]) -> str:
    shown = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if values[6:] else "")
    article = "" if noun.startswith("new") else "the "
    return f"{article}{noun}{'s' if values[1:] else ''} {shown}"

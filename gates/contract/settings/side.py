"""One version's settings schema, ready to be asked what applies to a value and what it accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote

from gates.contract.settings.view import ALL, Conj, View
from gates.errors import CouldNotCheckError
from gates.module import Document, quick
from gates.module.expressions import why_no_pattern
from gates.module.formats import format_checker
from gates.module.references import BASE, references
from gates.module.subschemas import IN_PLACE, Place, Subschema
from gates.module.validator import is_schema, validator
from gates.module.values import patterns

MOST_SCHEMAS = 20_000
"""Schemas that a settings schema may hold; a form with a thousand fields has a tenth of that."""
MOST_FILLED = 20_000
"""Defaults that are filled into one document."""
NEVER: Place = ("$false",)
"""Stands for the schema false at the end of a reference."""
ANNOTATIONS = frozenset(
    {
        "$schema", "$id", "$comment", "$anchor", "$dynamicAnchor", "$vocabulary", "$defs",
        "definitions", "schema_version", "title", "description", "default", "deprecated",
        "readOnly", "writeOnly", "examples", "contentEncoding", "contentMediaType", "contentSchema",
    }
)  # fmt: skip
"""Keywords that refuse no value."""


class UnknownAnswerError(Exception):
    """Validation itself gave up: a number out of all proportion, a value nested too deep."""


def text_of(value: object) -> str:
    """A JSON value as text, the same for values that JSON Schema holds equal."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


class Side:
    """The settings schema of one version.

    Raises `CouldNotCheckError` where the document is no JSON Schema of an object whose references
    all lead somewhere, or is too large.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        if not isinstance(document.value, dict) or not (
            quick.is_schema(document.value) or is_schema(document.value)
        ):
            raise _unfit(document, "is no valid JSON Schema", "settings-schema")
        self.found = references(document)
        if self.found.broken or self.found.circles:
            raise _unfit(document, "has references that lead nowhere", "settings-references")
        if any(why_no_pattern(pattern) for _, pattern in patterns(self.found.schemas)):
            raise _unfit(document, "has a pattern that is no regular expression", "settings-schema")
        if len(self.found.schemas) > MOST_SCHEMAS:
            raise CouldNotCheckError(
                f"{document.path} holds more than {MOST_SCHEMAS:,} schemas",
                hint="split the settings",
            )
        self._validators: dict[Conj, Any] = {}
        self._filling: dict[Conj, dict[str, Any]] = {}
        self._left = MOST_FILLED
        self._views: dict[tuple[Conj, frozenset[str], bool], View] = {}

    def schema(self, pointer: Place) -> Any:  # noqa: ANN401 - a schema is an object or a boolean
        """The schema at a pointer."""
        return False if pointer == NEVER else self.document.get(*pointer, default=True)

    def view(self, conj: Conj, only: frozenset[str] = ALL, *, loose: bool = False) -> View:
        """What a conjunction of schemas says about a value, references and allOf followed.

        `loose` takes in the branches as well, of which not all apply to every value.
        """
        key = (conj, only, loose)
        if key not in self._views:
            nodes: dict[Place, dict[str, Any]] = {}
            never = False
            for pointer in self._closure(conj, loose=loose):
                schema = self.schema(pointer)
                never = never or (schema is False and not loose)
                if isinstance(schema, dict):
                    nodes[pointer] = schema
            self._views[key] = View(tuple(nodes.items()), never, only)
        return self._views[key]

    def _closure(self, conj: Conj, *, loose: bool) -> Iterator[Place]:
        seen: set[Place] = set()
        waiting = list(reversed(conj))
        while waiting:
            pointer = waiting.pop()
            if pointer in seen:
                continue
            seen.add(pointer)
            yield pointer
            schema = self.schema(pointer)
            if not isinstance(schema, dict):
                continue
            below: list[Place] = []
            target = self.found.targets.get(pointer)
            if isinstance(target, Subschema):
                below.append(target.pointer)
            elif target is False:
                below.append(NEVER)
            for keyword in IN_PLACE if loose else ("allOf",):
                inner = schema.get(keyword)
                if keyword in ("allOf", "anyOf", "oneOf") and isinstance(inner, list):
                    below += [(*pointer, keyword, index) for index in range(len(inner))]
                elif keyword == "dependentSchemas" and isinstance(inner, dict):
                    below += [(*pointer, keyword, name) for name in inner]
                elif isinstance(inner, dict):
                    below.append((*pointer, keyword))
            waiting += reversed(below)

    def cares(self, conj: Conj, name: str) -> bool:
        """Whether any of these schemas, their branches included, says something about a key."""
        view = self.view(conj, loose=True)
        return view.says(name) or any(
            set(self.schema(each)) - ANNOTATIONS if isinstance(self.schema(each), dict) else False
            for each in view.of_key(name)
        )

    def valid(self, conj: Conj, value: object) -> bool:
        """Whether a value fits all the schemas of a conjunction."""
        if NEVER in conj:
            return False
        if self._quick is not None:
            try:
                return all(self._quick.is_valid(_fragment(each), value) for each in conj)
            except ValueError:
                pass
        return self.surely_valid(conj, value)

    def surely_valid(self, conj: Conj, value: object) -> bool:
        """As `valid`, by the validator that the checks have, which takes its time."""
        try:
            return bool(self._validator(conj).is_valid(value))
        except (OverflowError, RecursionError, ArithmeticError) as error:
            raise UnknownAnswerError from error

    def errors(self, value: object) -> list[tuple[Place, object]]:
        """Where the schema refuses a value: the keyword's pointer, and the refused part of it."""
        try:
            waiting = list(self._validator(((),)).iter_errors(value))
            found = []
            while waiting:
                error = waiting.pop()
                found.append((self._place(error), error.instance))
                waiting += error.context
        except (OverflowError, RecursionError, ArithmeticError) as error:
            raise UnknownAnswerError from error
        return found

    def _validator(self, conj: Conj) -> Any:  # noqa: ANN401 - see gates.module.validator
        if conj not in self._validators:
            parts = [{"$ref": f"{self._base}#{_fragment(pointer)}"} for pointer in conj]
            made = validator({"allOf": parts}, self._registry)
            self._validators[conj] = made.evolve(format_checker=format_checker())
        return self._validators[conj]

    @property
    def answers_quickly(self) -> bool:
        """Whether `valid` takes microseconds; milliseconds otherwise."""
        return self._quick is not None

    @cached_property
    def _quick(self) -> quick.QuickSchema | None:
        return quick.quick_schema(self.document.value, self._base)

    @cached_property
    def _base(self) -> str:
        from referencing.jsonschema import DRAFT202012

        return DRAFT202012.create_resource(self.document.value).id() or BASE

    @cached_property
    def _registry(self) -> object:
        from referencing import Registry
        from referencing.jsonschema import DRAFT202012

        root = DRAFT202012.create_resource(self.document.value)
        return Registry().with_resource(root.id() or BASE, root)

    def _place(self, error: Any) -> Place:  # noqa: ANN401 - a jsonschema error
        """The pointer of the keyword that an error comes from."""
        owner = self._by_identity.get(id(error.schema))
        if owner is not None:
            return (*owner, error.validator)
        pointer: Place = ()
        for part in list(error.absolute_schema_path)[2:]:  # after allOf, 0
            node = self.schema(pointer)
            while isinstance(node, dict) and part not in node and pointer in self.found.targets:
                target = self.found.targets[pointer]
                if not isinstance(target, Subschema):
                    break
                pointer = target.pointer
                node = target.value
            pointer = (*pointer, part)
        return pointer

    @cached_property
    def _by_identity(self) -> dict[int, Place]:
        return {id(each.value): each.pointer for each in self.found.schemas}

    def _defaults(self, conj: Conj) -> dict[str, Any]:
        """The default of each property that has one, with the defaults inside it; to be shared."""
        if conj not in self._filling:
            self._left = MOST_FILLED
            self._filling[conj] = self._given(conj, frozenset())
        return self._filling[conj]

    def _given(self, conj: Conj, around: frozenset[Place]) -> dict[str, Any]:
        view = self.view(conj)
        inside = around | set(view.pointers)
        return {
            name: self._whole(default, view.of_key(name), inside)
            for name, default in view.defaults(self).items()
        }

    def _whole(self, value: Any, conj: Conj, around: frozenset[Place]) -> Any:  # noqa: ANN401
        """A default with what is missing in it; not where its schema is one of those around it."""
        view = self.view(conj)
        if not isinstance(value, dict | list) or not around.isdisjoint(view.pointers):
            return value
        self._left -= 1
        if self._left < 0:
            raise UnknownAnswerError
        if isinstance(value, list):
            return [self._whole(each, view.of_item(n), around) for n, each in enumerate(value)]
        own = {name: self._whole(each, view.of_key(name), around) for name, each in value.items()}
        return self._given(conj, around) | own

    def accepts(self, value: object) -> bool:
        """Whether the platform accepts stored settings, as they are or with defaults filled in."""
        if self.valid(((),), value):
            return True
        filled, more = self._filled(value)
        return more and self.valid(((),), filled)

    def surely_accepts(self, value: object) -> bool:
        """As `accepts`, by the validator that the checks have."""
        if self.surely_valid(((),), value):
            return True
        filled, more = self._filled(value)
        return more and self.surely_valid(((),), filled)

    def filled(self, value: object) -> Any:  # noqa: ANN401 - any JSON value
        """Settings with the defaults of missing properties filled in.

        Through references and allOf, at every depth; never those of a branch (anyOf, oneOf, then,
        else, dependentSchemas), as which branch applies depends on what is filled in; and nothing
        into a default of a schema that holds itself.
        """
        return self._filled(value)[0]

    def _filled(self, value: object) -> tuple[Any, bool]:
        """Also whether anything was filled in."""
        return self._with_defaults(value, ((),))

    def _with_defaults(self, value: Any, conj: Conj) -> tuple[Any, bool]:  # noqa: ANN401
        more = False
        view = self.view(conj)
        if isinstance(value, dict):
            defaults = self._defaults(conj)
            made: dict[str, Any] = {}
            for name, inner in value.items():
                made[name], filled = self._with_defaults(inner, view.of_key(name))
                more = more or filled
            missing = {name: each for name, each in defaults.items() if name not in value}
            return made | missing, more or bool(missing)
        if isinstance(value, list):
            items = [self._with_defaults(each, view.of_item(n)) for n, each in enumerate(value)]
            return [each for each, _ in items], any(filled for _, filled in items)
        return value, False


def _unfit(document: Document, what: str, check: str) -> CouldNotCheckError:
    return CouldNotCheckError(
        f"{document.path} {what}, so versions of it cannot be compared",
        hint=f"mend what `{check}` reports first",
    )


def _fragment(pointer: Place) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in pointer)
    return "".join(f"/{quote(part, safe='')}" for part in parts)

"""References of a settings schema, resolved inside the file; nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from gates.errors import CouldNotCheckError
from gates.module.document import Document
from gates.module.subschemas import IN_PLACE, MAPS, Place, Subschema, subschemas
from gates.records import dataclass, field

BASE = "urn:axon:settings"
"""The base URI of a settings schema without `$id`."""
KEYWORDS = ("$ref", "$dynamicRef")


@dataclass(frozen=True)
class References:
    """The schemas of a document and where their references lead."""

    schemas: tuple[Subschema, ...]
    targets: Mapping[Place, Subschema | bool]
    """By the pointer of the schema that refers; true and false are schemas too."""
    broken: Mapping[Place, str]
    """By the pointer of the reference itself: why it leads nowhere."""
    circles: tuple[Place, ...] = field(default=())
    """Pointers of references that come back to the same value without looking into it."""

    @cached_property
    def by_pointer(self) -> Mapping[Place, Subschema]:
        """The schemas by where they stand."""
        return {each.pointer: each for each in self.schemas}

    def chain(self, schema: Subschema) -> Iterator[Subschema]:
        """A schema with all that describe the same value for sure: references and `allOf`."""
        seen: set[Place] = set()
        waiting = [schema]
        while waiting:
            each = waiting.pop()
            if each.pointer in seen:
                continue
            seen.add(each.pointer)
            yield each
            target = self.targets.get(each.pointer)
            if isinstance(target, Subschema):
                waiting.append(target)
            members = each.value.get("allOf")
            for index in range(len(members) if isinstance(members, list) else 0):
                member = self.by_pointer.get((*each.pointer, "allOf", index))
                waiting += [member] if member else []


def references(document: Document) -> References:
    """Resolve every reference of a settings schema that is a JSON object.

    Raises `CouldNotCheckError` where its keywords are not of the types that they must be, so that
    nobody could say what it refers to.
    """
    try:
        return _resolve(document)
    except (TypeError, AttributeError, RecursionError) as error:
        raise CouldNotCheckError(
            f"{document.path} is no valid JSON Schema",
            hint="fix what `settings-schema` reports first",
        ) from error


def _resolve(document: Document) -> References:
    from referencing import Registry
    from referencing.exceptions import Unresolvable, Unretrievable
    from referencing.jsonschema import DRAFT202012

    schemas = tuple(subschemas(document))
    by_identity = {id(each.value): each for each in schemas}
    root = DRAFT202012.create_resource(document.value)
    resolvers: dict[Place, Any] = {(): Registry().resolver_with_root(root)}
    if root.id() is None:
        resource = (BASE, root)
        resolvers[()] = Registry().with_resource(*resource).resolver(base_uri=BASE)
    targets: dict[Place, Subschema | bool] = {}
    broken: dict[Place, str] = {}
    for schema in schemas:
        resolver = _enclosing(resolvers, schema.pointer)
        if schema.pointer and isinstance(schema.value.get("$id"), str):
            resolver = resolver.in_subresource(DRAFT202012.create_resource(schema.value))
            resolvers[schema.pointer] = resolver
        for keyword in KEYWORDS:
            reference = schema.value.get(keyword)
            if not isinstance(reference, str):
                continue
            place = (*schema.pointer, keyword)
            try:
                contents = resolver.lookup(reference).contents
            except (Unresolvable, Unretrievable):
                broken[place] = _why(reference)
            except (ValueError, LookupError):
                broken[place] = "is no reference that can be read"
            else:
                if isinstance(contents, bool):
                    targets[schema.pointer] = contents
                elif id(contents) in by_identity:
                    targets[schema.pointer] = by_identity[id(contents)]
                else:
                    broken[place] = "leads to something that is no schema"
    found = References(schemas, targets, broken)
    return References(schemas, targets, broken, tuple(_cycles(found)))


def _enclosing(resolvers: Mapping[Place, Any], pointer: Place) -> Any:  # noqa: ANN401
    for end in range(len(pointer), -1, -1):
        if pointer[:end] in resolvers:
            return resolvers[pointer[:end]]
    raise AssertionError("the root has a resolver")


def _why(reference: str) -> str:
    if reference.startswith("#"):
        return "leads to nothing in this file"
    return "leads out of this file, and nothing is ever fetched"


def _cycles(found: References) -> Iterator[Place]:
    """References that form a cycle in which no step goes into a property or an item."""
    inside: dict[Place, list[Place]] = {}
    for schema in found.schemas:
        pointer = schema.pointer
        if len(pointer) > 1 and pointer[-1] in IN_PLACE and pointer[-2] not in MAPS:
            inside.setdefault(pointer[:-1], []).append(pointer)
        elif pointer and pointer[-1] in IN_PLACE and len(pointer) == 1:
            inside.setdefault((), []).append(pointer)
        elif len(pointer) > 1 and pointer[-2] in IN_PLACE:
            inside.setdefault(pointer[:-2], []).append(pointer)
    done: set[Place] = set()
    for start in found.by_pointer:
        path: dict[Place, None] = {}
        stack: list[tuple[Place, bool]] = [(start, False)]
        while stack:
            pointer, leaving = stack.pop()
            if leaving:
                path.pop(pointer, None)
                done.add(pointer)
                continue
            if pointer in done or pointer in path:
                continue
            path[pointer] = None
            stack.append((pointer, True))
            target = found.targets.get(pointer)
            if isinstance(target, Subschema):
                if target.pointer in path:
                    yield pointer
                else:
                    stack.append((target.pointer, False))
            stack += [(each, False) for each in inside.get(pointer, ())]

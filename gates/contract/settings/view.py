"""What several schemas say together about one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gates.module.expressions import expression
from gates.module.subschemas import Place
from gates.records import dataclass

if TYPE_CHECKING:
    from gates.contract.settings.side import Side

Conj = tuple[Place, ...]
"""Pointers of schemas that all apply to the same value."""

Rule = Callable[..., bool]
"""Of a keyword: prover, views of both, pointer, value and whether defaults are filled in."""
ALL = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})
"""The kinds of values. A number is an integer or a fraction, which JSON Schema has no word for."""
KIND_OF_KEYWORD = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
                    frozenset({"integer", "fraction"})),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), frozenset({"string"})),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains",
                     "minContains", "maxContains", "unevaluatedItems"), frozenset({"array"})),
    **dict.fromkeys(("properties", "patternProperties", "additionalProperties", "required",
                     "propertyNames", "minProperties", "maxProperties", "dependentRequired",
                     "dependentSchemas", "unevaluatedProperties"), frozenset({"object"})),
}  # fmt: skip
"""The kinds of values that a keyword says something about; all for the others."""


def kinds(names: object) -> frozenset[str]:
    """The kinds of values that `type` names."""
    listed = names if isinstance(names, list) else [names]
    found = {each for each in listed if isinstance(each, str)}
    return frozenset(found - {"number"} | ({"integer", "fraction"} if "number" in found else set()))


def kind_of(value: object) -> str:
    """The kind of a value; 1.0 is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float) and not value.is_integer():
        return "fraction"
    if isinstance(value, int | float):
        return "integer"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def matches(pattern: str, text: str) -> bool:
    """Whether a regular expression of a schema is found in a text."""
    return expression(pattern).found_in(text)


@dataclass(frozen=True)
class View:
    """What a conjunction says, references and allOf followed."""

    nodes: tuple[tuple[Place, dict[str, Any]], ...]
    never: bool
    """Whether the schema false is among them."""
    only: frozenset[str] = ALL

    @cached_property
    def pointers(self) -> Conj:
        """Where the schemas stand."""
        return tuple(pointer for pointer, _ in self.nodes)

    def every(self, keyword: str) -> list[tuple[Place, Any]]:
        """Each place that says something with a keyword: its pointer, without the keyword."""
        return [(pointer, node[keyword]) for pointer, node in self.nodes if keyword in node]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of values that are left by `type`."""
        left = self.only
        for _, names in self.every("type"):
            left &= kinds(names)
        return left

    @cached_property
    def listed(self) -> list[Any] | None:
        """All values that `enum`, `const` or the types leave, and perhaps some more, where they
        can be listed."""
        lists = [values for _, values in self.every("enum")]
        lists += [[value] for _, value in self.every("const")]
        if lists:
            return [value for value in min(lists, key=len) if kind_of(value) in self.kinds]
        if self.kinds <= {"null", "boolean"}:
            return [value for value in (None, False, True) if kind_of(value) in self.kinds]
        return None

    @cached_property
    def names(self) -> dict[str, None]:
        """The properties named, in order."""
        return {name: None for _, named in self.every("properties") for name in named}

    @cached_property
    def patterns(self) -> dict[str, None]:
        """The patterns of `patternProperties`, in order."""
        return {name: None for _, named in self.every("patternProperties") for name in named}

    @cached_property
    def required(self) -> frozenset[str]:
        """The properties that must be there."""
        return frozenset(name for _, names in self.every("required") for name in names)

    def says(self, name: str) -> bool:
        """Whether a property is named, or a pattern speaks about it."""
        return name in self.names or any(matches(pattern, name) for pattern in self.patterns)

    def mentions(self, name: str) -> bool:
        """Whether a key means something: it is named, or other rules ask for it."""
        asked = self.every("dependentRequired") + self.every("dependentSchemas")
        return self.says(name) or name in self.required or any(name in named for _, named in asked)

    def of_key(self, name: str) -> Conj:
        """The schemas that apply to the value of a property."""
        if name not in self._known:
            self._known[name] = tuple(self._of_key(name))
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, Conj]:
        return {}

    def _of_key(self, name: str) -> Iterator[Place]:
        for pointer, node in self.nodes:
            spoken = False
            if name in node.get("properties", ()):
                spoken = True
                yield (*pointer, "properties", name)
            for pattern in node.get("patternProperties", ()):
                if matches(pattern, name):
                    spoken = True
                    yield (*pointer, "patternProperties", pattern)
            if not spoken and node.get("additionalProperties", True) is not True:
                yield (*pointer, "additionalProperties")

    @cached_property
    def of_others(self) -> Conj:
        """The schemas that apply to properties that nobody names."""
        return tuple(
            (*pointer, "additionalProperties")
            for pointer, value in self.every("additionalProperties")
            if value is not True
        )

    @cached_property
    def positions(self) -> int:
        """How many first items have schemas of their own."""
        return max((len(value) for _, value in self.every("prefixItems")), default=0)

    def of_item(self, index: int | None) -> Conj:
        """The schemas that apply to an item; None for those after all `positions`."""
        found: list[Place] = []
        for pointer, node in self.nodes:
            if index is not None and index < len(node.get("prefixItems", ())):
                found.append((*pointer, "prefixItems", index))
            elif node.get("items", True) is not True:
                found.append((*pointer, "items"))
        return tuple(found)

    def defaults(self, side: Side) -> dict[str, Any]:
        """The default of each property that has one."""
        found: dict[str, Any] = {}
        for name in self.names:
            given = side.view(self.named(name)).every("default")
            if given:
                found[name] = given[0][1]
        return found

    def named(self, name: str) -> Conj:
        """The schemas under `properties` for a name."""
        return tuple(
            (*pointer, "properties", name)
            for pointer, named in self.every("properties")
            if name in named
        )

    def tightest(self, keyword: str) -> Any:  # noqa: ANN401 - a number, or None
        """The strongest value of a bound: the largest of a minimum, the smallest of a maximum."""
        values = [value for _, value in self.every(keyword)]
        strongest = max if keyword.startswith(("min", "exclusiveMin")) else min
        return strongest(values) if values else None

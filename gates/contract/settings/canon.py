"""A digest of a schema without what refuses nothing, equal for schemas that say the same."""

from __future__ import annotations

import hashlib
from typing import Any

from gates.contract.settings.side import ANNOTATIONS, Side, text_of
from gates.module.subschemas import LISTS, MAPS, SINGLE, Place, Subschema

MOST = 3_000
"""Schemas looked at for one digest."""
MOST_ALTOGETHER = 100_000
COMPANY = {
    "contains": ("contains", "minContains", "maxContains"),
    "if": ("if", "then", "else"),
}
"""Keywords that mean something only together."""
_NOWHERE = 1_000_000


class _TooLargeError(Exception):
    pass


class Canon:
    """Digests the schemas of one side; a reference is what it leads to, a circle its length."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._known: dict[Place, str | None] = {}
        self._closed: dict[Place, str] = {}
        self._left = 0
        self._altogether = MOST_ALTOGETHER
        self._lowest = _NOWHERE

    def schema(self, pointer: Place) -> str | None:
        """The digest of a schema; None where it is too large."""
        if pointer not in self._known:
            self._left = MOST
            try:
                self._known[pointer] = self._digest(pointer, ())
            except (_TooLargeError, RecursionError):
                self._known[pointer] = None
        return self._known[pointer]

    def keyword(self, pointer: Place, keyword: str) -> str | None:
        """The digest of what a schema says with a keyword and those that belong to it."""
        if keyword == "unevaluatedItems":
            return self.schema(pointer)
        place = (*pointer, keyword, "")
        if place not in self._known:
            self._left = MOST
            node = self.side.schema(pointer)
            try:
                said = {
                    each: self._inner((*pointer, each), each, node[each], (pointer,))
                    for each in COMPANY.get(keyword, (keyword,))
                    if each in node
                }
                self._known[place] = text_of(said)
            except (_TooLargeError, RecursionError):
                self._known[place] = None
        return self._known[place]

    def _digest(self, pointer: Place, above: tuple[Place, ...]) -> str:
        """Also lowers `_lowest` to the place in `above` that a circle inside comes back to."""
        if pointer in self._closed:
            return self._closed[pointer]
        if pointer in above:
            at = above.index(pointer)
            self._lowest = min(self._lowest, at)
            return f"circle {len(above) - at}"
        self._left -= 1
        self._altogether -= 1
        if self._left < 0 or self._altogether < 0:
            raise _TooLargeError
        outside, self._lowest = self._lowest, _NOWHERE
        written = self._written(pointer, (*above, pointer))
        text = written if isinstance(written, str) else text_of(written)
        if len(text) > 64:
            text = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if self._lowest >= len(above):
            self._closed[pointer] = text
            self._lowest = outside
        else:
            self._lowest = min(self._lowest, outside)
        return text

    def _written(self, pointer: Place, above: tuple[Place, ...]) -> object:
        node = self.side.schema(pointer)
        if not isinstance(node, dict):
            return bool(node)
        written: dict[str, Any] = {}
        for keyword, value in node.items():
            if keyword in ("$ref", "$dynamicRef"):
                target = self.side.found.targets[pointer]
                inner = (
                    self._digest(target.pointer, above)
                    if isinstance(target, Subschema)
                    else text_of(target)
                )
                if not [
                    each
                    for each in node
                    if each != keyword and each not in ANNOTATIONS and not each.startswith("x-")
                ]:
                    return inner
                written[keyword] = inner
            elif keyword not in ANNOTATIONS and not keyword.startswith("x-"):
                written[keyword] = self._inner((*pointer, keyword), keyword, value, above)
        return written or True

    def _inner(
        self,
        pointer: Place,
        keyword: str,
        value: Any,  # noqa: ANN401 - the value of any keyword
        above: tuple[Place, ...],
    ) -> object:
        if keyword in MAPS:
            return {name: self._digest((*pointer, name), above) for name in value}
        if keyword in LISTS:
            inner = [self._digest((*pointer, n), above) for n in range(len(value))]
            return inner if keyword == "prefixItems" else sorted(inner)
        if keyword in SINGLE:
            return self._digest(pointer, above)
        if keyword in ("required", "enum") or (keyword == "type" and isinstance(value, list)):
            return sorted({text_of(each) for each in value})
        if keyword == "dependentRequired":
            return {name: sorted(needed) for name, needed in value.items()}
        return value

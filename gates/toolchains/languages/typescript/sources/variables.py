"""The environment variables that a TypeScript module's src/env.ts reads, from its syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.environment import FILES
from gates.toolchains.languages.typescript.sources.nodes import arguments
from gates.toolchains.languages.typescript.sources.trees import node_at
from gates.toolchains.languages.typescript.sources.values import Values
from gates.toolchains.sources.variables import Read, Variable

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_OBJECTS = ("object", "strictObject", "looseObject", "extend", "safeExtend", "interface")
_OPTIONAL = {"default", "optional", "nullish", "catch", "prefault", "exactOptional", "_default"}
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def read_variables(module: Module) -> Read:
    """The keys of zod objects in src/env.ts, and direct reads of process.env there."""
    values = Values(module)
    found: list[Variable] = []
    unknown: list[tuple[str, Location]] = []
    for path in values.roots:
        if path in FILES:
            file = _File(values, path)
            found += file.variables()
            unknown += file.unknown
    return Read.of(found, unknown)


class _File:
    """One file src/env.ts."""

    def __init__(self, values: Values, path: str) -> None:
        self._values = values
        self._path = path
        self.unknown: list[tuple[str, Location]] = []

    def variables(self) -> Iterator[Variable]:
        """Every variable, object by object; then those that are read one by one."""
        root = self._values.roots[self._path]
        for node in root.find_all(kind="call_expression"):
            function, given = node.field("function"), arguments(node)
            name = function.text().rpartition(".")[2] if function is not None else ""
            if function is None or function.kind() != "member_expression" or not given:
                continue
            found = self._values.plain(given[0], self._path) if name in _OBJECTS else None
            if found is not None and found[0].kind() == "object":
                yield from self._members(*found)
        for kind, part in (("member_expression", "property"), ("subscript_expression", "index")):
            for node in root.find_all(kind=kind):
                base, inner = node.field("object"), node.field(part)
                if base is None or inner is None or base.text() not in (
                    "process.env", "import.meta.env", "globalThis.process.env",
                ):  # fmt: skip
                    continue
                if kind == "member_expression":
                    yield Variable(inner.text(), node_at(self._path, inner), None)
                    continue
                texts = self._values.texts(inner, self._path)
                if texts is None:
                    self.unknown.append((inner.text()[:60], node_at(self._path, inner)))
                for text in texts or ():
                    yield Variable(text, node_at(self._path, inner), None)

    def _members(self, node: SgNode, path: str) -> Iterator[Variable]:
        named = [each for each in node.children() if each.is_named() and each.kind() != "comment"]
        keys = [each.field("key") for each in named if each.kind() == "pair"]
        written = [
            key for key in keys if key is not None and key.kind() != "computed_property_name"
        ]
        names = [key.text().strip("\"'`") for key in written]
        if names and not all(_NAME.fullmatch(each) for each in names):
            return  # an object inside a variable, not the environment
        for each in named:
            key, value = each.field("key"), each.field("value")
            if each.kind() == "pair" and key is not None and value is not None:
                optional, default = self._optional(value, path)
                if key.kind() == "computed_property_name":
                    texts = self._values.texts(key.child(1), path)
                    if texts is None:
                        self.unknown.append((key.text()[:60], node_at(path, key)))
                else:
                    texts = (key.text().strip("\"'`"),)
                for name in texts or ():
                    yield Variable(name, node_at(path, key), optional, default)
            elif each.kind() == "shorthand_property_identifier":
                if _NAME.fullmatch(each.text()):
                    optional, default = self._optional(each, path)
                    yield Variable(each.text(), node_at(path, each), optional, default)
            elif each.kind() == "spread_element" and not self._is_own(each):
                self.unknown.append((each.text()[:60], node_at(path, each)))

    def _is_own(self, spread: SgNode) -> bool:
        """Whether what is spread is the shape of an object of this file, which is read anyway."""
        text = spread.text().removeprefix("...")
        name, _, rest = text.partition(".")
        return rest == "shape" and name in self._values.constants(self._path)

    def _optional(self, node: SgNode, path: str) -> tuple[bool, str | None]:
        """Whether a zod schema takes a missing value, and what it makes of it."""
        optional, default = False, None
        for _ in range(40):
            found = self._values.plain(node, path)
            if found is None:
                break
            node, path = found
            if node.kind() != "call_expression" or (function := node.field("function")) is None:
                break
            base, part = function.field("object"), function.field("property")
            if base is None or part is None:
                break
            given = arguments(node)
            if part.text() in _OPTIONAL:
                optional = True
                if part.text() in ("default", "prefault", "catch") and given and default is None:
                    default = self._literal(given[0], path)
            if base.text() in ("z", "zod"):
                # z.optional(schema), z.preprocess(function, schema)
                if part.text() in ("optional", "preprocess", "nullish", "pipe") and given:
                    node = given[-1]
                    continue
                break
            node = base
        return optional, default

    def _literal(self, node: SgNode, path: str) -> str | None:
        found = self._values.plain(node, path)
        if found is None:
            return None
        value = found[0]
        if value.kind() in ("true", "false"):
            return value.text()
        if value.kind() in ("number", "unary_expression"):
            return value.text().replace("_", "").replace(" ", "")
        texts = self._values.texts(value, found[1])
        return texts[0] if texts and len(texts) == 1 else None

"""The texts that expressions of a TypeScript module stand for, as far as its sources say."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from gates.errors import CouldNotCheckError
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import (
    FUNCTIONS,
    WRAPPERS,
    arguments,
    function_name,
    key,
    pairs,
    parameters,
    specifiers,
)
from gates.toolchains.languages.typescript.sources.trees import node_at, typescript_trees

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_DEPTH = 12
MAX_VALUES = 16
Scope = Mapping[str, "tuple[SgNode, str]"]
"""Parameters of a function by name, with what one call of it gives for each, and that file."""


class Values:
    """The constants of a module's files, looked up on demand.

    Raises `CouldNotCheckError` where a file does not parse.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.roots = typescript_trees(module)
        for path, root in self.roots.items():
            if (broken := root.find(kind="ERROR")) is not None:
                raise CouldNotCheckError(
                    f"{node_at(path, broken)} cannot be parsed, so that what it holds is not known",
                    hint="fix what the check tsc reports",
                )
        self._constants: dict[str, dict[str, list[SgNode]]] = {}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}

    def texts(
        self, node: SgNode | None, path: str, scope: Scope | None = None, depth: int = 0
    ) -> tuple[str, ...] | None:
        """The texts that an expression can be; None where they are not known."""
        if node is None or depth > MAX_DEPTH:
            return None
        kind = node.kind()
        if kind in ("string", "template_string"):
            return self._template(node, path, scope, depth)
        if kind == "binary_expression":
            left = self.texts(node.field("left"), path, scope, depth + 1)
            right = self.texts(node.field("right"), path, scope, depth + 1)
            operator = node.field("operator")
            if operator is not None and operator.text() in ("??", "||"):
                return _joined(left, right)
            if operator is None or operator.text() != "+" or left is None or right is None:
                return None
            return _cut(one + other for one in left for other in right)
        if kind == "ternary_expression":
            return _joined(
                self.texts(node.field("consequence"), path, scope, depth + 1),
                self.texts(node.field("alternative"), path, scope, depth + 1),
            )
        found = self.value(node, path, scope, depth + 1)
        return None if found is None else self.texts(*found, scope=None, depth=depth + 1)

    def value(
        self, node: SgNode | None, path: str, scope: Scope | None = None, depth: int = 0
    ) -> tuple[SgNode, str] | None:
        """What a name, or a member of a constant object or enum, stands for: a node, its file."""
        if node is None or depth > MAX_DEPTH:
            return None
        kind = node.kind()
        if kind in WRAPPERS:
            inner = next((each for each in node.children() if each.is_named()), None)
            return (inner, path) if inner is not None else None
        if kind in ("identifier", "shorthand_property_identifier"):
            if scope is not None and node.text() in scope:
                return scope[node.text()]
            return self.constant(path, node.text(), depth + 1)
        if kind == "member_expression":
            base, name = node.field("object"), node.field("property")
            if base is None or name is None:
                return None
            if base.kind() == "identifier":
                source, original = self.imports(path).get(base.text(), ("", ""))
                if original == "*":
                    return self.constant(source, name.text(), depth + 1)
            owner = self.value(base, path, scope, depth + 1)
            return self.member(*owner, name.text(), depth + 1) if owner is not None else None
        return None

    def plain(
        self, node: SgNode | None, path: str, scope: Scope | None = None
    ) -> tuple[SgNode, str] | None:
        """An expression with names and type assertions taken away, and the file it is in."""
        for _ in range(MAX_DEPTH):
            if node is None:
                return None
            found = self.value(node, path, scope)
            if found is None:
                return node, path
            node, path, scope = *found, None
        return None

    def member(self, owner: SgNode, path: str, name: str, depth: int) -> tuple[SgNode, str] | None:
        """A member of an object literal or an enum."""
        found = self.plain(owner, path)
        if found is None or depth > MAX_DEPTH:
            return None
        owner, path = found
        if owner.kind() == "enum_declaration":
            for each in owner.find_all(kind="enum_assignment"):
                name_node, value = each.field("name"), each.field("value")
                if name_node is not None and value is not None and key(name_node) == name:
                    return value, path
        if owner.kind() == "object":
            value = pairs(owner).get(name)
            return (value, path) if value is not None else None
        return None

    def constant(self, path: str, name: str, depth: int) -> tuple[SgNode, str] | None:
        """What a name of a file stands for there, through its imports."""
        if depth > MAX_DEPTH:
            return None
        declared = self.constants(path).get(name, [])
        if len(declared) == 1:
            return declared[0], path
        if not declared and name in self.imports(path):
            source, original = self.imports(path)[name]
            return self.constant(source, original, depth + 1)
        return None

    def constants(self, path: str) -> Mapping[str, list[SgNode]]:
        """The values of a file's `const`s and its enums, by name."""
        if path not in self._constants:
            found: dict[str, list[SgNode]] = {}
            root = self.roots.get(path)
            for node in root.find_all(kind="variable_declarator") if root else ():
                name, value, parent = node.field("name"), node.field("value"), node.parent()
                if name is None or value is None or name.kind() != "identifier":
                    continue
                if parent is not None and parent.text().startswith("const"):
                    found.setdefault(name.text(), []).append(value)
            for node in root.find_all(kind="enum_declaration") if root else ():
                if (name := node.field("name")) is not None:
                    found.setdefault(name.text(), []).append(node)
            self._constants[path] = found
        return self._constants[path]

    def imports(self, path: str) -> Mapping[str, tuple[str, str]]:
        """What a file imports from the module's own files, by its name there: file and name."""
        if path not in self._imports:
            found: dict[str, tuple[str, str]] = {}
            root = self.roots.get(path)
            for kind in ("import_statement", "export_statement"):
                for node in root.find_all(kind=kind) if root else ():
                    source = node.field("source")
                    target = self._file(path, source.text()[1:-1]) if source is not None else None
                    if target is not None:
                        found |= {name: (target, inner) for name, inner in specifiers(node)}
            self._imports[path] = found
        return self._imports[path]

    def _file(self, path: str, source: str) -> str | None:
        if not source.startswith("."):
            return None
        stem = posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
        base, suffix = posixpath.splitext(stem)
        stems = [base, stem] if suffix in (".js", ".mjs", ".cjs", ".jsx") else [stem]
        candidates = [
            f"{each}{end}"
            for each in stems
            for end in (".ts", ".tsx", ".mts", ".cts", "/index.ts", "")
        ]
        return next((each for each in candidates if each in self.roots), None)

    def scopes(self, node: SgNode) -> list[Scope]:
        """Every way in which the named function around a node is called, by its parameters.

        One empty scope for a node that no function with parameters surrounds, or one that is
        never called by its name.
        """
        function = next((each for each in node.ancestors() if each.kind() in FUNCTIONS), None)
        while function is not None:
            name, names = function_name(function), parameters(function)
            if name and any(names) and (calls := self._calls.get(name)):
                return [
                    {
                        each: (given[index], where)
                        for index, each in enumerate(names)
                        if each and index < len(given)
                    }
                    for given, where in calls
                ]
            above = function.ancestors()
            function = next((each for each in above if each.kind() in FUNCTIONS), None)
        return [{}]

    @cached_property
    def _calls(self) -> dict[str, list[tuple[list[SgNode], str]]]:
        found: dict[str, list[tuple[list[SgNode], str]]] = {}
        for path, root in self.roots.items():
            for node in root.find_all(kind="call_expression"):
                function = node.field("function")
                name = function.text().rpartition(".")[2] if function is not None else ""
                if name.isidentifier():
                    found.setdefault(name, []).append((arguments(node), path))
        return found

    def _template(
        self, node: SgNode, path: str, scope: Scope | None, depth: int
    ) -> tuple[str, ...] | None:
        made: tuple[str, ...] = ("",)
        for part in node.children():
            more: tuple[str, ...] | None
            if part.kind() == "string_fragment":
                more = (part.text(),)
            elif part.kind() == "escape_sequence":
                return None
            elif part.kind() == "template_substitution":
                more = self.texts(part.child(1), path, scope, depth + 1)
            else:
                continue
            if more is None:
                return None
            made = _cut(one + other for one in made for other in more)
        return made


def _joined(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if one is None or other is None else _cut([*one, *other])


def _cut(values: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:MAX_VALUES]

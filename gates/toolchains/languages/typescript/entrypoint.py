"""Whether a TypeScript file exports `register`: by its syntax tree, without Node."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from gates.model import Location
from gates.module import Module
from gates.toolchains.problem import Problem
from gates.toolchains.sources.register import (
    MAX_HOPS,
    NAME,
    is_no_function,
    needs_arguments,
)

Tree = Any
"""A node of ast-grep's syntax tree; the package has no types of its own for it."""

_FUNCTIONS = ("function_declaration", "generator_function_declaration")
_CALLABLE = ("arrow_function", "function_expression")
_VALUES = {
    "string": "a text", "template_string": "a text", "number": "a number", "object": "an object",
    "array": "a list", "true": "a value", "false": "a value", "null": "null", "regex": "a pattern",
}  # fmt: skip
_ENDINGS = (".ts", ".tsx", ".mts", ".cts", "/index.ts")


def find_register(
    module: Module, path: str, name: str = NAME, hops: int = MAX_HOPS
) -> Problem | None:
    """None where the file exports a function of that name, itself or from another file."""
    from ast_grep_py import SgRoot

    grammar = "tsx" if path.endswith(".tsx") else "typescript"
    root = SgRoot(module.text(path), grammar).root()
    exported = _Exports(module, path, root, hops).find(name)
    if exported is not None and (error := root.find(kind="ERROR")) is not None:
        line, column = _place(error)
        message = f"{path} cannot be parsed: there is a syntax error here"
        return Problem(message, Location(path, line, column), fix="fix the syntax")
    return exported


class _Exports:
    """The exports of one file."""

    def __init__(self, module: Module, path: str, root: Tree, hops: int) -> None:
        self.module, self.path, self.root, self.hops = module, path, root, hops

    def find(self, name: str) -> Problem | None:
        """What is wrong with the export of a name, or None where it is a function."""
        near: Problem | None = None
        for statement in self.root.children():
            if statement.kind() != "export_statement":
                continue
            words = [child.kind() for child in statement.children() if not child.is_named()]
            source = statement.field("source")
            if "type" in words:
                continue
            if "default" in words:
                if _declared_name(statement.field("declaration")) == name or name == "default":
                    near = self._wrong(
                        statement,
                        f"{name} is the default export",
                        f"export it by name: export function {name}()",
                    )
            elif declaration := statement.field("declaration"):
                found = list(_definitions(declaration, name))
                if found:
                    return self._judge(found[-1])
            else:
                for specifier in statement.find_all(kind="export_specifier"):
                    inner, outer = _specifier(specifier)
                    if outer == name and inner is not None:
                        return self._origin(specifier, inner, source)
        for statement in self.root.children():
            if statement.kind() == "export_statement" and _is_star(statement):
                path = self._resolve(statement.field("source"))
                if path and self._elsewhere(path, name) is None:
                    return None
        return near or self._not_exported(name)

    def _not_exported(self, name: str) -> Problem:
        for statement in self.root.children():
            for node in _definitions(statement, name):
                return self._wrong(
                    node, f"{name} is defined, but not exported", "write export before it"
                )
        return Problem(
            f"{self.path} does not export {name}()",
            Location(self.path, 1, 1),
            fix=f"add export function {name}() that returns slug, version, routes and jobs",
        )

    def _origin(self, specifier: Tree, inner: str, source: Tree | None) -> Problem | None:
        """Follow `export { inner }`, with or without a source."""
        if source is not None:
            return self._follow(specifier, source, inner)
        for statement in self.root.children():
            found = list(_definitions(statement, inner))
            if found:
                return self._judge(found[-1])
            if statement.kind() == "import_statement" and statement.field("source") is not None:
                for each in statement.find_all(kind="import_specifier"):
                    original, local = _specifier(each)
                    if local == inner and original is not None:
                        return self._follow(each, statement.field("source"), original)
        return self._wrong(
            specifier, f"{inner} is exported, but not defined here", f"define {inner}()"
        )

    def _follow(self, at: Tree, source: Tree, name: str) -> Problem | None:
        text = source.text().strip("\"'")
        if not text.startswith("."):
            return None  # another package's function; the build stage calls it
        path = self._resolve(source)
        if path is None:
            message = f"{NAME} comes from {text[:80]!r}, which is no TypeScript file of the module"
            return self._wrong(at, message, "export it from the file that defines it")
        return self._elsewhere(path, name)

    def _elsewhere(self, path: str, name: str) -> Problem | None:
        if self.hops == 0:
            message = f"{name} is exported through more than {MAX_HOPS} files"
            where = Location(self.path, 1, 1)
            return Problem(message, where, fix="export it from where it is defined")
        return find_register(self.module, path, name, self.hops - 1)

    def _resolve(self, source: Tree) -> str | None:
        text = source.text().strip("\"'")
        if not text.startswith("."):
            return None
        stem = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), text))
        plain = stem.removesuffix(".js").removesuffix(".mjs").removesuffix(".cjs")
        for candidate in (stem, *(plain + ending for ending in _ENDINGS)):
            if candidate in self.module.files and candidate.endswith(_ENDINGS[:4]):
                return candidate
        return None

    def _judge(self, node: Tree) -> Problem | None:
        line, column = _place(node)
        kind = node.kind()
        if kind in _FUNCTIONS:
            required = _required(node)
            return needs_arguments(self.path, line, column, required) if required else None
        if kind == "variable_declarator":
            value = node.field("value")
            while value is not None and value.kind() in (
                "as_expression", "satisfies_expression", "parenthesized_expression",
            ):  # fmt: skip
                value = next((each for each in value.children() if each.is_named()), None)
            if value is None:
                return is_no_function(self.path, line, column, "only declared")
            if value.kind() in _VALUES:
                return is_no_function(self.path, line, column, _VALUES[value.kind()])
            required = _required(value) if value.kind() in _CALLABLE else []
            return needs_arguments(self.path, line, column, required) if required else None
        what = "a class" if "class" in kind else "only declared"
        return is_no_function(self.path, line, column, what)

    def _wrong(self, node: Tree, message: str, fix: str) -> Problem:
        return Problem(message, Location(self.path, *_place(node)), fix=fix)


def _place(node: Tree) -> tuple[int, int]:
    start = node.range().start
    return start.line + 1, start.column + 1


def _declared_name(node: Tree | None) -> str | None:
    name = node.field("name") if node is not None else None
    return name.text() if name is not None else None


def _definitions(node: Tree, name: str) -> Iterator[Tree]:
    """The declarations of a name in one statement; a body after its overloads comes last."""
    kind = node.kind()
    if kind in ("lexical_declaration", "variable_declaration"):
        for child in node.children():
            if child.kind() == "variable_declarator" and _declared_name(child) == name:
                yield child
    elif kind == "ambient_declaration":
        for child in node.children():
            yield from _definitions(child, name)
    elif (
        kind in (*_FUNCTIONS, "class_declaration", "abstract_class_declaration")
        and _declared_name(node) == name
    ):
        yield node


def _specifier(node: Tree) -> tuple[str | None, str | None]:
    """What `a as b` names inside and outside; None for a type."""
    if any(child.kind() == "type" for child in node.children()):
        return None, None
    name, alias = node.field("name"), node.field("alias")
    inner = name.text() if name is not None else None
    return inner, alias.text() if alias is not None else inner


def _is_star(statement: Tree) -> bool:
    kinds = [child.kind() for child in statement.children()]
    return "*" in kinds and "type" not in kinds and statement.field("source") is not None


def _required(function: Tree) -> list[str]:
    """Parameters without which a function cannot be called."""
    single = function.field("parameter")
    if single is not None:
        return [single.text()]
    parameters = function.field("parameters")
    required = []
    for each in parameters.children() if parameters is not None else []:
        if each.kind() != "required_parameter" or each.field("value") is not None:
            continue
        pattern = each.field("pattern")
        if pattern is not None and pattern.kind() not in ("rest_pattern", "this"):
            required.append(pattern.text())
    return required

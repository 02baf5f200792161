"""Whether what `register()` answers with is written out, in TypeScript."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import (
    FUNCTIONS,
    WRAPPERS,
    key,
    parameters,
)
from gates.toolchains.languages.typescript.sources.trees import node_at
from gates.toolchains.languages.typescript.sources.values import Values
from gates.toolchains.problem import Problem
from gates.toolchains.sources.register import (
    MAX_HOPS,
    NAME,
    READ,
    is_a_step,
    is_computed,
    is_not_defined,
    is_used,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_LITERALS = ("string", "number", "true", "false", "null", "undefined")
_TEXTS = (*_LITERALS, "template_string", "binary_expression", "enum_declaration")
"""Values that nobody can change."""
_NAMES = ("identifier", "shorthand_property_identifier")


def find_computed_answers(module: Module) -> Iterator[Problem]:
    """Each place where it is not: a branch, a loop, a call, a name that is no constant.

    Raises `CouldNotCheckError` where a file does not parse.
    """
    values = Values(module)
    found = _find_declared(values, module.entrypoint, NAME)
    if found is None or found[0].kind() not in FUNCTIONS - {"generator_function_declaration"}:
        yield is_not_defined(Location(module.entrypoint, 1, 1))
        return
    answer = _Answer(values)
    answer.function(*found)
    yield from dict.fromkeys([*answer.problems, *answer.uses(*found)])


def _find_declared(values: Values, path: str, name: str) -> tuple[SgNode, str] | None:
    """The value, enum or function that a name of a file's top level stands for, and its file.

    None where it is declared more than once, is no constant, or comes from outside the module.
    """
    for _ in range(MAX_HOPS):
        root = values.roots.get(path)
        found = [each for each in _declared(root) if each[0] == name] if root is not None else []
        if len(found) == 1:
            value = _unwrapped(found[0][1])
            if value.kind() != "identifier":
                return value, path
            name = value.text()
        elif not found and name in values.imports(path):
            path, name = values.imports(path)[name]
        else:
            return None
    return None


def _declared(root: SgNode) -> Iterator[tuple[str, SgNode]]:
    """The constants, enums and functions of a file's top level, and what it exports renamed."""
    for statement in root.children():
        node = statement.field("declaration") if statement.kind() == "export_statement" else None
        node = node or statement
        kind, name = node.kind(), node.field("name")
        if kind == "lexical_declaration" and node.text().startswith("const"):
            yield from _constants(node)
        elif kind in (*FUNCTIONS, "enum_declaration") and name is not None:
            yield name.text(), node
        elif kind == "export_statement" and node.field("source") is None:
            for each in node.find_all(kind="export_specifier"):
                inner, outer = each.field("name"), each.field("alias")
                if inner is not None and outer is not None and inner.text() != outer.text():
                    yield outer.text(), inner


def _constants(node: SgNode) -> Iterator[tuple[str, SgNode]]:
    for each in node.children():
        name, value = each.field("name"), each.field("value")
        if name is not None and name.kind() == "identifier" and value is not None:
            yield name.text(), value


def _unwrapped(node: SgNode) -> SgNode:
    """An expression without assertions of its type, and without brackets."""
    while node.kind() in WRAPPERS:
        inner = [each for each in node.children() if each.is_named()][:1]
        if not inner:
            break
        node = inner[0]
    return node


class _Answer:
    """What one function answers with, followed through the module's names."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.problems: list[Problem] = []
        self._seen: set[_Identity] = set()
        """Names where the answer itself uses them, and the expressions that they stand for."""

    def function(self, function: SgNode, path: str) -> None:
        """Constants that are written out, then one return of such."""
        body = function.field("body")
        own: dict[str, SgNode] = {}
        if body is None or body.kind() != "statement_block":
            self._written_out(body or function, path, own)
            return
        steps = [each for each in body.children() if each.is_named() and each.kind() != "comment"]
        last = steps.pop() if steps else body
        for step in steps:
            bound = dict(_constants(step)) if step.text().startswith("const") else {}
            if not bound or len(bound) != len(_declarators(step)):
                self.problems.append(is_a_step(step.text(), node_at(path, step)))
            for name, value in bound.items():
                self._written_out(value, path, own)
                own[name] = value
        answer = [each for each in last.children() if each.is_named()]
        if last.kind() == "return_statement" and answer:
            self._written_out(answer[0], path, own)
        else:
            self.problems.append(is_a_step(last.text(), node_at(path, last)))

    def uses(self, function: SgNode, path: str) -> Iterator[Problem]:
        """Where something that the answer holds is used elsewhere, and could be changed."""
        for file, root in self._values.roots.items():
            for kind in (*_NAMES, "member_expression"):
                for node in root.find_all(kind=kind):
                    if _identity(node, file) in self._seen or _is_no_use(node):
                        continue
                    found = self._find(node, file)
                    if found is not None and self._is_held(*found):
                        yield is_used(node.text(), node_at(file, node))
        declared = function.find_all(kind="lexical_declaration")
        own = {name for each in declared for name, _ in _constants(each)}
        for kind in _NAMES:
            for node in function.find_all(kind=kind):
                other = _identity(node, path) not in self._seen and not _is_no_use(node, own)
                if other and node.text() in own:
                    yield is_used(node.text(), node_at(path, node))

    def _is_held(self, node: SgNode, path: str) -> bool:
        return _identity(node, path) in self._seen and node.kind() not in _TEXTS

    def _find(self, node: SgNode, path: str) -> tuple[SgNode, str] | None:
        """What a name, a name of another file, or a member of an enum stands for."""
        if node.kind() in _NAMES:
            return _find_declared(self._values, path, node.text())
        base, name = node.field("object"), node.field("property")
        if base is None or name is None or base.kind() != "identifier":
            return None
        source, original = self._values.imports(path).get(base.text(), ("", ""))
        if original == "*":
            return _find_declared(self._values, source, name.text())
        owner = _find_declared(self._values, path, base.text())
        if owner is None or owner[0].kind() != "enum_declaration":
            return None
        return self._values.member(*owner, name.text(), 0)

    def _written_out(self, node: SgNode, path: str, own: Mapping[str, SgNode]) -> None:
        node = _unwrapped(node)
        if (identity := _identity(node, path)) in self._seen:
            return
        self._seen.add(identity)
        kind, inner = node.kind(), [e for e in node.children() if e.is_named()]
        operator = node.field("operator")
        if kind in _LITERALS:
            return
        if kind in ("array", "spread_element", "template_string", "template_substitution"):
            for each in inner:
                if each.kind() not in ("comment", "string_fragment", "escape_sequence"):
                    self._written_out(each, path, own)
        elif kind == "object":
            for each in inner:
                self._member(each, path, own)
        elif kind == "binary_expression" and operator is not None and operator.text() == "+":
            for each in inner:
                self._written_out(each, path, own)
        elif kind in _NAMES and node.text() in own:
            self._written_out(own[node.text()], path, own)
        elif kind in (*_NAMES, "member_expression") and (found := self._find(node, path)):
            self._written_out(*found, {})
        else:
            self.problems.append(is_computed(node.text(), node_at(path, node)))

    def _member(self, node: SgNode, path: str, own: Mapping[str, SgNode]) -> None:
        """One member of an object; of those that the platform does not read, only the name."""
        kind, name = node.kind(), node.field("key") or node.field("name") or node
        value = node.field("value")
        if kind == "comment":
            return
        if kind == "spread_element" or (
            kind == "shorthand_property_identifier" and node.text() in READ
        ):
            self._written_out(node, path, own)
        elif (
            name.kind() == "computed_property_name"
            or "\\" in name.text()
            or (key(name) == "__proto__")
        ):
            self.problems.append(is_computed(name.text(), node_at(path, name)))
        elif kind == "pair" and value is not None and key(name) in READ:
            self._written_out(value, path, own)
        elif kind == "method_definition" and key(name) in READ:
            self.problems.append(is_computed(node.text(), node_at(path, node)))


_Identity = tuple[str, int, int, str]


def _identity(node: SgNode, path: str) -> _Identity:
    """What tells one node of the module from every other."""
    return path, node.range().start.index, node.range().end.index, node.kind()


def _declarators(node: SgNode) -> list[SgNode]:
    return [each for each in node.children() if each.kind() == "variable_declarator"]


def _is_no_use(node: SgNode, own: Collection[str] = ()) -> bool:
    """Whether a name only declares, imports, exports or types something, or is a function's own.

    `own` are names that count although they are a function's own.
    """
    parent = node.parent()
    kind = parent.kind() if parent is not None else ""
    if kind in ("import_specifier", "export_specifier", "type_query"):
        return True
    name = parent.field("name") if parent is not None else None
    # Another name for it is no use: what is done by that name is found as well.
    above = [each.kind() for each in node.ancestors()][2:3]
    if kind == "variable_declarator" and above in (["program"], ["export_statement"]):
        return True
    if kind in (*FUNCTIONS, "variable_declarator", "enum_declaration") and name == node:
        return True
    return node.text() not in own and any(
        node.text() in (*parameters(each), *_own_names(each))
        for each in node.ancestors()
        if each.kind() in FUNCTIONS
    )


def _own_names(function: SgNode) -> Iterator[str]:
    for each in function.find_all(kind="variable_declarator"):
        if (name := each.field("name")) is not None:
            yield name.text()

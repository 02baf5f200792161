"""What a TypeScript module's sources throw, from their syntax trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.trees import node_at, typescript_trees

if TYPE_CHECKING:
    from ast_grep_py import SgNode

ROOT = "AxonError"
PLATFORM = "@axon/"
BUILTINS = {
    "AggregateError", "DOMException", "Error", "EvalError", "RangeError", "ReferenceError",
    "SyntaxError", "TypeError", "URIError",
}  # fmt: skip
_FUNCTIONS = (
    "function_declaration", "function_expression", "arrow_function", "method_definition",
    "generator_function_declaration", "generator_function",
)  # fmt: skip


def find_foreign_errors(module: Module) -> Iterator[tuple[str, Location]]:
    """Each throw (or rejection) of something that is known to be no AxonError: name and place."""
    trees = typescript_trees(module)
    bases: dict[str, str] = {}
    for root in trees.values():
        platform, _ = _imports(root)
        for kind in ("class_declaration", "class", "abstract_class_declaration"):
            for node in root.find_all(kind=kind):
                if (name := node.field("name")) is not None:
                    base = _base(node)
                    bases[name.text()] = ROOT if base.partition(".")[0] in platform else base
    for path, root in trees.items():
        platform, foreign = _imports(root)
        for value in _thrown(root):
            made = value if value.kind() == "new_expression" else _assigned(value)
            if made is None:
                if value.kind() in ("string", "template_string", "number", "object", "undefined"):
                    yield f"a {value.kind().replace('_', ' ')}", node_at(path, value)
                continue
            constructor = made.field("constructor")
            thrown = constructor.text() if constructor is not None else ""
            if _is_wrong(thrown, bases, platform, foreign):
                yield thrown, node_at(path, value)


def _base(node: SgNode) -> str:
    heritage = next((child for child in node.children() if child.kind() == "class_heritage"), None)
    clause = heritage.find(kind="extends_clause") if heritage is not None else None
    value = clause.field("value") if clause is not None else None
    return value.text() if value is not None else ""


def _imports(root: SgNode) -> tuple[set[str], set[str]]:
    platform: set[str] = set()
    foreign: set[str] = set()
    for node in root.find_all(kind="import_statement"):
        source = node.field("source")
        text = source.text().strip("\"'`") if source is not None else "."
        names = set()
        for each in node.find_all(kind="import_specifier"):
            name = each.field("alias") or each.field("name")
            if name is not None:
                names.add(name.text())
        for clause in node.find_all(kind="import_clause"):
            names |= {child.text() for child in clause.children() if child.kind() == "identifier"}
        for space in node.find_all(kind="namespace_import"):
            names.add(space.text().rpartition(" ")[2])
        if text.startswith(PLATFORM):
            platform |= names
        elif not text.startswith("."):
            foreign |= names
    return platform, foreign


def _thrown(root: SgNode) -> Iterator[SgNode]:
    for node in root.find_all(kind="throw_statement"):
        value = node.child(1)
        if value is not None:
            yield from _values(value)
    for node in root.find_all(pattern="Promise.reject($ERROR)"):
        value = node.get_match("ERROR")
        if value is not None:
            yield from _values(value)


def _values(node: SgNode) -> Iterator[SgNode]:
    if node.kind() in ("parenthesized_expression", "as_expression", "satisfies_expression"):
        inner = node.child(1 if node.kind() == "parenthesized_expression" else 0)
        if inner is not None:
            yield from _values(inner)
    elif node.kind() == "ternary_expression":
        for name in ("consequence", "alternative"):
            if (branch := node.field(name)) is not None:
                yield from _values(branch)
    else:
        yield node


def _assigned(value: SgNode) -> SgNode | None:
    """The `new` that a name was given in the function around it."""
    if value.kind() != "identifier":
        return None
    scope = next((each for each in value.ancestors() if each.kind() in _FUNCTIONS), None)
    for node in scope.find_all(kind="variable_declarator") if scope is not None else ():
        name, given = node.field("name"), node.field("value")
        if name is not None and name.text() == value.text() and given is not None:
            return given if given.kind() == "new_expression" else None
    return None


def _is_wrong(name: str, bases: Mapping[str, str], platform: set[str], foreign: set[str]) -> bool:
    seen: set[str] = set()
    first = name
    while name not in seen:
        seen.add(name)
        top = name.partition(".")[0]
        if name == ROOT or top in platform:
            return False
        if top in foreign:
            return True
        if name not in bases:
            return name in BUILTINS or first in bases
        name = bases[name]
    return True

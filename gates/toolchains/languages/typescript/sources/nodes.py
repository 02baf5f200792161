"""The parts of a TypeScript syntax tree that several readers ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ast_grep_py import SgNode

FUNCTIONS = {
    "function_declaration", "arrow_function", "function_expression", "method_definition",
    "generator_function_declaration", "generator_function",
}  # fmt: skip
"""The kinds of nodes that are functions."""
WRAPPERS = {
    "as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression",
}  # fmt: skip
"""The kinds of nodes that say something of the type of what is inside."""


def pairs(node: SgNode) -> dict[str, SgNode]:
    """The members of an object literal by key: values, shorthand names, methods."""
    found: dict[str, SgNode] = {}
    for each in node.children():
        if each.kind() == "pair":
            name, value = each.field("key"), each.field("value")
            if name is not None and value is not None:
                found[key(name)] = value
        elif each.kind() == "shorthand_property_identifier":
            found[each.text()] = each
        elif each.kind() == "method_definition" and (name := each.field("name")) is not None:
            found[key(name)] = each
    return found


def arguments(node: SgNode) -> list[SgNode]:
    """What a call or `new` is given."""
    given = node.field("arguments")
    named = [each for each in given.children() if each.is_named()] if given is not None else []
    return [each for each in named if each.kind() != "comment"]


def key(node: SgNode) -> str:
    """A key without its quotes."""
    return node.text().strip("\"'`")


def function_name(function: SgNode) -> str:
    """The name by which a function is called; "" for one without."""
    name = function.field("name")
    if name is None and (parent := function.parent()) is not None:
        name = parent.field("name") if parent.kind() == "variable_declarator" else None
    return name.text() if name is not None else ""


def parameters(function: SgNode) -> list[str]:
    """The names of its parameters; "" for one that is taken apart."""
    given = function.field("parameters")
    names = []
    for each in given.children() if given is not None else ():
        if each.kind() in ("required_parameter", "optional_parameter"):
            pattern = each.field("pattern")
            plain = pattern is not None and pattern.kind() == "identifier"
            names.append(pattern.text() if plain and pattern is not None else "")
    return names


def specifiers(node: SgNode) -> Iterator[tuple[str, str]]:
    """What an import or export names: its name there, and that in the source ("*" for all)."""
    for kind in ("import_specifier", "export_specifier"):
        for each in node.find_all(kind=kind):
            name, alias = each.field("name"), each.field("alias")
            if name is not None:
                yield (alias or name).text(), name.text()
    for each in node.find_all(kind="namespace_import"):
        yield each.text().rpartition(" ")[2], "*"

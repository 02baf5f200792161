"""The packages that a TypeScript module's sources import when they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import arguments, key
from gates.toolchains.languages.typescript.sources.trees import typescript_trees

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_LOADERS = {"import", "require", "require.resolve", "import.meta.resolve"}
_MODULE = {"module", "node:module"}


def find_imports(module: Module) -> set[str] | None:
    """The names of the packages, Node's own among them; None where only a run knows them all.

    What is imported for its types alone does not count.
    """
    found: set[str] = set()
    for root in typescript_trees(module).values():
        for node in (
            *root.find_all(kind="import_statement"),
            *root.find_all(kind="export_statement"),
        ):
            source = node.find(kind="import_require_clause") or node
            place = source.field("source")
            if place is not None and not _only_types(node):
                found.add(key(place))
        for call in root.find_all(kind="call_expression"):
            function = call.field("function")
            if function is not None and function.text() in _LOADERS:
                given = arguments(call)
                if not given or given[0].kind() != "string":
                    return None
                found.add(key(given[0]))
    if found & _MODULE:
        return None  # createRequire makes functions of any name that load packages
    return {_package(each) for each in found if not each.startswith((".", "/", "#"))}


def _only_types(node: SgNode) -> bool:
    return any(each.kind() == "type" for each in node.children())


def _package(specifier: str) -> str:
    parts = specifier.split("/")
    return "/".join(parts[: 2 if specifier.startswith("@") else 1])

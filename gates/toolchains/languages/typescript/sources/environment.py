"""Where a module's sources read the environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.module import Module
from gates.toolchains.languages.typescript.sources.trees import node_at, typescript_trees
from gates.toolchains.problem import Problem

if TYPE_CHECKING:
    from ast_grep_py import SgNode

FILES = ("src/env.ts", "src/env.mts", "src/env.cts")
"""Where the environment may be read."""


def find_environment_files(module: Module) -> list[str]:
    """src/env.ts, .mts or .cts, where it is there."""
    return [path for path in FILES if path in module.files]


def find_environment_reads(module: Module) -> Iterator[Problem]:
    """Each read outside src/env.ts, and one that src/env.ts does not validate."""
    for path, root in typescript_trees(module).items():
        found = list(_reads(root))
        if path not in FILES:
            for name, place in found:
                yield Problem(
                    f"{name} is read outside src/env.ts",
                    node_at(path, place),
                    fix="read it in src/env.ts, through its zod schema",
                )
        elif found and not any(text in ("zod", "zod/v4", "zod/mini") for text in _sources(root)):
            yield Problem(
                "src/env.ts reads the environment without validating it",
                node_at(path, found[0][1]),
                fix="parse process.env with a zod schema",
            )


def _sources(root: SgNode) -> set[str]:
    return {
        source.text().strip("\"'`")
        for node in root.find_all(kind="import_statement")
        if (source := node.field("source")) is not None
    }


def _is_process(node: SgNode | None, names: set[str]) -> bool:
    text = node.text() if node is not None else ""
    return text in names or text in ("globalThis.process", "global.process")


def _reads(root: SgNode) -> Iterator[tuple[str, SgNode]]:
    process = {"process"}
    for node in root.find_all(kind="import_statement"):
        source = node.field("source")
        if source is None or source.text().strip("\"'`") not in ("process", "node:process"):
            continue
        for clause in node.find_all(kind="import_specifier"):
            imported = clause.field("name")
            if imported is not None and imported.text() == "env":
                yield "process.env", clause
        for clause in node.find_all(kind="import_clause"):
            first = clause.child(0)
            if first is not None and first.kind() == "identifier":
                process.add(first.text())
            elif first is not None and first.kind() == "namespace_import":
                process.add(first.text().rpartition(" ")[2])
    for node in root.find_all(kind="member_expression"):
        part = node.field("property")
        if part is None or part.text() != "env":
            continue
        base = node.field("object")
        if _is_process(base, process):
            yield "process.env", node
        elif base is not None and base.text() in ("import.meta", "Bun", "Deno"):
            yield node.text(), node
    for node in root.find_all(kind="subscript_expression"):
        index = node.field("index")
        name = index.text().strip("\"'`") if index is not None else ""
        if name == "env" and _is_process(node.field("object"), process):
            yield "process.env", node
    for node in root.find_all(kind="variable_declarator"):
        pattern, value = node.field("name"), node.field("value")
        if pattern is None or pattern.kind() != "object_pattern":
            continue
        names = {child.text().partition(":")[0].strip() for child in pattern.children()}
        if "env" in names and _is_process(value, process):
            yield "process.env", node

"""Where a module's sources read the environment, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.sources.trees import at, node_at, python_trees, typescript_trees

if TYPE_CHECKING:
    from ast_grep_py import SgNode

OS_NAMES = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
ENV_TS = ("src/env.ts", "src/env.mts", "src/env.cts")
Read = tuple[str, Location, str]


def find(module: Module) -> Iterator[Read]:
    """Each read in the wrong place, and each env file that does not validate: what, where, fix."""
    if module.language == "python":
        for path, tree in python_trees(module).items():
            reads = list(_python(tree))
            if PurePosixPath(path).name != "env.py":
                for name, node in reads:
                    yield (
                        f"{name} is read outside env.py",
                        at(path, node, module.lines(path)),
                        "read it in env.py, in a pydantic-settings class",
                    )
            elif reads and not _imports(tree, "pydantic_settings"):
                yield (
                    "env.py reads the environment without validating it",
                    at(path, reads[0][1], module.lines(path)),
                    "declare the variables in a pydantic-settings class",
                )
        return
    for path, root in typescript_trees(module).items():
        found = list(_typescript(root))
        if path not in ENV_TS:
            for name, place in found:
                yield (
                    f"{name} is read outside src/env.ts",
                    node_at(path, place),
                    "read it in src/env.ts, through its zod schema",
                )
        elif found and not any(text in ("zod", "zod/v4", "zod/mini") for text in _sources(root)):
            yield (
                "src/env.ts reads the environment without validating it",
                node_at(path, found[0][1]),
                "parse process.env with a zod schema",
            )


def _imports(tree: ast.Module, package: str) -> bool:
    return any(
        (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package)
        or (
            isinstance(node, ast.Import)
            and any(each.name.split(".")[0] == package for each in node.names)
        )
        for node in ast.walk(tree)
    )


def _python(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    modules: set[str] = set()
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {
                each.asname or each.name for each in node.names if each.name in ("os", "posix")
            }
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "posix"):
            names |= {
                each.asname or each.name: each.name for each in node.names if each.name in OS_NAMES
            }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
            and node.attr in OS_NAMES
        ):
            yield f"os.{node.attr}", node
        elif isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
            yield f"os.{names[node.id]}", node
        elif isinstance(node, ast.ImportFrom) and node.module == "dotenv":
            yield "dotenv", node


def _sources(root: SgNode) -> set[str]:
    return {
        source.text().strip("\"'`")
        for node in root.find_all(kind="import_statement")
        if (source := node.field("source")) is not None
    }


def _is_process(node: SgNode | None, names: set[str]) -> bool:
    text = node.text() if node is not None else ""
    return text in names or text in ("globalThis.process", "global.process")


def _typescript(root: SgNode) -> Iterator[tuple[str, SgNode]]:
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

"""Where a module's sources read the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_trees
from gates.toolchains.problem import Problem

OS_NAMES = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def find_environment_files(module: Module) -> list[str]:
    """The files env.py of the module's package."""
    return [path for path in module.files if path.startswith("src/") and path.endswith("/env.py")]


def find_environment_reads(module: Module) -> Iterator[Problem]:
    """Each read outside a file env.py, and each env.py that does not validate what it reads."""
    for path, tree in python_trees(module).items():
        reads = list(_reads(tree))
        if PurePosixPath(path).name != "env.py":
            for name, node in reads:
                yield Problem(
                    f"{name} is read outside env.py",
                    at(path, node, module.lines(path)),
                    fix="read it in env.py, in a pydantic-settings class",
                )
        elif reads and not _imports(tree, "pydantic_settings"):
            yield Problem(
                "env.py reads the environment without validating it",
                at(path, reads[0][1], module.lines(path)),
                fix="declare the variables in a pydantic-settings class",
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


def _reads(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
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

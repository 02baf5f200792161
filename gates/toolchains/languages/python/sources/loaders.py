"""Where Python sources load code by a path, or a name, that only a run knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_trees
from gates.toolchains.problem import Problem

PACKAGES = frozenset(
    {
        "_ctypes", "_imp", "builtins", "cffi", "code", "codeop", "ctypes", "imp", "importlib.abc",
        "importlib.machinery", "importlib.util", "marshal", "pkgutil", "runpy", "site",
        "zipimport", "importlib._bootstrap", "importlib._bootstrap_external",
    }
)  # fmt: skip
"""Modules that make code of files, bytes or addresses, or hand out the functions that do."""
FUNCTIONS = frozenset({"__import__", "compile", "eval", "exec"})
"""Built-in functions that do so; as a name they may not even be passed on."""
MEMBERS = frozenset({"meta_path", "modules", "path", "path_hooks", "path_importer_cache"})
"""Members of `sys` that decide where imports are found."""
_FIX = "import it by name at the top of the file"


def find_loaders(module: Module) -> Iterator[Problem]:
    """Each use of these; importlib itself may be used with a literal name alone."""
    for path, tree in python_trees(module).items():
        lines = module.lines(path)
        for node, what in _found(tree):
            yield Problem(f"{what} loads code that no check reads", at(path, node, lines), fix=_FIX)


def _found(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    literal: set[ast.AST] = set()
    aliases = {"importlib": "importlib", "sys": "sys"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                literal.add(node.func)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, each.name) for each in node.names if _is_loader(each.name))
        elif isinstance(node, ast.ImportFrom) and not node.level:
            base = node.module or ""
            for each in node.names:
                whole = f"{base}.{each.name}"
                if (
                    _is_loader(base)
                    or _is_loader(whole)
                    or whole == "importlib.import_module"
                    or (base == "sys" and each.name in MEMBERS)
                ):
                    yield node, whole
        elif isinstance(node, ast.Name) and node.id in FUNCTIONS | {"__builtins__", "__loader__"}:
            yield node, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = f"{aliases.get(node.value.id, '')}.{node.attr}"
            if whole == "importlib.import_module" and node in literal:
                continue
            if whole in {"importlib.import_module", "importlib.reload"} or (
                _is_loader(whole) or whole in {f"sys.{each}" for each in MEMBERS}
            ):
                yield node, whole


def _is_loader(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in PACKAGES)

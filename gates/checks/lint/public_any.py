"""No Any in what a Python module offers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT, language="python")
def public_any(module: Module) -> Iterator[Finding]:
    """No public function, method or attribute has `Any` in its type, however deep.

    Public is what does not begin with an underscore, in files and classes that do not either.
    (TypeScript's `any` is found by ESLint, everywhere.)

    Why: an `Any` in a signature switches type checking off in everything that calls it.
    Bad: `def load(row: dict[str, Any]) -> Any: ...`
    Good: `def load(row: Mapping[str, object]) -> Rule: ...`
    Fix: name the type; where it can be anything, `object`, and narrow it.
    """
    from gates.toolchains.languages.python.sources.trees import at, python_trees

    for path, tree in python_trees(module).items():
        names = _any_names(tree)
        for owner, annotation in _public(tree):
            for node in ast.walk(annotation):
                if _is_any(node, names):
                    yield public_any.finding(
                        f"the type of {owner} holds Any",
                        at(path, node, module.lines(path)),
                        fix="name the type, or use object and narrow it",
                    )


def _any_names(tree: ast.Module) -> set[str]:
    return {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("typing", "typing_extensions")
        for each in node.names
        if each.name == "Any"
    }


def _is_any(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names
    return isinstance(node, ast.Attribute) and ast.unparse(node) in (
        "typing.Any",
        "typing_extensions.Any",
        "t.Any",
    )


def _public(scope: ast.Module | ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for node in scope.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            dunder = node.name.startswith("__") and node.name.endswith("__")
            if node.name.startswith("_") and not dunder:
                continue
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            for each in every:
                if each is not None and each.annotation is not None:
                    yield f"{node.name}({each.arg})", each.annotation
            if node.returns is not None:
                yield f"{node.name}()", node.returns
        elif isinstance(node, ast.AnnAssign):
            name = ast.unparse(node.target)
            if not name.startswith("_"):
                yield name, node.annotation

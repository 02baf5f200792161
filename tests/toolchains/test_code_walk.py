"""The walk over mypy's trees knows every kind of node that this mypy has, and every part of it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import mypy.nodes
import mypy.patterns
import pytest
from mypy.nodes import FakeExpression

from gates.toolchains.languages.python.rules.walk import PARTS, walk

MADE = {
    "AssertTypeExpr", "CastExpr", "EnumCallExpr", "NamedTupleExpr", "NewTypeExpr", "ParamSpecExpr",
    "PromoteExpr", "TypeAliasExpr", "TypeApplication", "TypeFormExpr", "TypeVarExpr",
    "TypeVarTupleExpr", "TypedDictExpr",
}  # fmt: skip
"""What mypy makes of a call or of an index; the walk stays with what was written."""
SYMBOLS = {"TypeAlias", "TypeInfo", "Var"}
"""What names stand for; no part of what is written."""
NEVER = {"FakeExpression", "FakeInfo", "PlaceholderNode"}
"""What no finished tree has."""
MEANT = {
    "analyzed", "def_var", "info", "node", "original_def", "subject_dummy", "var", "expanded",
    "imports", "alias_node", "assignments", "variable", "local_nodes",
}  # fmt: skip
"""Members that say what something means."""
A_NODE = re.compile(
    r"Expression|Statement|Block|Pattern|Lvalue|\w+Expr\b|FuncDef|OverloadPart|Decorator|Argument"
)


@cache
def kinds() -> dict[str, dict[str, str]]:
    """Each concrete kind of node with the annotations of its members."""
    found: dict[str, dict[str, str]] = {}
    bases: dict[str, list[str]] = {}
    for module in (mypy.nodes, mypy.patterns):
        source = ast.parse(Path(module.__file__).with_suffix("").with_suffix(".py").read_text())
        for each in source.body:
            if isinstance(each, ast.ClassDef):
                bases[each.name] = [ast.unparse(base) for base in each.bases]
                found[each.name] = members(each)

    def is_node(name: str) -> bool:
        return name == "Node" or any(is_node(base) for base in bases.get(name, []))

    def inherited(name: str) -> dict[str, str]:
        every: dict[str, str] = {}
        for base in bases.get(name, []):
            every |= inherited(base)
        return every | found.get(name, {})

    parents = {base for names in bases.values() for base in names}
    return {
        name: inherited(name)
        for name in found
        if is_node(name) and (name not in parents or name == "TypeInfo")
    }


def members(kind: ast.ClassDef) -> dict[str, str]:
    every = {
        each.target.id: ast.unparse(each.annotation)
        for each in kind.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    for each in kind.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            given = {one.arg: one.annotation for one in each.args.args}
            for one in ast.walk(each):
                if isinstance(one, ast.Assign) and isinstance(one.value, ast.Name):
                    kept = given.get(one.value.id)
                    for target in one.targets:
                        if isinstance(target, ast.Attribute) and kept is not None:
                            every.setdefault(target.attr, ast.unparse(kept))
    return every


def test_every_kind_of_node_is_known():
    assert set(kinds()) - MADE - SYMBOLS - NEVER == set(PARTS)


@pytest.mark.parametrize("kind", sorted(PARTS))
def test_every_part_of_a_node_is_walked(kind):
    parts = {
        name
        for name, annotation in kinds()[kind].items()
        if A_NODE.search(annotation) and name not in MEANT
    }
    assert parts <= set(PARTS[kind])


def test_another_kind_of_node_is_an_error():
    with pytest.raises(LookupError, match="FakeExpression is not known"):
        list(walk(FakeExpression()))

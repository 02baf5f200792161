"""Names that a source writes and that are not there when it has run: deleted, or never reached."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import griffe

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BRANCHES = ("body", "handlers", "orelse", "finalbody")


def prune(found: griffe.Module | griffe.Class, body: Iterable[ast.stmt]) -> None:
    """Takes out of a module or class, as griffe has read it, what its statements do not leave.

    A `del`, and a branch of `if False`, are all that is judged: other conditions may be met.
    """
    import griffe

    statements = list(body)
    for name in unbound(statements):
        if name in found.members:
            found.del_member(name)
    for each, _ in _reached(statements):
        if isinstance(each, ast.ClassDef):
            member = found.members.get(each.name)
            if isinstance(member, griffe.Class) and member.lineno == _first_line(each):
                prune(member, each.body)


def unbound(body: Iterable[ast.stmt]) -> set[str]:
    """The names that the statements of one scope write out, and that are not bound at its end."""
    bound: dict[str, bool] = {}
    for each, sure in _reached(body):
        if isinstance(each, ast.Delete):
            names = {one.id: False for one in each.targets if isinstance(one, ast.Name)}
            bound |= names if sure else {}
        elif isinstance(each, ast.ImportFrom) and any(one.name == "*" for one in each.names):
            bound = dict.fromkeys(bound, True)  # it may give any of them again
        else:
            bound |= dict.fromkeys(_names(each), True)
    dead = {name for each in _unreached(body) for name in _names(each)}
    return {name for name, there in bound.items() if not there} | (dead - bound.keys())


def _reached(body: Iterable[ast.stmt], *, sure: bool = True) -> Iterator[tuple[ast.stmt, bool]]:
    """Every statement of a scope that may be run, in order, and whether it surely is."""
    for each in body:
        yield each, sure
        live = _live(each)
        decided = isinstance(each, ast.If) and _truth(each.test) is not None
        for number, branch in enumerate(live):
            if isinstance(each, ast.Try):  # what stands first is tried, whatever it raises
                yield from _reached(branch[:1], sure=sure and number == 0)
                yield from _reached(branch[1:], sure=False)
            else:
                inner = sure and (decided or isinstance(each, ast.With | ast.AsyncWith))
                yield from _reached(branch, sure=inner)


def _unreached(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a scope that is surely not run."""
    for each in body:
        live = _live(each)
        for branch in _live(each, every=True):
            if branch in live:
                yield from _unreached(branch)
            else:
                yield from (inner for inner, _ in _reached(branch))


def _live(node: ast.stmt, *, every: bool = False) -> list[list[ast.stmt]]:
    if isinstance(node, _SCOPES):
        return []
    if isinstance(node, ast.If | ast.While) and not every:
        truth = _truth(node.test)
        if truth is not None:
            return [node.body] if truth else [node.orelse]
    found = []
    for name in _BRANCHES:
        inner = getattr(node, name, [])
        if name == "handlers":
            found += [each.body for each in inner]
        elif inner:
            found.append(inner)
    found += [each.body for each in getattr(node, "cases", [])]
    return found


def _truth(test: ast.expr) -> bool | None:
    """What a condition of constants alone comes to."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        ends = isinstance(test.op, ast.Or)
        answers = [_truth(each) for each in test.values]
        return ends if ends in answers else None if None in answers else not ends
    return None


def _names(node: ast.stmt) -> Iterator[str]:
    """What one statement binds itself, its branches left out."""
    if isinstance(node, _SCOPES):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for each in node.names:
            yield each.asname or each.name.partition(".")[0]
    else:
        yield from _stored(node)


def _stored(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, ast.stmt | ast.Lambda | ast.ExceptHandler | ast.match_case):
            yield from _stored(inner)


def _first_line(node: ast.ClassDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])

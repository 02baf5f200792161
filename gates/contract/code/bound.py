"""What the statements of a scope leave bound to its names: nothing, one definition, or one of
several that a condition decides between."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from gates.contract.code.branches import OLDEST, Python, blocks, bound_by, truth

if TYPE_CHECKING:
    import griffe

Bound = Mapping[str, frozenset[ast.stmt | None]]
"""The statements that a name may be bound by at the end of a scope; None: it may be unbound."""
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ENDS = (ast.Raise, ast.Return)
_State = dict[str, frozenset[ast.stmt | None]]
_UNBOUND: frozenset[ast.stmt | None] = frozenset({None})


def prune(
    found: griffe.Module | griffe.Class, body: Iterable[ast.stmt], python: Python = OLDEST
) -> dict[str, tuple[str, ...]]:
    """Takes out of a module or class, as griffe has read it, the names that its statements do not
    leave bound.

    Returns, by the path of a name, what a condition chooses between: definitions as text, ""
    where it may be unbound.
    """
    import griffe

    statements = list(body)
    choices: dict[str, tuple[str, ...]] = {}
    bound = bindings(statements, python)
    for name in _for_types(_statements(statements)) - bound.keys():
        if name in found.members:
            found.members[name].runtime = False
    for name, ends in bound.items():
        if name not in found.members:
            continue
        if ends == _UNBOUND:
            found.del_member(name)
            continue
        found.members[name].runtime = True  # in the else of TYPE_CHECKING too
        if len(ends) > 1:
            texts = {_outline(each) for each in ends}
            choices[f"{found.path}.{name}"] = tuple(sorted(texts))
    for each in _statements(statements):
        if isinstance(each, ast.ClassDef):
            member = found.members.get(each.name)
            if isinstance(member, griffe.Class) and member.lineno == first_line(each):
                choices |= prune(member, each.body, python)
    return choices


def unbound(body: Iterable[ast.stmt], python: Python = OLDEST) -> set[str]:
    """The names that the statements of one scope write out, and that are not bound at its end."""
    return {name for name, ends in bindings(body, python).items() if ends == _UNBOUND}


def bindings(body: Iterable[ast.stmt], python: Python = OLDEST) -> Bound:
    """What may be bound to each name that a scope writes out, when its statements have run.

    A branch that a condition of constants or of Python's version decides is followed alone; what
    only type checkers run counts where nothing else binds the name.
    """
    statements = list(body)
    ends = _run(statements, {}, python)
    if ends is None:
        return {}  # its end is never reached
    every = list(_statements(statements))
    written = {name for each in every for name in bound_by(each)}
    return dict.fromkeys(written - _for_types(every), _UNBOUND) | ends


def _for_types(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that stand under a condition of `TYPE_CHECKING`."""
    return {
        name
        for each in statements
        if isinstance(each, ast.If) and "TYPE_CHECKING" in ast.unparse(each.test)
        for inner in _statements([*each.body, *each.orelse])
        for name in bound_by(inner)
    }


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Where a definition begins: at its first decorator."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _outline(node: ast.stmt | None) -> str:
    """A definition as text without what callers do not see of it: the bodies of functions."""
    if node is None:
        return ""
    if isinstance(node, ast.Assign) and not _is_literal(node.value):
        return "a value"
    if not isinstance(node, _SCOPES):
        return ast.dump(node)
    head = [node.name, *(ast.dump(each) for each in node.decorator_list)]
    if isinstance(node, ast.ClassDef):
        inner = [ast.dump(each) for each in (*node.bases, *node.keywords)]
        return f"class {[*head, *inner, *(_outline(each) for each in node.body)]}"
    answer = "" if node.returns is None else ast.dump(node.returns)
    return f"{type(node).__name__} {[*head, ast.dump(node.args), answer]}"


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a scope, those of its branches too."""
    for each in body:
        yield each
        if not isinstance(each, _SCOPES):
            for block in blocks(each):
                yield from _statements(block)


def _run(body: Iterable[ast.stmt], state: _State, python: Python) -> _State | None:
    """What is bound after some statements; None where none of them lets the next one run."""
    for each in body:
        after = _step(each, state, python)
        if after is None:
            return None
        state = after
    return state


def _step(node: ast.stmt, state: _State, python: Python) -> _State | None:
    if isinstance(node, _ENDS):
        return None
    if isinstance(node, ast.Delete):
        names = (each.id for each in node.targets if isinstance(each, ast.Name))
        return state | dict.fromkeys(names, _UNBOUND)
    if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names):
        given: frozenset[ast.stmt | None] = frozenset({node})  # it may give any of them again
        return {name: given if ends == _UNBOUND else ends for name, ends in state.items()}
    own: frozenset[ast.stmt | None] = frozenset({node})
    if not isinstance(node, ast.AugAssign):
        state = state | dict.fromkeys(bound_by(node), own)
    if isinstance(node, _SCOPES):
        return state
    if isinstance(node, ast.If):
        decided = truth(node.test, python)
        branches = [node.body] if decided is not False else []
        branches += [node.orelse] if decided is not True else []
        return _either([_run(each, state, python) for each in branches])
    if isinstance(node, ast.Try | ast.TryStar):
        return _tried(node, state, python)
    if isinstance(node, ast.With | ast.AsyncWith):
        return _run(node.body, state, python)
    if isinstance(node, ast.While) and truth(node.test, python) is False:
        return _run(node.orelse, state, python)
    ways = [_run(block, state, python) for block in blocks(node)]
    return _either([state, *ways]) if ways else state


def _tried(node: ast.Try | ast.TryStar, state: _State, python: Python) -> _State | None:
    done = _run(node.body, state, python)
    whole = None if done is None else _run(node.orelse, done, python)
    broken_off = _either([state, done])
    caught = [_run(each.body, broken_off or state, python) for each in node.handlers]
    after = _either([whole, *caught])
    return None if after is None else _run(node.finalbody, after, python)


def _either(ways: list[_State | None]) -> _State | None:
    """What is bound where one of several ways was taken."""
    taken = [each for each in ways if each is not None]
    if not taken:
        return None
    names = {name for each in taken for name in each}
    return {
        name: frozenset().union(*(each.get(name, _UNBOUND) for each in taken)) for name in names
    }

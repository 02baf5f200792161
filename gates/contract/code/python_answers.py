"""What a call of a Python function gives back: an answer, or something that must be awaited."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum, auto

from gates.contract.code.types import ANY, Atom, Type, Types

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_ANY: Type = frozenset({Atom(ANY)})
_AWAITABLE: Type = frozenset({Atom("collections.abc.Awaitable")})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Answer(Enum):
    """What a caller has in hand, as far as the source shows it."""

    COROUTINE = auto()
    PLAIN = auto()
    """Surely nothing that can be awaited."""
    UNKNOWN = auto()


def is_coroutine(node: Definition | None) -> bool:
    """Whether a call of an `async def` gives a coroutine: one that yields gives a generator."""
    return node is None or not _yields(node)


def answer(node: Definition | None, returns: Type | None, types: Types) -> Answer:
    """What a function that is no coroutine function gives; `returns` is what it says."""
    if returns is not None:
        if types.within(returns, _AWAITABLE) is False and not _may_be_awaited(returns, types):
            return Answer.PLAIN
        return Answer.UNKNOWN
    return Answer.PLAIN if node is not None and _is_plain(node) else Answer.UNKNOWN


def coroutine_of(returns: Type | None) -> Type:
    """The type of what a call of an `async def` gives (PEP 492 and `typing.Coroutine`)."""
    inner = _ANY if returns is None else returns
    return frozenset({Atom("collections.abc.Coroutine", (_ANY, _ANY, inner))})


def _may_be_awaited(returns: Type, types: Types) -> bool:
    return any(types.within(frozenset({each}), _AWAITABLE) is not False for each in returns)


def _yields(node: Definition) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node))


def _is_plain(node: Definition) -> bool:
    """Whether all that a body returns are values that it writes out."""
    if isinstance(node, ast.AsyncFunctionDef) or _yields(node):
        return True
    given = [each.value for each in _own(node) if isinstance(each, ast.Return)]
    return all(each is None or _is_written_out(each) for each in given)


def _is_written_out(value: ast.expr) -> bool:
    kinds = ast.Constant | ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.Compare
    return isinstance(value, kinds)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function itself, functions inside it left out."""
    for each in ast.iter_child_nodes(node):
        yield each
        if not isinstance(each, _SCOPES):
            yield from _own(each)

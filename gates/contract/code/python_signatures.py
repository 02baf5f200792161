"""How a Python function is called, from what griffe has read."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import griffe

_KINDS = {
    "positional-only": Parameter.POSITIONAL_ONLY,
    "positional or keyword": Parameter.POSITIONAL_OR_KEYWORD,
    "variadic positional": Parameter.VAR_POSITIONAL,
    "keyword-only": Parameter.KEYWORD_ONLY,
    "variadic keyword": Parameter.VAR_KEYWORD,
}


def signature_of(function: griffe.Function, *, bound: bool) -> Signature | None:
    """How a function is called; of a method through its object where `bound`."""
    method = function.parent is not None and function.parent.is_class
    parameters = list(function.parameters)
    first = parameters[0].name if method and parameters else ""
    if bound and parameters and "staticmethod" not in function.labels:
        parameters = parameters[1:]
    hidden = _only_by_place([each.name for each in parameters], first)
    try:
        return Signature(
            [
                Parameter(
                    each.name.lstrip("*"),
                    Parameter.POSITIONAL_ONLY
                    if number < hidden
                    else _KINDS[each.kind.value if each.kind else "positional or keyword"],
                    default=Parameter.empty if each.default is None else str(each.default),
                )
                if each.kind is None or "variadic" not in each.kind.value
                else Parameter(each.name.lstrip("*"), _KINDS[each.kind.value])
                for number, each in enumerate(parameters)
            ]
        )
    except ValueError:
        return None


def _only_by_place(names: list[str], first: str) -> int:
    """How many parameters are given by place alone because of their names: those that begin with
    two underscores (PEP 484, "Positional-only arguments"; in a class Python renames them)."""
    count = 0
    for number, name in enumerate(names):
        if name.startswith("__") and not name.endswith("__"):
            count = number + 1
        elif name != first or number:
            break
    return count

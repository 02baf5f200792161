"""A function as it is defined, and what was seen of it. Pure."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from gates.database.owners.scopes import Shape
from gates.database.sql.trees import Tree, call_name, is_a, nodes


class UnreadableError(Exception):
    """Why a body cannot be read."""


@dataclass(frozen=True)
class Routine:
    """One function, as it is defined."""

    label: str
    """"function public.f(uuid)"."""
    name: str
    source: str
    """Its CREATE FUNCTION, as pg_get_functiondef writes it."""
    language: str
    tables: tuple[Shape, ...] = ()
    """The tables that its triggers are on."""
    before: bool = False
    """Whether a trigger acts before a row is added, which may have the key of another."""
    on_views: bool = False
    """Whether a trigger is on a view, whose rows are the caller's word."""
    transition: frozenset[str] = frozenset()


@dataclass
class Looked:
    """What was seen of one function."""

    faults: list[str] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    """The functions that it calls, by name, with or without a schema."""
    changed: set[str] = field(default_factory=set)
    """The labels of the tables that it changes."""


def calls_in(trees: list[Tree]) -> set[str]:
    """The functions that are called, by name."""
    return {call_name(each) for tree in trees for each in nodes(tree) if is_a(each, "FuncCall")}


def qualify(trees: list[Tree], known: Container[str]) -> None:
    """Give the calls of functions in public that are written without a schema their schema."""
    from pglast import ast

    for tree in trees:
        for each in nodes(tree):
            if is_a(each, "FuncCall") and len(each.funcname) == 1:
                full = f"public.{each.funcname[0].sval}"
                if full in known:
                    each.funcname = (ast.String("public"), *each.funcname)


def parsed(text: str) -> list[Tree]:
    """The statements of a text. Raises `UnreadableError`."""
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        return [each.stmt for each in parse_sql(text)]
    except ParseError as error:
        raise UnreadableError(f"a statement cannot be read: {' '.join(text.split())[:80]}") from (
            error
        )

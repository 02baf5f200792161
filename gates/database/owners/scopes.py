"""Which values in a statement are the tenant of the session: names, resolved to the relations and
variables that they stand for. Pure, on PostgreSQL's own parse tree.

A mark says what a value is known to be: "tenant" the tenant of the session (or of the row that a
trigger is about), "person" its user or organization, "own c" column c of the row that a trigger is
about, "row" that row as JSON.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gates.database.sql.trees import Tree, is_a

Key = tuple[object, ...]
"""("col", relation, name), ("var", name), ("var", record, field), ("session", mark), ("?",)."""
Marks = dict[Key, str]
_NUMBERS = itertools.count()
Output = tuple[str, str | None]
"""A column that a query gives: its name, and its mark."""

NOTHING: Key = ("?",)
TENANT = "tenant_id"


@dataclass(frozen=True, eq=False)
class Shape:
    """A table or view, as statements see it."""

    label: str
    columns: tuple[str, ...]
    """In order, dropped ones left out."""
    platform: bool = False
    keys: tuple[tuple[str, ...], ...] = ()
    """The columns of each unique key."""
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same by the key's name."""
    default: str | None = None
    """The default of tenant_id."""
    view: Tree | None = None
    """The query of a view."""
    unknown: bool = False
    """Only a run knows which table it is."""

    @property
    def tenanted(self) -> bool:
        """Whether its rows belong to tenants."""
        return self.unknown or TENANT in self.columns


@dataclass(eq=False)
class Relation:
    """One place of a FROM clause."""

    alias: str
    columns: tuple[str, ...] | None
    """None where they are not known."""
    shape: Shape | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    number: int = field(default_factory=_NUMBERS.__next__)

    def key(self, column: str) -> Key:
        """The key of a column, by the name that the statement has for it."""
        return ("col", self.number, self.renamed.get(column, column))


@dataclass
class Variables:
    """The arguments, variables and records of a body."""

    names: frozenset[str] = frozenset()
    function: str = ""
    """The function's bare name, by which arguments may be qualified."""
    marks: Marks = field(default_factory=dict)
    first: bool = False
    """Whether they come before columns of the same name (#variable_conflict use_variable)."""
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of records, where they are known."""
    own: frozenset[str] = frozenset()
    """The labels of the tables that the triggers of the function are on."""
    transition: frozenset[str] = frozenset()
    """The names of transition tables."""


@dataclass
class Scope:
    """What names stand for in one query, and what is known of the values."""

    variables: Variables
    outer: Scope | None = None
    caller: Scope | None = None
    """Around the body of a function that stands for its call."""
    bindings: Mapping[str, Key] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    marks: Marks = field(default_factory=dict)
    queries: dict[str, list[Output]] = field(default_factory=dict)
    """WITH queries by name."""
    bodies: list[tuple[Tree, Scope]] = field(default_factory=list)
    """The statements of WITH queries, each with what is around it."""

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def mark(self, key: Key) -> str | None:
        """What a value is known to be."""
        if key[0] == "session":
            return str(key[1])
        for scope in self.chain():
            if key in scope.marks:
                return scope.marks[key]
            if scope.caller is not None and (found := scope.caller.mark(key)):
                return found
        if key[0] == "row":
            return "row" if self.mark(("var", key[1], TENANT)) == "tenant" else None
        return self.variables.marks.get(key)

    def query(self, name: str) -> list[Output] | None:
        """The columns of a WITH query."""
        return next((each.queries[name] for each in self.chain() if name in each.queries), None)

    def parameter(self, number: int) -> Key:
        """What $1 stands for."""
        return next(
            (each.bindings[f"${number}"] for each in self.chain() if f"${number}" in each.bindings),
            NOTHING,
        )

    def resolve(self, names: list[str]) -> Key:
        """What a dotted name stands for."""
        if len(names) == 1:
            return self._bare(names[0])
        alias, column = names[-2], names[-1]
        for scope in self.chain():
            for relation in scope.relations:
                if relation.alias == alias:
                    return relation.key(column)
        if alias in self.variables.names:
            return ("var", alias, column)
        if alias == self.variables.function and column in self.variables.names:
            return ("var", column)
        return NOTHING

    def _bare(self, name: str) -> Key:
        known = name in self.variables.names and self.caller is None
        if known and self.variables.first:
            return ("var", name)
        for scope in self.chain():
            for relation in scope.relations:
                if relation.columns is not None and name in relation.columns:
                    return relation.key(name)
            if name in scope.bindings:
                return scope.bindings[name]
            if scope.caller is not None:
                return NOTHING
        return ("var", name) if known else NOTHING


def names_of(node: Tree) -> list[str]:
    """The parts of a column's name; [] for what is none."""
    if is_a(node, "ColumnRef"):
        return [getattr(each, "sval", "*") for each in node.fields]
    if is_a(node, "A_Indirection") and is_a(node.arg, "ColumnRef"):
        rest = [getattr(each, "sval", "*" if is_a(each, "A_Star") else "?")
                for each in node.indirection]  # fmt: skip
        return [*names_of(node.arg), *rest]
    return []


def queries_in(node: Tree) -> Iterator[Tree]:
    """The statements directly inside a node, those inside them and WITH queries left out."""
    from pglast import ast

    if isinstance(node, tuple):
        for each in node:
            yield from queries_in(each)
    elif isinstance(node, ast.Node):
        for each in node:
            value = getattr(node, each) if each != "withClause" else None
            for one in value if isinstance(value, tuple) else (value,):
                if is_statement(one):
                    yield one
                else:
                    yield from queries_in(one)


def is_statement(node: Tree) -> bool:
    """Whether a node reads or changes rows by itself."""
    return type(node).__name__ in {
        "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"
    }  # fmt: skip

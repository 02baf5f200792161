"""SQL is what the platform's Statement is given, as a text that is written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mypy.nodes import (
    CallExpr,
    CastExpr,
    DictExpr,
    Expression,
    Import,
    ImportAll,
    ImportFrom,
    MemberExpr,
    RefExpr,
    StrExpr,
    TypeInfo,
)  # fmt: skip
from mypy.types import FunctionLike, Instance, TypeType

from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    classes,
    found,
    origin,
)  # fmt: skip
from gates.toolchains.languages.python.rules.texts import read

RULE = "code-sql"
UNREAD = "the text of this statement is not written out"
DRIVERS = frozenset(
    {
        "MySQLdb", "aiomysql", "aiopg", "asyncpg", "databases", "django", "duckdb", "peewee",
        "pg8000", "pony", "psycopg", "psycopg2", "psycopg_pool", "pymysql", "records", "sqlalchemy",
        "sqlite3", "sqlmodel", "supabase", "tortoise",
    }
)  # fmt: skip
"""Packages that open sessions of their own."""
PLATFORM = "axon_"
REPLACERS = frozenset({"copy.replace", "dataclasses.replace"})


def find_statements(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each import of a driver, and each statement whose text cannot be read."""
    for node in file.tree.imports:
        names = [name for name, _ in node.ids] if isinstance(node, Import) else []
        if isinstance(node, ImportFrom | ImportAll) and not node.relative:
            names = [node.id]
        for name in names:
            if name.split(".")[0] in DRIVERS and not node.is_mypy_only:
                yield found(RULE, file, node, f"{name} opens sessions that are not the platform's")
    for each in file.nodes:
        if isinstance(each, RefExpr) and _is_statement(program, each.node):
            if id(each) not in file.calls:
                yield found(RULE, file, each, "Statement is used otherwise than by Statement(...)")
        elif isinstance(each, CallExpr) and _makes_one(program, each):
            if (text := _given(each)) is None or not read(program, text)[1]:
                yield found(
                    RULE, file, text or each, "the text of this statement is not written out"
                )
        elif isinstance(each, CallExpr) and _runs_another(program, each):
            yield found(RULE, file, each.args[0], "what this runs is no Statement")


def read_statements(program: Program, file: SourceFile) -> Iterator[Mapping[str, object]]:
    """The place of each statement whose text is written out, with that text as `sql`, and in
    `values` the names of what it is given, where these are written out."""
    for each in file.nodes:
        if isinstance(each, CallExpr) and _makes_one(program, each):
            text = _given(each)
            sql, whole = read(program, text) if text is not None else ("", False)
            if text is not None and whole:
                values = _names(_given(each, "values", 2))
                yield {**found(RULE, file, text, ""), "sql": sql, "values": values}


def _is_statement(program: Program, node: object) -> bool:
    return (
        isinstance(node, TypeInfo)
        and node.name == "Statement"
        and node.module_name.startswith(PLATFORM)
        and not program.is_own(node.module_name)
    )


def _makes_one(program: Program, call: CallExpr) -> bool:
    """Whether a call makes a statement."""
    callee = call.callee
    if isinstance(callee, RefExpr) and _is_statement(program, callee.node):
        return True
    kind = program.type_of(call)
    if not isinstance(kind, Instance) or not _is_statement(program, kind.type):
        return False
    if isinstance(call.analyzed, CastExpr):
        return True
    if isinstance(callee, RefExpr) and origin(callee.node) in REPLACERS:
        return True
    made = program.type_of(callee)
    return isinstance(made, TypeType) or (isinstance(made, FunctionLike) and made.is_type_obj())


def _given(call: CallExpr, wanted: str = "text", position: int = 1) -> Expression | None:
    """What a statement is made of: its text, unless told."""
    callee = call.callee
    if not (isinstance(callee, RefExpr) and isinstance(callee.node, TypeInfo)):
        return None
    for place, (name, value) in enumerate(zip(call.arg_names, call.args, strict=True)):
        if name == wanted or (name is None and place == position):
            return value if not call.arg_kinds[place].is_star() else None
    return None


def _names(values: Expression | None) -> list[str] | None:
    """The keys of a dict that is written out."""
    if not isinstance(values, DictExpr):
        return None
    keys = [key.value for key, _ in values.items if isinstance(key, StrExpr)]
    return keys if len(keys) == len(values.items) else None


def _runs_another(program: Program, call: CallExpr) -> bool:
    callee = call.callee
    if not isinstance(callee, MemberExpr) or callee.name != "query" or not call.args:
        return False
    owners = [each.fullname for each in classes(program, callee.expr)]
    if not any(e.startswith(PLATFORM) and e.endswith(".TenantDatabase") for e in owners):
        return False
    kind = program.type_of(call.args[0])
    return not isinstance(kind, Instance) or not _is_statement(program, kind.type)

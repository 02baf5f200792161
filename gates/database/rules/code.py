"""What a statement in a module's code may be: one that reads or writes its own rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.database.parsing.dynamic import literal_text
from gates.database.parsing.relations import touched
from gates.database.parsing.script import Node, parse_inner, strings, walk
from gates.database.rules.forbidden_calls import calls

KINDS = frozenset({"DeleteStmt", "InsertStmt", "MergeStmt", "SelectStmt", "UpdateStmt"})
"""The nodes of statements that code may have."""
_SERVER_CALLS = frozenset({
    "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_column_size",
    "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared", "pg_typeof",
})  # fmt: skip
"""Of PostgreSQL's functions that begin so, those that change nothing for other sessions."""
_SEQUENCES = frozenset({"currval", "nextval", "setval"})
_XML = re.compile(r"\w+_to_xml(schema|_and_xmlschema)?")
_PLACE = re.compile(r"%(%|\(\w+\)[sbt]|[sbt])")
_OWN_SCHEMAS = frozenset({"", "public"})


def find_foreign(sql: str, prefix: str) -> Iterator[str]:
    """What a text does that is not reading or writing the module's own tables, in words.

    `prefix` is that of the module's tables; parameters are `$1`, `%s` or `%(name)s`.
    Raises `ToolMissingError` where PostgreSQL's parser is not installed.
    """
    script = parse_inner(_PLACE.sub(lambda each: "%" if each[1] == "%" else " $1 ", sql))
    if script.fault is not None:
        yield f"PostgreSQL cannot read this statement: {script.fault.message}"
        return
    if len(script.statements) != 1:
        yield f"this text is {len(script.statements)} statements, and not one"
    for each in script.statements:
        if each.kind not in KINDS:
            yield f"{_words(each.kind)} is neither SELECT, INSERT, UPDATE, DELETE nor MERGE"
            continue
        yield from _relations(each.node, prefix)
        yield from _calls(each.kind, each.node, prefix)


def _relations(node: Node, prefix: str) -> Iterator[str]:
    for schema, name, _ in touched(node):
        if schema not in _OWN_SCHEMAS or not name.startswith(prefix):
            yield f"{f'{schema}.' if schema else ''}{name} is no table of the module"
    for kind, inner in walk({"Statement": node}):
        if kind == "CommonTableExpr" and str(inner.get("ctename")).startswith(("core_", "tenant_")):
            yield f"{inner['ctename']} is the name of a WITH query and of a table"
        elif kind == "IntoClause" or "intoClause" in inner:
            yield "SELECT INTO makes a table"


def _calls(kind: str, node: Node, prefix: str) -> Iterator[str]:
    said = [what for what, _, _ in calls(kind, node) if not what.startswith("set_config")]
    for name, inner in walk({kind: node}):
        parts = strings(inner.get("funcname")) if name == "FuncCall" else []
        called = parts[-1].lower() if parts else ""
        if called == "set_config":
            said.append("set_config() changes the session, which is the platform's")
        elif called.startswith("pg_") and called not in _SERVER_CALLS and called != "pg_notify":
            said.append(f"{called}() reaches past the module's rows")
        elif _XML.fullmatch(called):
            said.append(f"{called}() runs a text")
        elif called in _SEQUENCES:
            named = literal_text((inner.get("args") or [{}])[0])
            if named is None or not named.removeprefix("public.").startswith(prefix):
                said.append(f"{called}() of a sequence that is not the module's")
    yield from dict.fromkeys(said)


def _words(kind: str) -> str:
    words = re.findall("[A-Z][a-z]*", kind.removesuffix("Stmt"))
    if kind == "VariableSetStmt":
        return "SET"
    return " ".join(words).upper()

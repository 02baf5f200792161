"""What a policy depends on that no proof can vary: ids written down, the server's name, the clock,
settings that anybody may set, claims of one user. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gates.database.policies.expressions import Function, Meaning
from gates.database.sql.trees import (
    UUID,
    Env,
    Tree,
    call_name,
    is_a,
    nodes,
    operator,
    selects,
    shown,
)

_CLOCK = {
    "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday",
}  # fmt: skip
_LAST_DATE = 8
"""SQLValueFunctionOp: the values up to SVFOP_LOCALTIMESTAMP_N are of the clock."""
_SERVER = re.compile(
    r"^(current_database|session_user|version|inet_\w+|pg_backend_pid|random\w*"
    r"|gen_random_uuid|uuidv[47]|pg_postmaster_start_time|pg_conf_load_time|txid_\w+"
    r"|pg_current_\w+|pg_is_in_recovery|pg_stat_\w+|pg_relation_\w+|pg_database_size|nextval"
    r"|currval|lastval|to_reg\w+|pg_read_\w+|pg_ls_\w+|pg_control_\w+|pg_export_snapshot)$"
)
_TRUSTED_ROLES = {"service_role"}
_BARE_SQL = re.compile(r"^\s*RETURN\s+", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"^\s*[\w.\"]+(?:\[[^\]]*\])*(?:\.\w+)*\s*:?=\s*")
_TELLING = re.compile(
    r"\b(?:execute|current_\w+|session_user|version|inet_\w+|now|clock_\w+|localtime\w*|random|pg_\w+"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-\w+)\b",
    re.IGNORECASE,
)
"""Words for which a body that cannot be parsed is not let pass."""


def unvaried(meaning: Meaning, node: Tree, env: Env) -> list[str]:
    """What a loose part of a policy depends on, as one would say it; [] for nothing of the kind."""
    return list(dict.fromkeys(_of(meaning, node, env, frozenset())))


def body_depends(meaning: Meaning, language: str, body: str) -> list[str]:
    """The same of everything in a function's body."""
    found: dict[str, None] = {}
    trees = [each for each in _body(language, body, ()) if not isinstance(each, str)]
    for tree in trees:
        found.update(dict.fromkeys(_of(meaning, tree, {}, frozenset({"itself"}))))
    return list(found)


def _of(meaning: Meaning, node: Tree, env: Env, seen: frozenset[str]) -> Iterator[str]:
    yield from _clock(node)
    for each in nodes(node):
        yield from _of_node(meaning, each, env, seen)


def _clock(node: Tree) -> Iterator[str]:
    """The clock, where it is not compared with a column."""
    every = list(nodes(node))
    if any(is_a(each, "ColumnRef") for each in every):
        for each in every:
            if is_a(each, "A_Expr") and each is not node:
                yield from _clock(each)
    elif any(_is_clock(each) for each in every):
        yield "the clock"


def _is_clock(node: Tree) -> bool:
    if is_a(node, "FuncCall"):
        return call_name(node) in _CLOCK
    return is_a(node, "SQLValueFunction") and int(node.op) <= _LAST_DATE


def _of_node(meaning: Meaning, node: Tree, env: Env, seen: frozenset[str]) -> Iterator[str]:
    if is_a(node, "A_Const") and UUID.match(str(getattr(node.val, "sval", ""))):
        yield f"the id '{node.val.sval}'"
    elif is_a(node, "SQLValueFunction"):
        word = node.op.name.removeprefix("SVFOP_").lower()
        if word in {"session_user", "current_catalog"}:
            yield word
    elif is_a(node, "RangeVar"):
        if node.schemaname in {"pg_catalog", "information_schema"} or (
            not node.schemaname and node.relname.startswith("pg_")
        ):
            yield f"the system catalog {node.relname}"
    elif is_a(node, "FuncCall"):
        yield from _of_call(meaning, node, env, seen)
    elif is_a(node, "A_Expr") and operator(node) in {"=", "~~", "~"}:
        yield from _of_claim(meaning, node, env)
    elif is_a(node, "SubLink") and not seen:
        for select in selects(node):
            if not meaning.of_session(meaning.canon(select, env)):
                yield from _tables(select)


def _tables(select: Tree) -> Iterator[str]:
    """What a subquery reads that is tied to no session."""
    for each in nodes(select):
        if is_a(each, "RangeVar") and not each.relname.startswith("pg_"):
            yield f"what is in {each.relname}"


def _of_call(meaning: Meaning, node: Tree, env: Env, seen: frozenset[str]) -> Iterator[str]:
    name = call_name(node)
    if name == "current_setting":
        setting = meaning.canon(node, env)
        if setting[0] != "setting":
            yield "a setting whose name is put together"
        elif not meaning.of_session(setting):
            yield f"the setting {setting[1]}, which any session may set"
    elif _SERVER.match(name):
        yield f"{name}()"
    function = meaning.functions.get(name)
    if function is None or function.platform or name in seen:
        return
    if name not in meaning.depends:
        meaning.depends[name] = []  # what it says of itself, should it call itself
        meaning.depends[name] = list(_of_body(meaning, function, seen | {name}))
    yield from meaning.depends[name]


def _of_body(meaning: Meaning, function: Function, seen: frozenset[str]) -> Iterator[str]:
    forms = function.forms or ((function.language, function.body),)
    for inner in (each for form in forms for each in _body(*form, function.arguments)):
        found = [inner] if isinstance(inner, str) else _of(meaning, inner, {}, seen)
        for what in found:
            yield what if "(in the" in what else f"{what} (in the function {function.name})"


def _of_claim(meaning: Meaning, node: Tree, env: Env) -> Iterator[str]:
    """A claim compared with a constant: sessions of one user, which no proof has."""
    for one, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
        claim, constants = meaning.canon(one, env), _constants(meaning, other, env)
        if claim[0] == "A_Expr" and constants and meaning.of_session(claim):
            listed = [each for each in constants if each not in _TRUSTED_ROLES and each]
            if listed:
                yield f"the claim {shown(one)} being {' or '.join(map(repr, listed))}"


def _constants(meaning: Meaning, node: Tree, env: Env) -> list[str]:
    items = node if isinstance(node, tuple) else (node,)
    if is_a(node, "A_ArrayExpr"):
        items = node.elements or ()
    found = [meaning.canon(each, env) for each in items]
    return [str(each[1]) for each in found if each[0] == "const" and isinstance(each[1], str)]


def _body(language: str, body: str, arguments: tuple[str, ...]) -> Iterator[Tree]:
    """The trees of all expressions and statements of a function's body; a text for each that
    cannot be read."""
    from pglast import parse_sql
    from pglast.parser import ParseError, parse_plpgsql_json

    texts = [_BARE_SQL.sub("SELECT ", body)]
    if language not in {"sql", "plpgsql"}:
        yield f"a function in {language}"
        return
    if language != "sql":
        tag = "gates"
        while f"${tag}$" in body:
            tag += "x"
        given = ", ".join(f'"{each}" text' for each in arguments if each)
        source = (
            f"CREATE FUNCTION f({given}) RETURNS boolean LANGUAGE plpgsql AS ${tag}${body}${tag}$"
        )
        try:
            read = parse_plpgsql_json(source)
            texts = list(_queries(json.loads(read)))
            if "PLpgSQL_stmt_dyn" in read:
                yield "a statement that is put together while it runs"
        except (ParseError, ValueError):
            if _TELLING.search(body):
                yield "a body that cannot be read"
            return  # what else it does is for the probes to see
    for text in texts:
        for candidate in (text, f"SELECT {text}"):
            try:
                yield from (each.stmt for each in parse_sql(candidate))
            except ParseError:
                continue
            break
        else:
            yield "a statement that cannot be read"


def _queries(tree: object) -> Iterator[str]:
    if isinstance(tree, list):
        for each in tree:
            yield from _queries(each)
    elif isinstance(tree, dict):
        for key, each in tree.items():
            if key == "PLpgSQL_expr" and isinstance(each, dict):
                text = str(each.get("query", ""))
                yield _ASSIGNMENT.sub("", text) if each.get("parseMode") == 3 else text
            else:
                yield from _queries(each)

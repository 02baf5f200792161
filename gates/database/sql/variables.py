"""What the variables of a PL/pgSQL body may hold, followed statement by statement. Pure.

Trees are those of libpg_query's `parse_plpgsql`, in which a number that is 0 is left out. Where it
is not certain which way a body goes, a variable may hold what every way gives it.
"""

from __future__ import annotations

from typing import Any

from gates.database.sql.folding import Texts, evaluate_text
from gates.database.sql.held import Variables, united
from gates.database.sql.known import typed
from gates.database.sql.queries import columns
from gates.database.sql.quoting import RAW, WORD
from gates.database.sql.script import Node, parse_inner

Tree = dict[str, Any]

_NOT_NULL_AT_FIRST = frozenset({"sqlerrm", "sqlstate"})
_TRIGGER = {
    "tg_name": RAW, "tg_when": WORD, "tg_level": WORD, "tg_op": WORD, "tg_relid": "0",
    "tg_relname": RAW, "tg_table_name": RAW, "tg_table_schema": RAW, "tg_nargs": "0",
    "tg_event": RAW, "tg_tag": RAW,
}  # fmt: skip
_LOOPS = frozenset({
    "PLpgSQL_stmt_loop", "PLpgSQL_stmt_while", "PLpgSQL_stmt_fori", "PLpgSQL_stmt_fors",
    "PLpgSQL_stmt_forc", "PLpgSQL_stmt_foreach_a", "PLpgSQL_stmt_dynfors",
})  # fmt: skip
_CHOICES = frozenset({"PLpgSQL_stmt_if", "PLpgSQL_stmt_case"})
_STEPS = 20_000
_ROUNDS = 8
"""How often a loop is followed at most; what it still changes then may hold any text."""


def follow(function: Tree) -> Variables:
    """The variables of a function (a `PLpgSQL_function`), with every EXECUTE of it."""
    data = function.get("datums", [])
    found = Variables()
    names = [each.get("PLpgSQL_var", {}).get("refname") for each in data]
    found.shadowed.update(name for name in names if name and names.count(name) > 1)
    for each in data:
        _declare(found, each)
    _follow(found, function.get("action", {}), data, instead=True)
    return found


def expression_of(assignment: str) -> str:
    """The right side of `name := expression`."""
    for sign in (":=", "="):
        at = assignment.find(sign)
        while at >= 0:
            rest = assignment[at + len(sign) :]
            if parse_inner(f"SELECT {rest}").fault is None:
                return rest
            at = assignment.find(sign, at + 1)
    return assignment


def _declare(body: Variables, datum: Tree) -> None:
    if (record := datum.get("PLpgSQL_rec")) is not None:
        body.records.add(record.get("refname", ""))
        if "default_val" in record:
            body.open_records.add(record.get("refname", ""))
    variable = datum.get("PLpgSQL_var")
    if variable is None:
        return
    name = variable.get("refname", "")
    type_ = variable.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
    if _is_array(type_):
        body.arrays.add(name)
    known: Texts = ()
    if stands := _stands(type_):
        known = (stands,)
    elif name in _TRIGGER:
        known = (_TRIGGER[name],)
    elif "default_val" in variable:
        default = variable["default_val"].get("PLpgSQL_expr", {}).get("query", "")
        known = evaluate_text(default, body.lookup, array=_is_array(type_))
    elif "lineno" not in variable or name in _NOT_NULL_AT_FIRST:
        known = (RAW,)  # a parameter
    body.hold(name, known)


def _is_array(type_: str) -> bool:
    return type_.startswith("_")


def _stands(type_: str) -> str | None:
    """What stands for any value of a variable's type; None for a text, whose values are kept."""
    element = type_.removeprefix("_")
    return None if element in {"text", "record"} else typed(element) or RAW


def _follow(body: Variables, node: object, data: list[Tree], *, instead: bool) -> None:
    """Statements in the order in which they are written.

    `instead` says that an assignment here surely happens, and ends what the variable held.
    """
    if isinstance(node, list):
        for each in node:
            _follow(body, each, data, instead=instead)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if not isinstance(value, dict):
            _follow(body, value, data, instead=instead)
            continue
        if key in _CHOICES:
            _choose(body, value, data, instead=instead)
            continue
        # EXIT leaves a block that has a label before its end.
        whole = "exceptions" not in value and not value.get("label")
        surely = instead and key not in _LOOPS and whole
        rounds = 1 if key not in _LOOPS else min(len(body.variables) + 2, _ROUNDS)
        for _ in range(rounds):
            before = dict(body.variables), dict(body.fields), set(body.open_records)
            _step(body, key, value, data, instead=surely)
            _follow(body, value, data, instead=surely)
            if before == (body.variables, body.fields, body.open_records):
                break
        else:
            if rounds == _ROUNDS:
                _give_up(body, before[0])
                _step(body, key, value, data, instead=False)
                _follow(body, value, data, instead=False)


def _choose(body: Variables, choice: Tree, data: list[Tree], *, instead: bool) -> None:
    """Each branch of an IF or CASE from what was before it."""
    body.steps += 1
    others = [
        each
        for part in ("elsif_list", "case_when_list")
        for branch in choice.get(part, ())
        for each in branch.values()
    ]
    branches = [choice.get("then_body"), *(each.get("stmts") for each in others)]
    branches.append(choice.get("else_body") or choice.get("else_stmts"))
    before, after = body.variables, dict[str, Texts]()
    for branch in branches:
        body.variables = dict(before)
        _follow(body, branch, data, instead=instead)
        for name, texts in body.variables.items():
            after[name] = united(after.get(name, ()), texts)
    body.variables = after


def _give_up(body: Variables, before: dict[str, Texts]) -> None:
    """Let what a loop goes on changing be any text, unless it only repeats what it appends."""
    for name, texts in body.variables.items():
        new = [each for each in texts if each not in before.get(name, ())]
        if any(not any(old and each.startswith(old) for old in before.get(name, ()))
               for each in new):  # fmt: skip
            body.hold(name, (RAW,))


class TooManyWaysError(Exception):
    """Loops in loops go on changing what variables hold."""


def _step(body: Variables, key: str, value: Tree, data: list[Tree], *, instead: bool) -> None:
    body.steps += 1
    body.labels.add(value.get("label", ""))
    if body.steps > _STEPS:
        raise TooManyWaysError
    for name in ("query", "dynquery"):
        if name == "dynquery" or key in {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"}:
            text = value.get(name, {}).get("PLpgSQL_expr", {}).get("query", "")
            if text:
                found = evaluate_text(text, body.lookup)
                body.dynamic[text] = united(body.dynamic.get(text, ()), found)
    if key in {"PLpgSQL_stmt_assign", "PLpgSQL_stmt_foreach_a"}:
        text = value.get("expr", {}).get("PLpgSQL_expr", {}).get("query", "")
        part = key == "PLpgSQL_stmt_assign" and "[" in text.partition("=")[0]
        if key == "PLpgSQL_stmt_assign":
            text = expression_of(text)
        target = _at(data, value.get("varno", 0))
        type_ = _type_of(target)
        whole = key == "PLpgSQL_stmt_foreach_a" or (_is_array(type_) and not part)
        texts = evaluate_text(text, body.lookup, array=whole)
        _hold(body, target, [("value", texts)], data, instead=instead and not part)
    elif key == "PLpgSQL_stmt_getdiag":
        for item in value.get("diag_items", ()):
            target = _at(data, item.get("PLpgSQL_diag_item", {}).get("target", 0))
            _hold(body, target, None, data)
    else:
        place = value.get("target") or value.get("var")
        if isinstance(place, dict):
            _hold(body, place, _given(body, key, value), data)


def _given(body: Variables, key: str, statement: Tree) -> list[tuple[str, Texts]] | None:
    """The columns that a statement puts into its target; None where only a run can know."""
    source = {"PLpgSQL_stmt_execsql": "sqlstmt", "PLpgSQL_stmt_fors": "query"}.get(key)
    if source is None:
        return None
    text = statement.get(source, {}).get("PLpgSQL_expr", {}).get("query", "")
    parsed = parse_inner(text).statements
    if len(parsed) != 1:
        return None
    node: Node = parsed[0].node
    if parsed[0].kind != "SelectStmt":
        node = {"targetList": node.get("returningList", ())}
    return columns(node, body.lookup)


def _at(data: list[Tree], number: int) -> Tree:
    return data[number] if 0 <= number < len(data) else {}


def _type_of(target: Tree) -> str:
    type_: Tree = target.get("PLpgSQL_var", {}).get("datatype", {}).get("PLpgSQL_type", {})
    return str(type_.get("typname", ""))


def _hold(
    body: Variables,
    target: Tree,
    given: list[tuple[str, Texts]] | None,
    data: list[Tree],
    *,
    instead: bool = False,
) -> None:
    if "PLpgSQL_var" in target:
        variable = target["PLpgSQL_var"]
        if _stands(_type_of(target)) is None:
            texts = given[0][1] if given and given[0][0] else (RAW,)
            body.hold(variable.get("refname", ""), texts, instead=instead)
    elif "PLpgSQL_row" in target:
        for index, each in enumerate(target["PLpgSQL_row"].get("fields", ())):
            named = given is not None and all(column for column, _ in given)
            known = [given[index]] if given and named and index < len(given) else None
            _hold(body, _at(data, each.get("varno", 0)), known, data)
    elif "PLpgSQL_rec" in target:
        name = target["PLpgSQL_rec"].get("refname", "")
        if given is None or any(not column for column, _ in given):
            body.open_records.add(name)
        for column, texts in given or ():
            _field(body, name, column, texts)
    elif "PLpgSQL_recfield" in target:
        part = target["PLpgSQL_recfield"]
        parent = _at(data, part.get("recparentno", 0)).get("PLpgSQL_rec", {})
        texts = given[0][1] if given else (RAW,)
        _field(body, parent.get("refname", ""), part.get("fieldname", ""), texts)


def _field(body: Variables, record: str, name: str, texts: Texts) -> None:
    key = record, name
    body.fields[key] = tuple(dict.fromkeys((*body.fields.get(key, ()), *texts)))

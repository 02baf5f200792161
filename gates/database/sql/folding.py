"""What an SQL expression for a text may give, without running anything. Pure.

Alternatives are strings in which single characters of Unicode's private use area stand for what
only a run can know: `NAME` for one quoted identifier, `WORD` for text that cannot end a word or a
literal (a number, a date), `RAW` for any text at all.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from gates.database.sql.script import Node, parse_inner, strings

NAME, WORD, RAW = "\ue000", "\ue001", "\ue002"
UNKNOWN = "unknown_at_parse_time"
"""Stands in a statement for a part of a name that only a run can know."""

Texts = tuple[str, ...]
"""Alternatives; none stands for NULL."""
Lookup = Callable[[tuple[str, ...]], Texts | None]
"""The alternatives of a dotted name; None where it is no variable."""

MOST = 32
"""Alternatives that are kept apart; with more, it may be any text."""
_LONGEST = 100_000
"""Characters of an alternative; a longer one may be any text."""
_FORMAT = re.compile(r"%(?:(\d+)\$)?-?(?:\d+|\*)?([sIL%])")
_PLAIN = re.compile(r"[a-z_\ue000\ue001][a-z0-9_$\ue000\ue001]*")
_HARMLESS_TYPES = frozenset({
    "int2", "int4", "int8", "smallint", "integer", "bigint", "numeric", "decimal", "float4",
    "float8", "bool", "boolean", "date", "timestamp", "timestamptz", "time", "timetz", "interval",
    "uuid", "oid",
})  # fmt: skip
_NAME_TYPES = frozenset({"regclass", "regproc", "regprocedure", "regtype", "regrole",
                         "regnamespace", "regcollation", "regconfig", "regdictionary", "regoper",
                         "regoperator"})  # fmt: skip
_WORD_FUNCTIONS = frozenset({
    "count", "length", "char_length", "extract", "date_part", "md5", "gen_random_uuid", "now",
    "date_trunc", "abs", "floor", "ceil", "round", "nextval", "currval", "make_date", "hashtext",
    "clock_timestamp", "statement_timestamp", "transaction_timestamp", "array_length",
    "cardinality", "generate_series",
})  # fmt: skip
_SAME = frozenset({"lower", "upper", "btrim", "ltrim", "rtrim", "left", "right", "substr",
                   "substring", "lpad", "rpad", "initcap", "trim"})  # fmt: skip


def typed(type_: str) -> str | None:
    """What stands for any value of a type; None where such a value may be any text."""
    bare = type_.lower().removeprefix("pg_catalog.").split("(")[0].strip()
    if bare in _NAME_TYPES:
        return NAME
    if bare in {"int2", "int4", "int8", "smallint", "integer", "bigint", "oid", "numeric"}:
        return "0"
    return WORD if bare in _HARMLESS_TYPES else None


def evaluate(value: Node, lookup: Lookup) -> Texts:
    """The texts that an expression's tree may give."""
    found = tuple(dict.fromkeys(_alternatives(value, lookup))) if value else ()
    small = len(found) <= MOST and all(len(each) <= _LONGEST for each in found)
    return found if small else (RAW,)


def evaluate_text(expression: str, lookup: Lookup) -> Texts:
    """Like `evaluate`, for an expression as it is written; `RAW` where it does not parse."""
    script = parse_inner(f"SELECT {expression}")
    if len(script.statements) != 1:
        return (RAW,)
    targets = script.statements[0].node.get("targetList", [])
    return evaluate(targets[0].get("ResTarget", {}).get("val", {}) if targets else {}, lookup)


def _alternatives(value: Node, lookup: Lookup) -> Iterable[str]:
    (kind, node), *_ = value.items()
    if kind == "A_Const":
        return _constant(node)
    if kind == "TypeCast":
        type_ = node.get("typeName", {})
        name_ = "".join(strings(type_.get("names"))[-1:])
        if name_ in {"text", "varchar"} and not type_.get("typmods"):
            return evaluate(node.get("arg", {}), lookup)
        return (typed(name_) or RAW,)
    if kind == "A_Expr":
        return _operator(node, lookup)
    if kind == "FuncCall":
        return _call(node, lookup)
    if kind == "ColumnRef":
        name = tuple(strings(node.get("fields")))
        found = lookup(name)
        return (RAW,) if found is None else found
    if kind == "A_Indirection":  # the field of a record, the element of an array
        return evaluate(node.get("arg", {}), lookup)
    if kind == "CaseExpr":
        results = [each.get("CaseWhen", {}).get("result", {}) for each in node.get("args", ())]
        return _all([*results, node.get("defresult", {})], lookup)
    if kind == "CoalesceExpr":
        return _all(node.get("args", ()), lookup)
    if kind in {"A_ArrayExpr", "RowExpr"}:
        return _all(node.get("elements") or node.get("args") or (), lookup)
    if kind == "SubLink" and node.get("subLinkType") in {"EXPR_SUBLINK", "ARRAY_SUBLINK"}:
        return tuple(itertools.chain(*(t for _, t in columns(node.get("subselect", {}), lookup))))
    if kind == "SQLValueFunction" and "CURRENT_T" in str(node.get("op")):
        return (WORD,)
    return (RAW,)


def _constant(node: Node) -> Texts:
    if node.get("isnull"):
        return ()
    for kind, text in (("sval", "sval"), ("fval", "fval"), ("ival", "ival")):
        if kind in node:
            return (str(node[kind].get(text, "" if kind == "sval" else 0)),)
    return (str(node.get("boolval", {}).get("boolval", False)).lower(),)


def _all(values: Iterable[Node], lookup: Lookup) -> Texts:
    return tuple(text for value in values if value for text in evaluate(value, lookup))


def _operator(node: Node, lookup: Lookup) -> Iterable[str]:
    name = strings(node.get("name"))[-1:]
    if name == ["||"]:
        sides = [evaluate(node.get(side, {}), lookup) for side in ("lexpr", "rexpr")]
        return _joined(sides)
    return ("0",) if name and name[0] in "+-*/%" else (RAW,)


def _joined(parts: Sequence[Iterable[str]], between: str = "") -> Texts:
    parts = [tuple(each) for each in parts]
    if sum(max(map(len, each), default=0) + len(between) for each in parts) > 2 * _LONGEST:
        return (RAW,)
    found = list(itertools.islice(itertools.product(*parts), MOST + 1))
    return tuple(between.join(each) for each in found) if len(found) <= MOST else (RAW,)


def _call(call: Node, lookup: Lookup) -> Iterable[str]:
    name = "".join(strings(call.get("funcname"))[-1:]).lower()
    arguments = [evaluate(each, lookup) for each in call.get("args", ())]
    if name == "format" and arguments:
        return _formatted(arguments)
    if name == "quote_ident" and arguments:
        return tuple(map(identifier, arguments[0]))
    if name in {"quote_literal", "quote_nullable"} and arguments:
        return tuple(map(literal, arguments[0]))
    if name == "concat":
        return _joined([each or ("",) for each in arguments])
    if name == "concat_ws" and arguments:
        return _joined([each for each in arguments[1:] if each], (*arguments[0], "")[0])
    if name in {"string_agg", "array_to_string"} and len(arguments) > 1:
        between = arguments[1][0] if arguments[1] else ""
        return (*arguments[0], *_joined([arguments[0], arguments[0]], between))
    if name in {"unnest", "array_agg", "array_append", "array_cat"}:
        return tuple(itertools.chain(*arguments))
    if name in _WORD_FUNCTIONS:
        return (WORD,)
    if name == "to_char" and len(arguments) > 1:
        letters = all(re.fullmatch(r"[\w ./:\"-]*", each) for each in arguments[1])
        return (WORD,) if letters and RAW not in "".join(arguments[1]) else (RAW,)
    if name in {"lower", "upper"} and arguments:
        return [str(getattr(each, name)()) for each in arguments[0]]
    if name in _SAME and arguments:
        known = "".join(itertools.chain(*arguments))
        return (
            (WORD,)
            if re.fullmatch(r"[\w]*", known.replace(WORD, ""))
            and (WORD in known or known.isdigit())
            else (RAW,)
        )
    return (RAW,)


def _formatted(arguments: Sequence[Iterable[str]]) -> Iterator[str]:
    choices = itertools.product(*(each or ("",) for each in arguments))
    for template, *values in itertools.islice(choices, MOST + 1):
        yield _filled(template, values)


def _filled(template: str, values: Sequence[str]) -> str:
    """As `format` does it: after %2$I comes the third value."""
    next_ = 0
    if template.count("%") * max(map(len, values), default=0) > 2 * _LONGEST:
        return RAW

    def fill(found: re.Match[str]) -> str:
        nonlocal next_
        if found[2] == "%":
            return "%"
        at = int(found[1]) - 1 if found[1] else next_
        next_ = at + 1
        value = values[at] if 0 <= at < len(values) and "*" not in found[0] else RAW
        if found[2] == "I":
            return identifier(value)
        return literal(value) if found[2] == "L" else value

    return _FORMAT.sub(fill, template)


def identifier(value: str) -> str:
    """As `quote_ident` writes it; what is unknown in it cannot leave the identifier."""
    from pglast.keywords import RESERVED_KEYWORDS

    value = value.replace(RAW, NAME)
    if _PLAIN.fullmatch(value) and value not in RESERVED_KEYWORDS:
        return value
    return '"' + value.replace('"', '""') + '"'


def literal(value: str) -> str:
    """As `quote_literal` writes it."""
    return "'" + value.replace(RAW, WORD).replace("'", "''") + "'"


def written(text: str) -> str:
    """An alternative as SQL that the parser can read."""
    return re.sub(f"[{NAME}{WORD}{RAW}]", UNKNOWN, text)


def columns(query: Node, lookup: Lookup) -> list[tuple[str, Texts]]:
    """Name and texts of each column that a query gives, as far as they are written out."""
    select = query.get("SelectStmt", query)
    if rows := select.get("valuesLists"):
        width = zip(*(row.get("List", {}).get("items", ()) for row in rows), strict=False)
        return [(f"column{n + 1}", _all(each, lookup)) for n, each in enumerate(width)]
    if "larg" in select:
        both = (columns(select[side], lookup) for side in ("larg", "rarg"))
        return [(one[0], one[1] + two[1]) for one, two in zip(*both, strict=False)]
    inside = [each for item in select.get("fromClause", ()) for each in _from(item, lookup)]

    def here(name: tuple[str, ...]) -> Texts | None:
        known = next((texts for column, texts in inside if column == name[-1]), None)
        return known if known is not None else lookup(name)

    found: list[tuple[str, Texts]] = []
    for each in select.get("targetList", ()):
        target = each.get("ResTarget", {})
        value = target.get("val", {})
        if "A_Star" in str(value.get("ColumnRef", "")):
            found += inside
        else:
            found.append((target.get("name") or _called(value), evaluate(value, here)))
    return found


def _from(item: Node, lookup: Lookup) -> list[tuple[str, Texts]]:
    """The columns of a FROM item that are written out: a VALUES list, a subquery, an array."""
    if "JoinExpr" in item:
        sides = (item["JoinExpr"].get(side, {}) for side in ("larg", "rarg"))
        return [each for side in sides for each in _from(side, lookup)]
    node = item.get("RangeSubselect") or item.get("RangeFunction") or {}
    alias = node.get("alias", {})
    if "RangeSubselect" in item:
        found = columns(node.get("subquery", {}), lookup)
    elif "RangeFunction" in item and not node.get("is_rowsfrom"):
        (called, *_), *_ = (
            each.get("List", {}).get("items", [{}]) for each in node.get("functions", [{}])
        )
        found = [(alias.get("aliasname") or _called(called), evaluate(called, lookup))]
    else:
        return []
    names = strings(alias.get("colnames"))
    names += [""] * (len(found) - len(names))
    return [(new or old, texts) for new, (old, texts) in zip(names, found, strict=False)]


def _called(value: Node) -> str:
    """The name that PostgreSQL gives a column without one."""
    if "ColumnRef" in value:
        return "".join(strings(value["ColumnRef"].get("fields"))[-1:])
    if "FuncCall" in value:
        return "".join(strings(value["FuncCall"].get("funcname"))[-1:])
    if "TypeCast" in value:
        return _called(value["TypeCast"].get("arg", {}))
    return "?column?"

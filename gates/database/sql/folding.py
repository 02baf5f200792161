"""What an SQL expression for a text may give, without running anything. Pure.

Alternatives are strings in which single characters of Unicode's private use area stand for what
only a run can know; see `quoting`. A type, function or operator is known only by a name that is
PostgreSQL's own: `shadows` forbids a module to make another of that name.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from gates.database.sql.known import (
    KNOWN_FUNCTIONS,
    SAME,
    WORD_FUNCTIONS,
    is_date_form,
    is_number,
    own_name,
    typed,
)
from gates.database.sql.quoting import NAME, NUMBER, RAW, VOID, WORD, identifier, literal
from gates.database.sql.script import Node, parse_inner, strings

Texts = tuple[str, ...]
"""Alternatives; none stands for NULL."""
Lookup = Callable[[tuple[str, ...]], Texts | None]
"""The alternatives of a dotted name; None where it is no variable."""

ARRAY = "\ue005"
"""The last part of a dotted name that `elements` looks up."""
MOST = 32
"""Alternatives that are kept apart; with more, it may be any text."""
_LONGEST = 100_000
"""Characters of an alternative; a longer one may be any text."""
_FORMAT = re.compile(r"%(?:(\d+)\$)?-?(?:\d+|\*)?([sIL%])")
_ARITHMETIC = frozenset("+-*/%")
_MARKS = f"{NAME}{WORD}{RAW}{NUMBER}{VOID}"
_CALM = re.compile(r"[\w .,()\ue000-\ue004]*")
"""Texts that neither begin nor end a literal, a comment or a statement."""


def evaluate(value: Node, lookup: Lookup) -> Texts:
    """The texts that an expression's tree may give."""
    found = tuple(dict.fromkeys(_alternatives(value, lookup))) if value else ()
    small = len(found) <= MOST and all(len(each) <= _LONGEST for each in found)
    return found if small else (RAW,)


def elements(value: Node, lookup: Lookup) -> Texts:
    """The texts that may be in an array that an expression gives."""
    if not value:
        return ()
    (kind, node), *_ = value.items()
    inside: Iterable[Node] = ()
    if kind == "A_Const" and node.get("isnull"):
        return ()
    if kind == "A_ArrayExpr":
        inside = node.get("elements") or ()
        if any("A_ArrayExpr" in each for each in inside):
            return tuple(t for each in inside for t in elements(each, lookup))
        return all_of(inside, lookup)
    if kind == "A_Expr" and strings(node.get("name")) == ["||"]:
        sides = [node.get(side, {}) for side in ("lexpr", "rexpr")]
        return tuple(t for side in sides for t in _element(side, lookup))
    if kind == "TypeCast" and (type_ := node.get("typeName", {})).get("arrayBounds"):
        name = own_name(strings(type_.get("names")))
        if name in {"text", "varchar"} and not type_.get("typmods"):
            return elements(node.get("arg", {}), lookup)
        return (typed(name) or RAW,)
    if kind == "CaseExpr":
        inside = [each.get("CaseWhen", {}).get("result", {}) for each in node.get("args", ())]
        inside = [*inside, *([node["defresult"]] if "defresult" in node else [])]
        return tuple(t for each in inside for t in elements(each, lookup))
    if kind == "CoalesceExpr":
        return tuple(t for each in node.get("args", ()) for t in elements(each, lookup))
    if kind == "SubLink" and node.get("subLinkType") == "ARRAY_SUBLINK":
        return _columns_of(node, lookup)
    if kind == "ColumnRef":
        found = lookup((*strings(node.get("fields")), ARRAY))
        return (RAW,) if found is None else found
    if kind == "FuncCall":
        name, args = own_name(strings(node.get("funcname"))), node.get("args", ())
        if name == "array_agg":
            return all_of(args, lookup)
        if name in {"array_append", "array_cat"}:
            return tuple(t for each in args for t in _element(each, lookup))
    return (RAW,)


def _element(value: Node, lookup: Lookup) -> Texts:
    """Of one side of an array's `||`: an array, or one text."""
    found = elements(value, lookup)
    if RAW in found:
        found = evaluate(value, lookup)
    return (RAW,) if any(each.strip().startswith(("{", "[")) for each in found) else found


def _columns_of(link: Node, lookup: Lookup) -> Texts:
    from gates.database.sql.queries import columns

    return tuple(itertools.chain(*(t for _, t in columns(link.get("subselect", {}), lookup))))


def evaluate_text(expression: str, lookup: Lookup, *, array: bool = False) -> Texts:
    """Like `evaluate` (or `elements`), for an expression as it is written; `RAW` where it does not
    parse."""
    from gates.database.sql.queries import columns

    script = parse_inner(f"SELECT {expression}")
    if len(script.statements) != 1:
        return (RAW,)
    node = script.statements[0].node
    if set(node) - {"targetList", "limitOption", "op"}:  # v := title FROM t; v := 'a' UNION ..
        return (RAW,) if array else columns(node, lookup)[0][1]
    value = node.get("targetList", [{}])[0].get("ResTarget", {}).get("val", {})
    return elements(value, lookup) if array else evaluate(value, lookup)


def _alternatives(value: Node, lookup: Lookup) -> Iterable[str]:
    (kind, node), *_ = value.items()
    if kind == "A_Const":
        return _constant(node)
    if kind == "TypeCast":
        type_ = node.get("typeName", {})
        name_ = "" if type_.get("arrayBounds") else own_name(strings(type_.get("names")))
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
    if kind == "A_Indirection":
        if all("A_Indices" in each for each in node.get("indirection", ())):
            return elements(node.get("arg", {}), lookup)
        return _field(node.get("arg", {}), lookup)
    if kind == "CaseExpr":
        results = [each.get("CaseWhen", {}).get("result", {}) for each in node.get("args", ())]
        return all_of([*results, node.get("defresult", {})], lookup)
    if kind == "CoalesceExpr":
        return all_of(node.get("args", ()), lookup)
    if kind == "SubLink" and node.get("subLinkType") == "EXPR_SUBLINK":
        return _columns_of(node, lookup)
    if kind == "SQLValueFunction" and "CURRENT_T" in str(node.get("op")):
        return (WORD,)
    return (RAW,)


def _field(value: Node, lookup: Lookup) -> Texts:
    """Of a row that is written out, the texts of any field."""
    return all_of(value["RowExpr"].get("args", ()), lookup) if "RowExpr" in value else (RAW,)


def _constant(node: Node) -> Texts:
    if node.get("isnull"):
        return ()
    for kind, text in (("sval", "sval"), ("fval", "fval"), ("ival", "ival")):
        if kind in node:
            return (str(node[kind].get(text, "" if kind == "sval" else 0)),)
    return (WORD,) if "boolval" in node else (RAW,)


def all_of(values: Iterable[Node], lookup: Lookup) -> Texts:
    """The texts that any of several expressions may give."""
    return tuple(text for value in values if value for text in evaluate(value, lookup))


def _operator(node: Node, lookup: Lookup) -> Iterable[str]:
    name = own_name(strings(node.get("name")))
    if node.get("kind") != "AEXPR_OP" or name not in {"||", *_ARITHMETIC}:
        return (RAW,)
    sides = [evaluate(node[side], lookup) for side in ("lexpr", "rexpr") if side in node]
    if name == "||":
        return _joined(sides)
    numbers = [all(map(is_number, each)) for each in sides]
    words = all(is_number(each) or each == WORD for each in sides[0])
    if all(numbers) or (name != "-" and numbers[-1] and not words):
        return (NUMBER,)
    # jsonb - text takes a key away, and a range's operators give ranges.
    return (WORD,) if words else (RAW,)


def _joined(parts: Sequence[Iterable[str]], between: str = "") -> Texts:
    parts = [tuple(each) for each in parts]
    if sum(max(map(len, each), default=0) + len(between) for each in parts) > 2 * _LONGEST:
        return (RAW,)
    found = list(itertools.islice(itertools.product(*parts), MOST + 1))
    return tuple(between.join(each) for each in found) if len(found) <= MOST else (RAW,)


def _call(call: Node, lookup: Lookup) -> Iterable[str]:
    name = own_name(strings(call.get("funcname")))
    given = call.get("args", ())
    if name not in KNOWN_FUNCTIONS or call.get("func_variadic"):
        return (RAW,)
    if name in {"unnest", "array_to_string"}:
        found = tuple(t for each in given[:1] for t in elements(each, lookup))
        if name == "unnest":
            return found if len(given) == 1 else (RAW,)
        if given and "A_ArrayExpr" in given[0] and len(given) == 2:
            each_of = given[0]["A_ArrayExpr"].get("elements") or ()
            return _separated([_maybe(each, lookup) for each in each_of], given[1], lookup)
        return _aggregated(found, given[1:], lookup)
    arguments = [evaluate(each, lookup) for each in given]
    if name == "format" and arguments:
        return _formatted([arguments[0], *(_maybe(each, lookup) for each in given[1:])])
    if name == "quote_ident" and arguments:
        return tuple(map(identifier, arguments[0]))
    if name in {"quote_literal", "quote_nullable"} and arguments:
        return tuple(map(literal, arguments[0]))
    if name == "concat":
        return _joined([_maybe(each, lookup) or ("",) for each in given])
    if name == "concat_ws" and arguments:
        return _separated([_maybe(each, lookup) for each in given[1:]], given[0], lookup)
    if name == "string_agg" and len(arguments) > 1:
        return _aggregated(arguments[0], given[1:2], lookup)
    if name in WORD_FUNCTIONS:
        return (WORD,)
    if name == "to_char" and len(arguments) > 1:
        return (WORD,) if all(map(is_date_form, arguments[1])) else (RAW,)
    if name in {"lower", "upper"} and arguments:
        known = arguments[0]
        return [getattr(t, name)() if t.strip(_MARKS).isascii() else RAW for t in known]
    if name in SAME and arguments:
        known_ = "".join(itertools.chain(*arguments)).replace(NUMBER, "0")
        return (
            (WORD,)
            if re.fullmatch(r"[\w]*", known_.replace(WORD, ""))
            and (WORD in known_ or known_.isdigit())
            else (RAW,)
        )
    return (RAW,)


def _maybe(value: Node, lookup: Lookup) -> Texts:
    """As `evaluate`, with `VOID` where a text that begins or ends something may be NULL."""
    found = evaluate(value, lookup)
    surely = "A_Const" in value or "A_Expr" in value or "FuncCall" in value
    calm = all(_CALM.fullmatch(each) for each in found)
    return found if surely or calm else (*found, VOID)


def _separated(parts: Sequence[Texts], separator: Node, lookup: Lookup) -> Texts:
    """Parts, of which those that are NULL are left out, and what is between them."""
    texts = evaluate(separator, lookup)
    return tuple(t for each in texts for t in _joined([one for one in parts if one], each))


def _aggregated(texts: Texts, separators: Sequence[Node], lookup: Lookup) -> Texts:
    """One of the texts, or several of them in a row, however often."""
    between = all_of(separators, lookup)
    if len(texts) > 1 and not all(_CALM.fullmatch(each) for each in (*texts, *between)):
        return (RAW,)
    return (*texts, *(t for each in between for t in _joined([texts, texts], each)))


def _formatted(arguments: Sequence[Iterable[str]]) -> Iterator[str]:
    choices = itertools.product(*(each or (VOID,) for each in arguments))
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

"""What an EXECUTE may run: one literal, or format() of one literal. Pure.

In the literal of a format(), values stand quoted (%I, %L: "Functions", format) or are known: a
constant, or a loop variable over an array that is written out. An unquoted value (%s) that only a
run knows must be of a type whose text is one number or one name. Everything else is refused: nobody
could say what such a statement runs.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from gates.database.parsing.script import Node, parse_inner, strings
from gates.records import dataclass, field

UNKNOWN = "unknown_at_parse_time"
"""Stands in a statement for a name or text that only a run can know."""
MOST_TEXTS = 64
"""Statements that one EXECUTE may stand for, over all values of its loops."""

_NUMBERS = frozenset({"int2", "int4", "int8", "oid"})
_NAMES = frozenset({"regclass", "regproc", "regprocedure", "regtype", "regrole", "regnamespace"})
TYPES_OF_ONE_WORD = _NUMBERS | _NAMES
"""Types whose text is one number or one name."""
_PLACE = re.compile(r"%(?:(?P<number>\d+)\$)?(?P<width>-?(?:\d+|\*)?)(?P<kind>.)", re.DOTALL)


class RefusedTextError(Exception):
    """An EXECUTE runs what nobody can read."""


@dataclass(frozen=True)
class Names:
    """The variables of one body, as far as an EXECUTE may lean on them."""

    types: Mapping[str, str] = field(default_factory=dict)
    """The declared type of each variable and parameter whose name means one thing."""
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The values of constants, and of loop variables over arrays that are written out."""


def executed_texts(expression: str, names: Names) -> tuple[str, ...]:
    """The statements that an EXECUTE of an expression runs, one for each value of its loops, with
    `UNKNOWN` for what only a run knows. Raises `RefusedTextError`."""
    script = parse_inner(f"SELECT {expression}")
    nodes = [each.node for each in script.statements]
    if len(nodes) == 1 and set(nodes[0]) <= {"targetList", "limitOption", "op"}:
        (target, *others) = nodes[0].get("targetList", [{}])
        value: Node = target.get("ResTarget", {}).get("val", {})
        if not others and (text := literal_text(value)) is not None:
            return (text,)
        if not others and _is_format(call := value.get("FuncCall", {})):
            return _formatted(call.get("args", []), names)
    raise RefusedTextError("it is neither one literal nor format() of one literal")


def literal_text(value: Node) -> str | None:
    """The text of a string literal; None for anything else."""
    constant = value.get("A_Const", {})
    return str(constant["sval"].get("sval", "")) if "sval" in constant else None


def _is_format(call: Node) -> bool:
    called = strings(call.get("funcname"))
    return called in (["format"], ["pg_catalog", "format"]) and not call.get("func_variadic")


def _formatted(arguments: Sequence[Node], names: Names) -> tuple[str, ...]:
    template = literal_text(arguments[0]) if arguments else None
    if template is None:
        raise RefusedTextError("the first argument of format() is not one literal")
    if loose := [each for each in _PLACE.finditer(template) if each["kind"] not in "sIL%"]:
        raise RefusedTextError(f"format() does not know {loose[0][0]}")
    loops = {
        name: names.known[name]
        for argument in arguments[1:]
        if (name := _variable(argument)) in names.known
    }
    found = []
    for values in itertools.product(*loops.values()):
        found.append(_filled(template, arguments[1:], dict(zip(loops, values, strict=True)), names))
        if len(found) > MOST_TEXTS:
            raise RefusedTextError(f"its loops have more than {MOST_TEXTS} values")
    return tuple(dict.fromkeys(found))


def _filled(
    template: str, arguments: Sequence[Node], known: Mapping[str, str], names: Names
) -> str:
    """The text for one choice of values, as format() puts it together: after %2$I comes the third
    argument."""
    text, stand_ins = "", list[_StandIn]()
    at, following = 0, 0
    for place in _PLACE.finditer(template):
        text += template[at : place.start()]
        at = place.end()
        if place["kind"] == "%":
            text += "%"
            continue
        number = int(place["number"]) - 1 if place["number"] else following
        following = number + 1
        if place["width"] or not 0 <= number < len(arguments):
            raise RefusedTextError(f"format() has no argument of its own for {place[0]}")
        argument = arguments[number]
        value = known.get(_variable(argument), _constant(argument))
        if value is None:
            stand_in = _stand_in(place[0], place["kind"], argument, names)
            stand_ins.append(_StandIn(len(text), stand_in, place[0]))
            text += stand_in
        elif place["kind"] == "I":
            text += _identifier(value)
        else:
            text += _literal(value) if place["kind"] == "L" else value
    text += template[at:]
    _refuse_loose(text, stand_ins)
    return text


@dataclass(frozen=True)
class _StandIn:
    """What stands in a text for a value that only a run knows."""

    start: int
    text: str
    place: str
    """As the template has it: "%I"."""


def _stand_in(place: str, kind: str, argument: Node, names: Names) -> str:
    if kind == "I":
        return UNKNOWN
    if kind == "L":
        return _literal(UNKNOWN)
    declared = names.types.get(_variable(argument), _cast(argument))
    if declared in _NUMBERS:
        return "0"
    if declared not in _NAMES:
        raise RefusedTextError(
            f"what stands for {place} may be any text: write %I for a name, %L for a value"
        )
    return UNKNOWN


def _refuse_loose(text: str, stand_ins: Sequence[_StandIn]) -> None:
    """Raise `RefusedTextError` where a value that only a run knows is not one word of the text by
    itself, by PostgreSQL's own scanner: in a literal or a comment its quotes mean something else,
    a negative number behind "-" begins a comment, and U& before a quote has escapes of its own."""
    from pglast.parser import ParseError, scan

    if not stand_ins:
        return
    try:
        words = {(token.start, token.end) for token in scan(text)}
    except ParseError as error:
        raise RefusedTextError("what it runs cannot be read") from error
    for each in stand_ins:
        alone = (each.start, each.start + len(each.text) - 1) in words
        if not alone or text[: each.start].endswith(("-", "&")):
            raise RefusedTextError(f"{each.place} does not stand alone between other words")


def _variable(argument: Node) -> str:
    """The name of a variable that an argument is; "" for anything else."""
    names = strings(argument.get("ColumnRef", {}).get("fields"))
    return names[0] if len(names) == 1 else ""


def _constant(argument: Node) -> str | None:
    constant = argument.get("A_Const", {})
    if "ival" in constant:
        return str(constant["ival"].get("ival", 0))
    return literal_text(argument)


def _cast(argument: Node) -> str:
    """The type of PostgreSQL's own that an argument is cast to, or ""."""
    cast = argument.get("TypeCast", {}).get("typeName", {})
    names = strings(cast.get("names"))
    own = len(names) == 1 or names[:1] == ["pg_catalog"]
    return names[-1] if names and own and not cast.get("arrayBounds") else ""


def _identifier(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

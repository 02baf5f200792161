"""Mutators that take something away or put it elsewhere: statements, columns, lines of a body."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from tests.mutation.mutant import edited, short
from tests.mutation.statements import Statement

Change = tuple[str, int, str, str]
"""Mutator, line, the change in words, the new text of the file."""


def changes(text: str, parsed: list[Statement], *, rollback: bool) -> Iterator[Change]:
    """Every such change of one file."""
    for statement in parsed:
        yield (
            "drop-statement",
            statement.line,
            short(statement.sql),
            edited(text, *statement.whole, ""),
        )
        if statement.kind == "CreateStmt" and statement.node.partbound is None:
            yield from _without_element(text, statement)
        if statement.kind in ("CreateFunctionStmt", "DoStmt"):
            yield from _without_line(text, statement)
        if statement.kind == "CreateTrigStmt" and "_audit" in statement.sql:
            yield from _twice(text, statement)
    if rollback:
        yield from _swapped(text, parsed)


def _without_element(text: str, statement: Statement) -> Iterator[Change]:
    """CREATE TABLE without one of its columns or constraints."""
    spans = statement.elements()
    for number, (start, end) in enumerate(spans):
        first = start if number == 0 else spans[number - 1][1]
        last = spans[1][0] if number == 0 and len(spans) > 1 else end
        line = text.count("\n", 0, start) + 1
        yield "drop-element", line, short(text[start:end]), edited(text, first, last, "")


def _without_line(text: str, statement: Statement) -> Iterator[Change]:
    """A function or DO block without one of the statements of its body that fit on a line."""
    for match in re.finditer(r"(?m)^ +(?!END|BEGIN|DECLARE)[^\n]*;\n", statement.sql):
        start = statement.start + match.start()
        yield (
            "drop-body-line",
            text.count("\n", 0, start) + 1,
            short(match.group()),
            edited(text, start, statement.start + match.end(), ""),
        )


def _twice(text: str, statement: Statement) -> Iterator[Change]:
    """The audit trigger a second time under another name: one change, two audit rows."""
    again = re.sub(r"TRIGGER (\w+)_audit", r"TRIGGER \1_audit_too", statement.sql)
    new = edited(text, *statement.whole, f"{statement.sql};\n{again};\n")
    yield "audit-twice", statement.line, short(again), new


def _swapped(text: str, parsed: list[Statement]) -> Iterator[Change]:
    """A rollback with two neighbours in the other order."""
    for first, second in itertools.pairwise(parsed):
        if "VariableSetStmt" in (first.kind, second.kind):
            continue
        between = text[first.end : second.start]
        new = edited(text, first.start, second.end, f"{second.sql}{between}{first.sql}")
        what = f"{short(second.sql, 35)} before {short(first.sql, 35)}"
        yield "swap-statements", first.line, what, new

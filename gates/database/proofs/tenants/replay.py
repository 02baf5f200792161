"""Runs the script of a finding as it is printed, and says whether it shows what it claims.

The claim is the comment behind one of its statements: a reader sees the same. A proof sees things
among many rows and grants of its own; where the script, alone, does not show it, nobody is accused.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.database.parsing.script import Statement, parse
from gates.database.server.driver import TimeLimitError, run_within
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

OWN_ROW = "should reach A's own row"
BEFORE = "before B has rows"
DEPENDS = "depends on B's rows"
HOLDS = "holds B's id"
STILL = "as B, and still reaches A"
ENDLESS = "does not end"
CHANGES = "changes B's rows"
FRESH, KEPT = "what the session has", "kept after COMMIT"
ROWS_BEFORE, ROWS_AFTER = "B's rows before", "B's rows after"
MEMBER = "is true"
COMMITS = "\nCOMMIT;"
PSQL_PATH = '"$user", public'
"""The search_path of a session that nobody has set up."""

_REACHES = re.compile(r"reaches \w's row$")
_ACCEPTED = re.compile(r"accepted\b|removes B's row$|for all tenants$")
_ERROR = re.compile(r"(?:only|fails with) ([0-9A-Z]{5})\b")
_COMMENT = re.compile(r";[^\S\n]*--[^\S\n]*([^\n]*)")
_CLAIMS = frozenset({OWN_ROW, DEPENDS, HOLDS, STILL, ENDLESS, CHANGES, MEMBER, KEPT})
STOPPED, _ABORTED, _GONE = "57014", "25P02", "08006"
_RAISES = (" RAISE", " ASSERT")
"""How the innermost line of an error's context ends, in each language of the server."""


@dataclass(frozen=True)
class Answer:
    """What one statement of a script gave."""

    comment: str
    """What is printed behind it."""
    count: int = 0
    rows: tuple[str, ...] = ()
    error: str = ""
    """SQLSTATE."""
    raised: bool = False
    """Whether RAISE or ASSERT in PL/pgSQL gave the error."""

    @property
    def claims(self) -> bool:
        """Whether its comment says what it shows."""
        said = self.comment
        patterns = (_REACHES, _ACCEPTED, _ERROR)
        return said in _CLAIMS or any(each.match(said) for each in patterns)


def run_as_printed(
    session: psycopg.Connection[tuple[Any, ...]], script: str, limit: float
) -> list[Answer]:
    """What each statement gives, one after the other, as in psql: an error does not end it. `limit`
    are seconds for each statement."""
    statements = parse("", script).statements
    ends = [*(each.offset for each in statements[1:]), len(script)]
    found = []
    for statement, end in zip(statements, ends, strict=True):
        comment = _COMMENT.match(script[statement.offset + len(statement.text) : end])
        found.append(_answer(session, statement, comment[1] if comment else "", limit))
    return found


def _answer(
    session: psycopg.Connection[tuple[Any, ...]], statement: Statement, comment: str, limit: float
) -> Answer:
    import psycopg

    try:
        if statement.kind == "CopyStmt":
            with session.cursor() as cursor, cursor.copy(statement.text) as copy:
                copied = b"".join(bytes(each) for each in copy).decode("utf-8", "replace")
            return Answer(comment, copied.count("\n"), tuple(copied.splitlines()))
        ran = run_within(session, statement.text, limit, lambda _: session.close())
        rows = tuple(str(each) for each in ran.fetchall()) if ran.description else ()
        return Answer(comment, max(ran.rowcount, 0), rows)
    except TimeLimitError:
        return Answer(comment, error=STOPPED)
    except psycopg.Error as error:
        first = (error.diag.context or "").partition("\n")[0]
        return Answer(comment, error=error.sqlstate or _GONE, raised=first.endswith(_RAISES))


def claim_holds(answers: Sequence[Answer], a: str, b: str) -> bool:
    """Whether what a script claims is what its statements gave; `a` and `b` are the tenants' ids. A
    script that claims nothing shows nothing."""
    at = next((n for n, each in reversed([*enumerate(answers)]) if each.claims), None)
    if at is None:
        return False
    shown, claim = answers[at], answers[at].comment
    if error := _ERROR.match(claim):
        return shown.error == error[1]
    if claim == OWN_ROW:
        return shown.error != _ABORTED and shown.count == 0
    if claim == ENDLESS:
        return shown.error in {STOPPED, _GONE}
    if any(each.error for each in answers[at:]):
        return False
    if claim in {HOLDS, STILL, MEMBER}:
        wanted = {HOLDS: b, STILL: a, MEMBER: "True"}[claim]
        return any(wanted in each for each in shown.rows) or (claim == STILL and not shown.rows)
    if claim == DEPENDS:
        before = [each for each in answers[:at] if each.comment == BEFORE]
        return [(each.error, Counter(each.rows)) for each in before[-1:]] != [
            ("", Counter(shown.rows))
        ]
    if claim == KEPT:
        return any(set(shown.rows) - set(each.rows) for each in answers if each.comment == FRESH)
    if claim == CHANGES:
        return _read(answers[:at], ROWS_BEFORE) != _read(answers[at:], ROWS_AFTER)
    return shown.count > 0 or claim == "removes B's row"


def _read(answers: Sequence[Answer], comment: str) -> list[Counter[str]]:
    return [Counter(each.rows) for each in answers if each.comment == comment]


def shows(
    session: psycopg.Connection[tuple[Any, ...]], script: str, a: str, b: str, limit: float
) -> bool:
    """Whether a script, run as printed in a session of its own, shows what it claims."""
    import psycopg

    answers = run_as_printed(session, script, limit)
    with contextlib.suppress(psycopg.Error):
        session.close()
    return claim_holds(answers, a, b)

"""Everything in a module's SQL that is not a module's to do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gates.database.parsing.dynamic import UNKNOWN
from gates.database.parsing.statements import Inner
from gates.database.rules.cancel_handlers import swallowed
from gates.database.rules.forbidden import Found, fixes_path, forbidden
from gates.database.rules.forbidden_calls import calls
from gates.database.rules.forbidden_writes import forbidden_writes
from gates.database.rules.reserved_names import reserved
from gates.database.rules.session_state import runs_now, session_state, settings_made
from gates.model import Location
from gates.settings import SessionWay

_READ_BY_ALL = "every session reads comments: write a row"


def violations(
    statements: Sequence[Inner], extensions: Collection[str], tenant: str = SessionWay.tenant
) -> Iterator[tuple[str, str, Location]]:
    """What all statements of a module do that they may not: what, what to do instead, where.

    `extensions` are the names that CREATE EXTENSION may have, `tenant` is the platform's expression
    for the tenant of a session.
    """
    fixed = {
        name
        for inner in statements
        if inner.statement.kind == "CreateFunctionStmt"
        and (name := fixes_path(inner.statement.node))
    }
    made = settings_made(statements)
    said = set()
    for inner in statements:
        kind, node = inner.statement.kind, inner.statement.node
        found = list(forbidden(kind, node, extensions=extensions, fixed=fixed))
        if not inner.part:
            found += calls(kind, node, now=runs_now(inner))
        found += forbidden_writes(kind, node)
        found += _in_its_place(inner)
        found += session_state(inner, tenant, made)
        found += reserved(kind, node)
        placed = [(what, instead, inner.at(place)) for what, instead, place in found]
        for what, instead, where in (*placed, *swallowed(inner)):
            if (what, where) not in said:
                said.add((what, where))
                yield what, instead, where


def _in_its_place(inner: Inner) -> Iterator[Found]:
    """What a statement may not do where it stands."""
    kind, node = inner.statement.kind, inner.statement.node
    if kind == "CommentStmt" and not inner.at_once:
        yield "COMMENT in a function", _READ_BY_ALL, {}
    elif kind == "CommentStmt" and UNKNOWN in str(node.get("comment")):
        yield "COMMENT of what only a run knows", _READ_BY_ALL, {}
    elif kind == "DoStmt" and inner.outer is not None:
        yield "DO in a block or function", "write its statements out, so that they are watched", {}

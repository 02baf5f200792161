"""Everything in a module's SQL that is not a module's to do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gates.database.parsing.statements import Inner
from gates.database.rules.cancel_handlers import swallowed
from gates.database.rules.forbidden import fixes_path, forbidden
from gates.database.rules.forbidden_calls import calls
from gates.database.rules.reserved_names import reserved
from gates.model import Location


def violations(
    statements: Sequence[Inner], extensions: Collection[str]
) -> Iterator[tuple[str, str, Location]]:
    """What all statements of a module do that they may not: what, what to do instead, where.

    `extensions` are the names that CREATE EXTENSION may have.
    """
    fixed = {
        name
        for inner in statements
        if inner.statement.kind == "CreateFunctionStmt"
        and (name := fixes_path(inner.statement.node))
    }
    said = set()
    for inner in statements:
        kind, node = inner.statement.kind, inner.statement.node
        found = list(forbidden(kind, node, extensions=extensions, fixed=fixed))
        if not inner.part:
            found += calls(kind, node)
        if kind == "CommentStmt" and not inner.at_once:
            found.append(("COMMENT in a function", "every session reads comments: write a row", {}))
        found += reserved(kind, node)
        placed = [(what, instead, inner.at(place)) for what, instead, place in found]
        for what, instead, where in (*placed, *swallowed(inner)):
            if (what, where) not in said:
                said.add((what, where))
                yield what, instead, where

"""Everything in a module's SQL that is not a module's to do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gates.database.sql.forbidden import fixes_path, forbidden
from gates.database.sql.forbidden_calls import calls
from gates.database.sql.handlers import swallowed
from gates.database.sql.nested import Inner
from gates.database.sql.shadows import definer, shadows, supported
from gates.model import Location


def judged(
    inside: Sequence[Inner], extensions: Collection[str]
) -> Iterator[tuple[str, str, Location]]:
    """What all statements of a module do that they may not: what, what to do instead, where.

    `extensions` are the names that CREATE EXTENSION may have.
    """
    fixed = {
        name
        for inner in inside
        if inner.statement.kind == "CreateFunctionStmt"
        and (name := fixes_path(inner.statement.node))
    }
    definers = {definer(each.statement.kind, each.statement.node) for each in inside} - {""}
    said = set()
    for inner in inside:
        kind, node = inner.statement.kind, inner.statement.node
        found = list(forbidden(kind, node, extensions=extensions, fixed=fixed))
        if not inner.part:
            found += calls(kind, node)
        if kind == "CommentStmt" and not inner.at_once:
            found.append(("COMMENT in a function", "every session reads comments: write a row", {}))
        found += [*shadows(kind, node), *supported(kind, node, definers)]
        placed = [(what, instead, inner.at(place)) for what, instead, place in found]
        for what, instead, where in (*placed, *swallowed(inner)):
            if (what, where) not in said:
                said.add((what, where))
                yield what, instead, where

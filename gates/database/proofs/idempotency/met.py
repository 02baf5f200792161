"""Which statements of migrations meet a row: what met none was not proved by running it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gates.database.parsing.conditions import changing
from gates.database.parsing.script import parse
from gates.database.parsing.statements import Inner
from gates.database.prepared.scratch import Scratch


def changing_statements(scripts: Iterable[tuple[str, str]]) -> tuple[Inner, ...]:
    """The statements of scripts (path, text) that change or take out rows."""
    return tuple(changing(parse(path, sql) for path, sql in scripts))


def unmet(scratch: Scratch, statements: Iterable[Inner]) -> Iterator[Inner]:
    """Those that touch no row of a database as it is, or do not run on it. Each is tried alone and
    undone, as the server counts it."""
    import psycopg

    owner = scratch.session("owner")
    for inner in statements:
        try:
            with owner.transaction(force_rollback=True):
                owner.execute("SET LOCAL search_path = public")
                count = owner.execute(inner.statement.text.encode()).rowcount
        except psycopg.Error:
            count = 0
        if count <= 0:
            yield inner


def unmet_on_the_way(scratch: Scratch, path: str, statements: Iterable[Inner]) -> Iterator[Inner]:
    """Those that touch no row where they stand in their script, run on a copy of what is there
    before it; statements of other scripts than that at `path` are left as they are."""
    for inner in statements:
        if inner.script.path != path or not _met_in_place(scratch, inner):
            yield inner


def _met_in_place(scratch: Scratch, inner: Inner) -> bool:
    place = inner.script.statements.index(inner.outer or inner.statement)
    left: list[Inner] = []
    with scratch.copy() as copy:

        def look() -> None:
            left.extend(unmet(copy, [inner]))

        ran = copy.run(inner.script.path, inner.script.sql, stop_after=place + 1, before_last=look)
    return ran.failure is None and not left

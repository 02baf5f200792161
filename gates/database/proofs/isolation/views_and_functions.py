"""Views and functions: what one tenant gets from them must not depend on another tenant's rows.

They are asked before and after tenant B has rows, with B's ids and keys. A view or function whose
answer changes lets tenant A see B. Functions are then called once more, for good, to see whether
they change B's rows.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import re
from collections.abc import Sequence

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.calls import find_calls
from gates.database.proofs.isolation.changed_rows import changes_b
from gates.database.proofs.isolation.time_limit import EndlessError, run
from gates.database.proofs.tenants.replay import (
    BEFORE,
    CHANGES,
    DEPENDS,
    ENDLESS,
    HOLDS,
    ROWS_AFTER,
    ROWS_BEFORE,
)
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.tenant_session import APP, Entry, quote
from gates.model import Location
from gates.records import dataclass

_VIEWS = """
    SELECT n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
        c.relkind = 'm', c.relname, (SELECT r FROM unnest(%s::text[]) WITH ORDINALITY u(r, o)
            WHERE has_table_privilege(r, c.oid, 'SELECT')
                OR has_any_column_privilege(r, c.oid, 'SELECT') ORDER BY o LIMIT 1) AS role
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND c.relowner = %s::regrole
    ORDER BY 1"""
_ROLES = (APP, "authenticated", "anon")

_ERROR = re.compile(r"[0-9A-Z]{5}: ")

Answers = tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]
"""What tenant A and what nobody got for each statement: rows as text, or an error."""


@dataclass(frozen=True)
class Exposed:
    """A view or function that a session of a tenant may use."""

    label: str
    """"view public.x", "function public.f(uuid)"."""
    name: str
    """Its bare name."""
    statements: tuple[str, ...]
    """How tenant A asks it."""
    refresh: str = ""
    writes: bool = False
    """Whether it may change rows with its owner's rights."""
    role: str = APP
    place: Location | None = None
    """Where it stands, if it has no name to find it by."""


@dataclass(frozen=True)
class Exposure:
    """What is wrong with one of them."""

    exposed: Exposed
    sentence: str
    script: str
    fix: str = ""
    shown: bool = False
    """Its script was run alone already, on a database that is like no other."""


def find_exposed(
    tenants: Tenants, owner_name: str, tables: Sequence[Table]
) -> tuple[list[Exposed], list[str]]:
    """The module's views that a session of a tenant may read, and the functions that it may call
    and that see more than it does; and a sentence for each function that cannot be called."""
    found = []
    for shown, quoted, materialised, name, role in tenants.owner.execute(
        _VIEWS, (list(_ROLES), owner_name)
    ).fetchall():
        if role is not None:
            kind = "materialized view" if materialised else "view"
            ask = f"SELECT v::text FROM {quoted} AS v ORDER BY 1"
            refresh = f"REFRESH MATERIALIZED VIEW {quoted}" if materialised else ""
            found.append(Exposed(f"{kind} {shown}", name, (ask,), refresh, role=role))
    calls, unknown = find_calls(tenants, owner_name, tables)
    found += [
        Exposed(each.label, each.name, each.statements, writes=True, role=each.role)
        for each in calls
    ]
    return found, unknown


def first_answers(
    tenants: Tenants, exposed: Sequence[Exposed]
) -> tuple[list[tuple[Exposed, tuple[Answers, Answers]]], list[Exposure], list[str]]:
    """What each gives before B has rows, asked twice; what does not end at all; and a sentence for
    each that takes longer than the time limit."""
    given: list[tuple[Exposed, tuple[Answers, Answers]]] = []
    endless: list[Exposure] = []
    slow: list[str] = []
    for each in exposed:
        try:
            answers = ask(tenants, each), ask(tenants, each)
        except EndlessError as error:
            script = script_of(tenants, each, each.statements[0], [], tenants.as_a, ENDLESS)
            sentence = error.message.removeprefix(f"{each.label} ")
            endless.append(Exposure(each, sentence, script, error.hint or ""))
            continue
        given.append((each, answers))
        if any(text[0].startswith("57014: ") for one in answers[0] for text in one if text):
            slow.append(f"{each.label} takes longer than its time limit of {tenants.limit:g} s")
    return given, endless, slow


def ask(tenants: Tenants, exposed: Exposed) -> Answers:
    """What tenant A gets, and what a session without a tenant gets. Undone. Raises
    `EndlessError`."""
    if exposed.refresh:
        tenants.owner.execute(exposed.refresh)
    app, bare = (
        tuple(_ask(tenants, exposed, each, given) for each in exposed.statements)
        for given in (tenants.as_a, ())
    )
    return app, bare


def _ask(tenants: Tenants, exposed: Exposed, statement: str, given: Entry) -> tuple[str, ...]:
    """Rows as text, or PostgreSQL's error."""
    import psycopg

    tenants.attempts += 1
    session = tenants.app if given else tenants.bare
    become = [] if exposed.role == APP else [f"SET LOCAL ROLE {exposed.role}"]
    before = ["BEGIN", *become, *given]
    try:
        cursor = run(tenants, session, exposed.label, "; ".join([*before, statement, "ROLLBACK"]))
        for _ in before:
            cursor.nextset()
        rows = cursor.fetchall() if cursor.description else []
        return tuple(str(row[0]) for row in rows)
    except psycopg.Error as error:
        if session.closed:
            raise EndlessError(exposed.label, tenants.limit) from error
        session.execute("ROLLBACK")
        return (f"{error.diag.sqlstate}: {error.diag.message_primary}",)


def changed_answer(
    tenants: Tenants, exposed: Exposed, before: tuple[Answers, Answers], rows: list[Row]
) -> Exposure | None:
    """Ask again, now that tenant B has rows. `before` holds two answers of the time without; where
    those two differ already (a clock, chance), only B's own id in the answer counts."""
    after = ask(tenants, exposed)
    for who, given in enumerate((tenants.as_a, ())):
        for number, statement in enumerate(exposed.statements):
            first, second, now = (each[who][number] for each in (*before, after))
            if now != first if first == second else any(tenants.b in each for each in now):
                whom = "one tenant" if given else "a session without a tenant"
                sentence = f"shows {whom} the rows of {'another' if given else 'a tenant'}"
                failed = now[0][:5] if now and _ERROR.match(now[0]) else ""
                comment = DEPENDS if first == second else HOLDS
                comment = f"fails with {failed}, since B has rows" if failed else comment
                script = script_of(tenants, exposed, statement, rows, given, comment)
                return Exposure(exposed, sentence, script)
    return None


def writes_of_function(
    tenants: Tenants, exposed: Exposed, tables: tuple[Table, ...], rows: list[Row]
) -> Exposure | None:
    """Call a function for good, and see whether tenant B's rows changed."""
    own = list(dict.fromkeys(each for t in tables for each in tenants.rows(t)[0].family()))
    for statement in exposed.statements:
        for session, given in ((tenants.app, tenants.as_a), (tenants.bare, ())):
            label = exposed.label
            changed = changes_b(tenants, tables, statement, session, given, exposed.role, label)
            if changed:
                whom = "one tenant change" if given else "a session without a tenant change"
                sentence = f"lets {whom} the rows of {'another' if given else 'a tenant'}"
                script = script_of(
                    tenants, exposed, statement, [*own, *rows], given, CHANGES, changed
                )
                return Exposure(exposed, sentence, script)
    return None


def script_of(
    tenants: Tenants,
    exposed: Exposed,
    statement: str,
    rows: list[Row],
    given: Entry,
    comment: str,
    changed: Sequence[str] = (),
) -> str:
    """The rows, who asks, and the statement; before them the same without the rows where the answer
    is to depend on them, and the rows of `changed` tables before and after it."""
    become = [f"SET LOCAL ROLE {exposed.role};", *(f"{each};" for each in given)]
    refresh = [f"{exposed.refresh};"] if exposed.refresh else []
    before = []
    if comment == DEPENDS:
        before = ["SAVEPOINT without_rows;", *refresh, *become, f"{statement};  -- {BEFORE}",
                  "ROLLBACK TO without_rows;"]  # fmt: skip
    read = [f"SELECT * FROM {name} WHERE tenant_id = {quote(tenants.b)};" for name in changed]
    made = tenants.made(
        list(dict.fromkeys([*_of_platform(tenants, exposed), *rows])), enter=given != ()
    )
    return "\n".join(
        [
            "BEGIN;",
            *before,
            *made,
            *(f"{each}  -- {ROWS_BEFORE}" for each in read),
            *refresh,
            *become,
            f"{statement};  -- {comment}",
            *(["RESET ROLE;"] if read else []),
            *(f"{each}  -- {ROWS_AFTER}" for each in read),
            "ROLLBACK;",
        ]
    )


def _of_platform(tenants: Tenants, exposed: Exposed) -> list[Row]:
    """B's rows in tables of the platform that a view or function names."""
    row = tenants.owner.execute(
        "SELECT coalesce((SELECT string_agg(pg_get_viewdef(oid), ' ') FROM pg_class"
        " WHERE relname = %(n)s AND relkind IN ('v', 'm')), '') || coalesce((SELECT string_agg("
        "coalesce(pg_get_function_sqlbody(oid), prosrc), ' ') FROM pg_proc"
        " WHERE proname = %(n)s), '')",
        {"n": exposed.name},
    ).fetchone()
    words = set(re.findall(r"\w+", str(row[0]))) if row else set()
    return [
        each
        for (_, tenant), made in tenants.maker.made.items()
        if tenant == tenants.b and made.table.name in words
        if made.table.oid not in tenants.maker.own_tables
        for each in made.family()
    ]

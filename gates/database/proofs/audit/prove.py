"""The audit proof: add a row to each table, change it in many ways, and look into audit_logs.

All as tenant_app_role, in transactions that are undone. A trigger of ours on audit_logs, in the
copy of the database alone, refuses rows while a setting with a name of this run says so: what a
module writes must fail then, too, or the trail is lost without a word.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from gates.database import Database
from gates.database.catalog_state.tables import Table
from gates.database.proofs.audit.changes import Trial
from gates.database.proofs.audit.entries import Seen, Wrong, wrong
from gates.database.proofs.audit.writers import Writer, functions_of, writers
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.proofs.tenants.two_tenants import two_tenants
from gates.database.rows.solve import NoRowError
from gates.database.shapes.audit_trigger import standard_trigger
from gates.database.tenant_session import APP, derived_uuid, quote
from gates.errors import CouldNotCheckError
from gates.records import dataclass


@dataclass(frozen=True)
class Gap:
    """One thing that is wrong with the audit trail of a table."""

    table: Table
    sentence: str
    fix: str
    script: str
    """Runs as printed in psql, as a superuser, on a database with the migrations applied."""
    error: bool = True


@dataclass(frozen=True)
class Audit:
    """What the proof saw."""

    gaps: tuple[Gap, ...]
    unproved: tuple[str, ...]


_REFUSE = """CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{code}''; END';
CREATE TRIGGER refuse BEFORE INSERT ON public.audit_logs
    FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse();  -- audit_logs refuses every row"""


def prove(database: Database) -> Audit:
    """Add and change a row of each table as tenant_app_role, in a transaction that is undone.

    Raises `MigrationsDoNotApplyError`, and `CouldNotCheckError` where audit_logs is no table.
    """
    started = time.perf_counter()
    gaps: list[Gap] = []
    unproved: list[str] = []
    tables = [
        table
        for table in database.in_use.tables
        if table.partition_of is None and table.tenant is not None
    ]
    with two_tenants(database) as tenants:
        switch = f"gates.s{derived_uuid(database.salt, 'audit')[:8]}"
        _prepare(tenants, switch)
        for table in tables:
            tenants.owner.execute(f"GRANT SELECT, INSERT, UPDATE ON {table.qualified} TO {APP}")
            try:
                gaps += _gaps(tenants, table, switch)
            except NoRowError as error:
                unproved.append(error.message)
    database.record("audit proof", len(tables), time.perf_counter() - started, "tables")
    return Audit(tuple(gaps), tuple(dict.fromkeys(unproved)))


def _prepare(tenants: Tenants, switch: str) -> None:
    """In the copy: no old rows in audit_logs, and a trigger that refuses new ones on demand."""
    import psycopg

    admin = tenants.maker.platform
    # Rows that stay make the trial slower, not weaker: it compares before and after.
    with contextlib.suppress(psycopg.Error), admin.transaction():
        admin.execute("SET LOCAL session_replication_role = 'replica'")
        admin.execute("TRUNCATE public.audit_logs")
    said = f"pg_catalog.current_setting({quote(switch)}, true)"
    try:
        with admin.transaction():
            admin.execute(
                "CREATE FUNCTION public.gates_refuse_audit() RETURNS trigger LANGUAGE plpgsql"
                f" SET search_path = '' AS $$ BEGIN IF {said} <> '' THEN RAISE EXCEPTION"
                f" 'audit_logs refuses a row' USING ERRCODE = {said}; END IF; RETURN NEW; END $$"
            )
            admin.execute(
                "CREATE TRIGGER gates_refuse_audit BEFORE INSERT ON public.audit_logs"
                " FOR EACH ROW EXECUTE FUNCTION public.gates_refuse_audit()"
            )
    except psycopg.Error as error:
        raise CouldNotCheckError(
            "public.audit_logs of the platform's baseline takes no trigger, so it could not be"
            f" tried what happens where it refuses a row: {error.diag.message_primary}",
            hint="make audit_logs a table in database.baseline of gates-policy.toml",
        ) from error


def _gaps(tenants: Tenants, table: Table, switch: str) -> Iterator[Gap]:
    """What is wrong with one table. Raises `NoRowError` where nothing can be said."""
    seen = Trial(tenants, table, switch).run()
    if seen.failed and tenants.attempt_without_triggers(table, seen.plainest).sqlstate:
        raise NoRowError(
            f"{table.label}: an ordinary row cannot be added and changed: {seen.failed}"
        )
    if seen.missing or seen.failed:
        yield _missing(tenants, table, seen)
    if seen.lost:
        lost = list(seen.lost)
        functions = " and ".join(functions_of(tenants, table, lost)) or "the audit function"
        yield Gap(
            table,
            f"{' and '.join(seen.lost)} on {table.name} {_verb(lost, 'succeed')} although"
            " audit_logs refuses the row: the trail is lost without a word",
            f"take the EXCEPTION block out of {functions}: a change whose trail cannot be written"
            " must fail",
            _script(tenants, table, seen, refused=_common(seen.lost)),
        )
    for writer in writers(tenants, table, seen) if seen.doubled else ():
        yield _doubled(tenants, table, seen, writer)
    primary = table.primary.columns if table.primary else ()
    key = [table.by_number[number].name for number in primary]
    for each in wrong(seen.audited, tenants.a, key):
        yield _wrong(tenants, table, seen, each)


def _missing(tenants: Tenants, table: Table, seen: Seen) -> Gap:
    script = _script(tenants, table, seen)
    if seen.failed:
        command = [*seen.missing][-1]
        return Gap(
            table,
            f"{command} on {table.name} fails in a trigger: {seen.failed}",
            "correct the trigger function: it runs with the rights and claims of the session",
            script,
        )
    commands = " and ".join(f"{each} of {of}" if of else each for each, of in seen.missing.items())
    sentence = f"{commands} on {table.name} {_verb([*seen.missing], 'write')} no row to audit_logs"
    if seen.instead:
        sentence += f" about it: {seen.instead}"
    fix = standard_trigger(table)
    return Gap(table, sentence, fix, script)


def _doubled(tenants: Tenants, table: Table, seen: Seen, writer: Writer) -> Gap:
    """A second trigger that writes of the same change, or one that writes it twice."""
    script = _script(tenants, table, seen)
    if writer.rows > 1:
        return Gap(
            table,
            f"one {writer.command} on {table.name} writes {writer.rows} rows to audit_logs: the"
            f" function {writer.function} inserts more than one",
            f"insert one row for each change in {writer.function}",
            script,
        )
    return Gap(
        table,
        f"one {writer.command} on {table.name} writes more than one row to audit_logs: the trigger"
        f" {writer.trigger} writes what {writer.first} has written",
        f"DROP TRIGGER {writer.quoted} ON {table.qualified};",
        script,
    )


def _wrong(tenants: Tenants, table: Table, seen: Seen, what: Wrong) -> Gap:
    functions = " and ".join(functions_of(tenants, table, ("INSERT", "UPDATE")))
    return Gap(
        table,
        f"a change of {table.name} writes a row to audit_logs {what.said}",
        f"{what.fix}{f' in {functions}' if functions else ''}",
        _script(tenants, table, seen),
        what.error,
    )


def _verb(subjects: Sequence[str], verb: str) -> str:
    return verb if len(subjects) > 1 else f"{verb}s"


def _common(lost: Mapping[str, tuple[str, ...]]) -> str:
    """An error that all the commands pass over, else one that the first does."""
    first, *others = lost.values()
    return next((each for each in first if all(each in other for other in others)), first[0])


def _script(tenants: Tenants, table: Table, seen: Seen, *, refused: str = "") -> str:
    """The statements, as tenant A, and what they leave in audit_logs; `refused` is an error by
    which that refuses every row."""
    parents = [f"{each.statement()};" for each in seen.row.family()[:-1]]
    shown = [f"{each};" for each in seen.shown]
    script = tenants.around(
        table, [*parents, *shown, "SELECT to_jsonb(l) FROM public.audit_logs AS l;"]
    )
    if refused:
        script = script.replace("BEGIN;", f"BEGIN;\n{_REFUSE.format(code=refused)}", 1)
    return script

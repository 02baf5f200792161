"""What is done with the platform's rights: what a module's SQL files do to rows, and its triggers,
defaults and rules of columns where the platform itself writes, in a purge or a job.

Row security does not apply then. What they leave with tenant A must not depend on the rows of
tenant B: each is run without B's rows and with them, and what A has is compared.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from gates.database import Database
from gates.database.catalog_state.tables import Table
from gates.database.parsing.script import parse
from gates.database.proofs.isolation.depends import (
    TIES,
    Act,
    NotRunError,
    Trial,
    asked,
    shown_by,
    untried,
)
from gates.database.proofs.isolation.file_acts import (
    files_over_rows,
    own_functions,
    statements_of_files,
)
from gates.database.proofs.isolation.rows_to_try import rows_to_try
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.solve import NoRowError

_TRIGGERS = """
    SELECT t.tgrelid, t.tgname, quote_ident(t.tgname), ARRAY(
            SELECT c FROM (VALUES ('INSERT', 4), ('DELETE', 8), ('UPDATE', 16)) AS v(c, bit)
            WHERE t.tgtype & bit <> 0)
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND p.proowner = %s::regrole
        AND t.tgrelid = ANY(%s::oid[])
    ORDER BY 1, 2"""
_EXPRESSIONS = """
    SELECT DISTINCT d.adrelid, 'column ' || quote_ident(a.attname), a.attname,
        CASE WHEN a.attgenerated = '' THEN ARRAY['INSERT'] ELSE ARRAY['INSERT', 'UPDATE'] END
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
        JOIN pg_proc f ON p.refclassid = 'pg_proc'::regclass AND f.oid = p.refobjid
    WHERE f.proowner = %(o)s::regrole AND d.adrelid = ANY(%(t)s::oid[])
    UNION ALL
    SELECT DISTINCT c.conrelid, 'constraint ' || quote_ident(c.conname), c.conname,
        ARRAY['INSERT', 'UPDATE']
    FROM pg_constraint c
        JOIN pg_depend p ON p.classid = 'pg_constraint'::regclass AND p.objid = c.oid
        JOIN pg_proc f ON p.refclassid = 'pg_proc'::regclass AND f.oid = p.refobjid
    WHERE c.contype = 'c' AND f.proowner = %(o)s::regrole AND c.conrelid = ANY(%(t)s::oid[])
    ORDER BY 1, 2"""
_RAISED = "P0001"
"""raise_exception: a trigger that refuses a write leaves nothing behind it."""
_TRIGGER_SENTENCE = (
    "acts on every {} of the platform, a purge or a job, and what it leaves with one tenant depends"
    " on the rows of another"
)
_TRIGGER_FIX = (
    "read and write rows WHERE tenant_id = NEW.tenant_id (OLD.tenant_id in a DELETE) alone: for the"
    " platform's own purges and jobs row security does not apply"
)


def platform_acts(
    database: Database,
    tenants: Tenants,
    owner_name: str,
    tables: Sequence[Table],
    unproved: list[str],
) -> Iterator[Exposure]:
    """Those after which A's rows are others where B has rows. What could not be run is added to
    `unproved`, a sentence each."""
    own = own_functions(database, tenants.owner)
    acts = [
        *statements_of_files(database, own),
        *(
            Act(each, _TRIGGER_SENTENCE.format(command), _TRIGGER_FIX, command, _RAISED)
            for table, command, exposed in writes_past_triggers(tenants, owner_name, tables)
            for each in (exposed, *_on_rows_of_b(tenants, table, command, exposed))
        ),
    ]
    told = set()
    for each in _of_acts(database, tenants, tables, acts, own, unproved) if acts else ():
        told.add(each.exposed.place)
        yield each
    files = {place.path for place in told if place is not None}
    for each in files_over_rows(database, tenants, own, unproved):
        if each.exposed.place is None or each.exposed.place.path not in files:
            yield each


def _of_acts(
    database: Database,
    tenants: Tenants,
    tables: Sequence[Table],
    acts: Sequence[Act],
    own: frozenset[str],
    unproved: list[str],
) -> Iterator[Exposure]:
    asks = asked(tenants, tables, own)
    alike = rows_to_try(tenants, tables)
    with database.clone("in use") as clone:
        for act in acts:
            error, rows = "", alike
            if act.exposed.place is not None:
                rows = rows_to_try(tenants, tables, [parse("", act.exposed.statements[0])])
            unproved += rows.unmade
            trials = [Trial(tenants, clone, *each, asks, database.limit) for each in rows.sets]
            for statement in act.exposed.statements:
                inserts = act.shown == "INSERT"
                try:
                    seen = shown_by(trials, statement, inserts=inserts, harmless=act.harmless)
                except NotRunError as failed:
                    error = str(failed)
                    continue
                if seen.script:
                    sentence = TIES.format(seen.fails) if seen.fails else act.sentence
                    yield Exposure(act.exposed, sentence, seen.script, act.fix)
                if seen.untried:
                    unproved.append(untried(f"{act.exposed.label} ({act.shown})", seen.untried))
                break
            else:
                if error != act.harmless:
                    unproved.append(
                        f"{act.exposed.label} ({act.shown}) could not be run alone: error {error}"
                    )


def writes_past_triggers(
    tenants: Tenants, owner_name: str, tables: Sequence[Table]
) -> Iterator[tuple[Table, str, Exposed]]:
    """A write of each kind to each table where it runs a function of the module's own, in a
    trigger, a default, a generated column or a CHECK: the table, the command, the statement."""
    known = {table.oid: table for table in tables}
    triggers: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for oid, name, quoted, commands in tenants.owner.execute(
        _TRIGGERS, (owner_name, list(known))
    ).fetchall():
        for command in commands:
            triggers.setdefault((oid, command), []).append((name, f"trigger {quoted}"))
    for oid, label, name, commands in tenants.owner.execute(
        _EXPRESSIONS, {"o": owner_name, "t": list(known)}
    ).fetchall():
        for command in commands:
            triggers.setdefault((oid, command), []).append((name, label))
    for (oid, command), named in triggers.items():
        label = f"{' and '.join(label for _, label in named)} on {known[oid].name}"
        label = label.replace(" and trigger ", " and ")
        left_out = {name for name, each in named if each.startswith("column ")}
        if statement := _write(tenants, known[oid], command, left_out):
            yield known[oid], command, Exposed(label, named[0][0], (statement,))


def _on_rows_of_b(
    tenants: Tenants, table: Table, command: str, exposed: Exposed
) -> Iterator[Exposed]:
    """The same to the rows of B: there are none where the proof has none, and A's stay as they
    were."""
    if command != "INSERT" and table.tenant is not None:
        mine, other = tenants.rows(table)
        whose = f"{table.tenant.quoted} = {other.values[table.tenant.number]}"
        (statement,) = exposed.statements
        yield replace(exposed, statements=(statement.replace(mine.condition(), whose),))


def _write(tenants: Tenants, table: Table, command: str, left_out: Collection[str]) -> str:
    """A new row for A without the columns `left_out`, other values in its row, or the row's end; ""
    where none can be made."""
    mine, _ = tenants.rows(table)
    if command == "DELETE":
        return f"DELETE FROM {table.qualified} WHERE {mine.condition()}"
    try:
        new = tenants.new(table, tenants.a, again=True)
    except NoRowError:
        return ""
    if command == "INSERT":
        if not set(new.parents) <= set(mine.family()):
            return ""
        given = {
            column.number: "DEFAULT"
            for column in table.columns
            if column.number in new.values and column.name in left_out and not column.generated
        }
        return new.statement(given, own_keys=False)
    fixed = {number for key in table.keys for number in key.columns}
    fixed |= {number for each in table.references for number in each.columns}
    values = {
        column.quoted: new.values[column.number]
        for column in table.columns
        if column.number in new.values and column.number not in fixed
        if column is not table.tenant and column.generated is None and not column.identity
    }
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"UPDATE {table.qualified} SET {changes} WHERE {mine.condition()}" if changes else ""

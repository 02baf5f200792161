"""What a finding says was run is run again, from what the finding prints or names.

Scripts are run as printed. Where a finding names a file that is run a second time, or back, that is
done here with plain sessions, one file at a time, and has to end as the sentence says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg

from gates.database import Database
from gates.database.catalog_state.snapshot import diff
from gates.database.parsing.script import parse
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.tenants.replay import Answer, claim_holds, run_as_printed
from gates.database.rows.filling import fill
from gates.database.tenant_session import adjacent_tenants
from gates.model import Finding, Level
from gates.module import Module
from tests.database.conftest import HEAD
from tests.database.row_witnesses import uncounted

_STATE = re.compile(r"\(SQLSTATE (\w{5})\)")
_TABLE = re.compile(r"changes something: table (\S+): ")
_BETWEEN_SCRIPTS = re.compile(r"\n\n(?=BEGIN;\n)")


def unshown(database: Database, module: Module, check: str, finding: Finding) -> str:
    """Why what a finding says does not come again; "" where it does, or where it says nothing that
    was run."""
    again = AGAIN.get(check)
    if again is None or finding.level is not Level.ERROR:
        return ""
    return again(database, module, finding)


def _isolation(database: Database, module: Module, finding: Finding) -> str:
    if finding.detail is None:
        return "" if "has no tenant_id" in finding.message else f"no script: {finding.message}"
    a, b, _ = adjacent_tenants(database.salt)
    for script in _BETWEEN_SCRIPTS.split(finding.detail):
        answers = _replayed(database, finding, script)
        if not claim_holds(answers, a, b):
            return f"{finding.message}\n{script}\n{answers}"
    return ""


def _replayed(database: Database, finding: Finding, script: str) -> list[Answer]:
    if not finding.message.startswith("this file "):
        with database.clone("in use") as clone, clone.connect(search_path='"$user", public') as one:
            return run_as_printed(one, script, 60.0)
    with database.scratch("baseline") as scratch:
        files = [*database.scripts, *database.hooks]
        before = [path for path, _ in files].index(finding.location.path)
        assert scratch.apply(files[:before]) is None
        return run_as_printed(scratch.session("admin"), script, 60.0)


def _audit(database: Database, module: Module, finding: Finding) -> str:
    script = finding.detail or ""
    if not script.startswith("BEGIN;"):
        return ""
    answers = _replayed(database, finding, script)
    said = finding.message
    failed = any(each.error for each in answers)
    trail = [row for each in answers for row in each.rows if '"operation"' in row]
    if failed != ("fails in a trigger" in said and "no effect" not in said):
        return f"{said}\n{script}\n{answers}"
    gone = [] if "about it" in said else said.partition(" on ")[0].split(" and ")
    silent = [each for each in gone if "no row to audit_logs" in said and each in _WRITES]
    if "refuses the row" in said and trail:
        return f"{said}: {trail}"
    heard = [each for each in silent if any(f'"operation": "{each}"' in row for row in trail)]
    return f"{said}: {trail}" if heard else ""


_WRITES = {"INSERT", "UPDATE"}


def run_file(scratch: Scratch, sql: str) -> str:
    """The SQLSTATE that a file ends with as its owner runs it, all at once; "" for none."""
    session = scratch.session("owner")
    alone = "CONCURRENTLY" in sql or "\nCOMMIT" in sql
    try:
        session.execute(sql if alone else f"BEGIN;\n{sql};\nCOMMIT")
    except psycopg.Error as error:
        session.execute("ROLLBACK")
        return error.sqlstate or "?"
    finally:
        session.execute("DISCARD ALL")
    return ""


def _failed(scratch: Scratch, sql: str, finding: Finding) -> str:
    said = _STATE.search(finding.message)
    got = run_file(scratch, sql)
    return "" if said and got == said[1] else f"{finding.message}: {got or 'it runs'}"


def _apply(database: Database, module: Module, finding: Finding) -> str:
    with database.scratch("baseline") as scratch:
        for path, sql in database.scripts:
            if path == finding.location.path:
                return _failed(scratch, sql, finding)
            assert run_file(scratch, sql) == ""
    return f"no such file: {finding.location}"


def _again(database: Database, module: Module, finding: Finding) -> str:
    sql = dict(database.scripts)[finding.location.path]
    with database.scratch() as scratch:
        if "does not run a second time" in finding.message:
            return _failed(scratch, sql, finding)
        before = scratch.snapshot()
        if (table := _TABLE.search(finding.message)) is None:
            assert run_file(scratch, sql) == ""
            found = diff(before, scratch.snapshot())
            return "" if any(each in finding.message for each in found) else str(found)
        for rows in (False, True):
            if rows:
                fill(database, scratch, before=database.scripts)
                run_file(scratch, sql)
            old = scratch.digests()
            run_file(scratch, sql)
            if scratch.digests()[table[1]] != old[table[1]]:
                return ""
    return f"{finding.message}: nothing changes"


def _back(database: Database, module: Module, finding: Finding) -> str:
    numbers = {each.rollback_path: number for number, each in enumerate(module.migrations)}
    if finding.location.path not in numbers:
        return _forth(database, module, finding)
    number = numbers[finding.location.path]
    migration = module.migrations[number]
    with database.scratch("baseline") as scratch:
        for _, sql in database.scripts[:number]:
            assert run_file(scratch, sql) == ""
        fill(database, scratch, before=[(migration.path, migration.sql)])
        schema, rows = scratch.snapshot(), scratch.digests()
        assert run_file(scratch, migration.sql) == ""
        back = migration.rollback_sql or HEAD
        if "the rollback fails" in finding.message:
            return _failed(scratch, back, finding)
        assert run_file(scratch, back) == ""
        if "the rows" in finding.message:
            now = scratch.digests()
            still = [
                each for each in tables_of(finding.detail or "") if now.get(each) == rows[each]
            ]
            if still:
                return f"{finding.message}: {still} as they were"
            lost = uncounted(database, module, number, finding.detail or "", run_file)
            return f"{finding.message}: {lost} is not so" if lost else ""
        found = diff(schema, scratch.snapshot(), came="is left behind", went="is missing")
    said = [each for each in (finding.detail or "").splitlines() if each not in found]
    return f"{finding.message}: {said} and not {found}" if said else ""


def _forth(database: Database, module: Module, finding: Finding) -> str:
    """What is said of a migration after its rollback."""
    (number,) = [
        n for n, each in enumerate(module.migrations) if each.path == finding.location.path
    ]
    migration = module.migrations[number]
    if "it has no rollback" in finding.message:
        return "" if migration.rollback_path is None else f"{migration.rollback_path} is there"
    with database.scratch("baseline") as scratch:
        if "does not run again, with rows" in finding.message:
            for _, sql in database.scripts[:number]:
                assert run_file(scratch, sql) == ""
            fill(database, scratch, before=[(migration.path, migration.sql)])
            return _failed(scratch, migration.sql, finding)
        for _, sql in database.scripts:
            assert run_file(scratch, sql) == ""
        for each in reversed(module.migrations):
            assert run_file(scratch, each.rollback_sql or HEAD) == ""
        for at, (path, sql) in enumerate(database.scripts):
            if at:
                fill(database, scratch, before=[(path, sql)])
            assert run_file(scratch, sql) == ""
        found = diff(database.applied.snapshot, scratch.snapshot())
    return "" if found else f"{finding.message}: the schema is the same"


def tables_of(detail: str) -> list[str]:
    """The tables of which a finding says, a line each, that rows or values are gone."""
    found = [re.search(r"table ([\w.]+)", line) for line in detail.splitlines()]
    assert found, detail
    return [each[1] for each in found if each is not None]


_WAITING = re.compile(r"nobody can (read or write|write to) table (\S+?)(?=,| and |$)")


def _locks(database: Database, module: Module, finding: Finding) -> str:
    """The file is run up to the line, and others try what nobody is to be able to."""
    waiting = _WAITING.findall(finding.message)
    with database.scratch("baseline") as scratch:
        for path, sql in (*database.scripts, *database.hooks):
            if path != finding.location.path:
                assert run_file(scratch, sql) == ""
                continue
            fill(database, scratch, before=[(path, sql)])
            script = parse(path, sql)
            last = [each for each in script.statements
                    if script.position(each.offset)[0] <= (finding.location.line or 1)]  # fmt: skip
            owner, other = scratch.session("owner"), scratch.session("admin")
            alone = not script.in_one_transaction
            for each in last:
                if each is last[-1 if alone else 0]:
                    owner.execute("BEGIN")
                owner.execute(each.text.encode())
            said = [_let(other, what, table) for what, table in waiting]
            owner.execute("ROLLBACK")
            return " ".join(filter(None, said))
    return f"no such file: {finding.location}"


def _let(other: psycopg.Connection[Any], what: str, table: str) -> str:
    """What another session can do with a table though it is not to be able to."""
    modes = {"write to": ["ROW EXCLUSIVE"], "read or write": ["ROW EXCLUSIVE", "ACCESS SHARE"]}
    for mode in modes[what]:
        try:
            with other.transaction():
                other.execute("SET LOCAL lock_timeout = '100ms'")
                other.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        except psycopg.errors.LockNotAvailable:
            continue
        return f"{table} can be had in {mode} mode"
    return ""


AGAIN: dict[str, Callable[[Database, Module, Finding], str]] = {
    "tenant-isolation": _isolation,
    "audit-trigger": _audit,
    "migrations-apply": _apply,
    "migrations-idempotent": _again,
    "rollback-restores": _back,
    "migration-locks": _locks,
}

"""What an upgrade is said to do is done again, with plain sessions, one file at a time."""

from __future__ import annotations

from gates.database import Database
from gates.database.catalog_state.snapshot import diff
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.upgrade.outcome import Fault
from gates.database.rows.filling import fill
from gates.module import Module
from tests.database.conftest import HEAD
from tests.database.witnesses import run_file, tables_of


def unshown_upgrade(database: Database, old: Module, new: Module, fault: Fault) -> str:
    """Why what an upgrade is said to do does not come again; "" where it does."""
    hooks = {name: (path, new.text(path)) for name, path in new.hooks.items()}
    steps = [*filter(None, [hooks.get("pre_upgrade")]), *database.scripts,
             *filter(None, [hooks.get("post_upgrade")])]  # fmt: skip
    with database.scratch("baseline") as scratch:
        for each in old.migrations:
            assert run_file(scratch, each.sql) == ""
        fill(database, scratch, before=steps, old=True)
        before = scratch.digests()
        for path, sql in steps:
            got = run_file(scratch, sql)
            if got and "with rows in its tables fails" in fault.message:
                same = path == fault.at.path and f"(SQLSTATE {got})" in fault.message
                return "" if same else f"{fault.message}: {path} ends with {got}"
            assert got == "", fault.message
        if "ends with another schema" in fault.message:
            found = diff(database.applied.snapshot, scratch.snapshot(),
                         came="is there only after the upgrade",
                         went="is there only after a fresh install")  # fmt: skip
            return "" if fault.detail == "\n".join(found) else f"{fault.message}: {found}"
        if "loses rows" in fault.message and "rolling back" not in fault.message:
            (table,) = tables_of(fault.message)
            return "" if scratch.digests()[table] != before[table] else f"{fault.message}: no"
        if "does not restore its schema" in fault.message:
            return _way_back(database, scratch, old, new, fault)
    return ""


def _way_back(database: Database, scratch: Scratch, old: Module, new: Module, fault: Fault) -> str:
    known = {each.path for each in old.migrations}
    for each in reversed([each for each in new.migrations if each.path not in known]):
        assert run_file(scratch, each.rollback_sql or HEAD) == ""
    now = scratch.snapshot()
    with database.scratch("baseline") as fresh:
        for each in old.migrations:
            assert run_file(fresh, each.sql) == ""
        found = diff(fresh.snapshot(), now, came="is left behind", went="is missing")
    said = [each for each in fault.detail.splitlines() if each not in found]
    return f"{fault.message}: {said} and not {found}" if said else ""

"""One older module brought under the standard as a whole, with old rows, and what is refused.

The other fixtures, and all seven stages, are run by `python -m tests.legacy`.
"""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from gates.adoption import bring as module_of_bring
from gates.adoption.bring import bring
from gates.adoption.database import NewDatabase
from gates.cli import cli
from gates.module.write import write_files
from tests.legacy.modules import lay_out

TODAY = date(2026, 11, 24)


CHEAP = {
    "migration-names", "migration-parses", "objects-prefixed", "owner-rights", "policy-shape",
    "row-security", "table-columns", "tables-declared", "tenant-index",
}  # fmt: skip
"""Of the checks that prove on a database, those that take no time."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module_of_bring, "about_database", lambda each: each.id in CHEAP)


@pytest.fixture
def older(folder):
    return lay_out("visit-log", folder / "modules")


def files(root):
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def test_an_older_module_is_brought_over_and_a_second_run_changes_nothing(older, settings):
    before = files(older)
    found = bring(older, settings, TODAY)
    assert (found.repair.left, found.shown) == ((), None)
    assert files(older) == before
    write_files(found.repair.module, found.repair.changes)
    assert files(older) - before == {
        ".env.example", "CHANGELOG.md", "migrations/000_init.sql", "module.json",
        "migrations/hooks/pre_upgrade.sql", "migrations/rollback/000_init.sql",
        "module_schema.json",
    }  # fmt: skip
    assert before - files(older) == {
        "db/migrations/10_archive.sql", "db/migrations/1_visits.sql", "db/migrations/2_count.sql",
        "module.config.json",
    }  # fmt: skip
    init = (older / "migrations/000_init.sql").read_text()
    for gone in ("auth.users", "SECURITY DEFINER", "uuid_generate_v4", "(true)"):
        assert gone not in init
    hook = (older / "migrations/hooks/pre_upgrade.sql").read_text()
    assert "CREATE OR REPLACE VIEW public.visits WITH (security_invoker = true)" in hook
    assert "FROM tenant_visit_log_visits" in (older / "src/visit_log/lib/notes.py").read_text()
    manifest = json.loads((older / "module.json").read_text())
    assert manifest["database_tables"] == ["tenant_visit_log_visits"]
    again = bring(older, settings, TODAY)
    assert (again.repair.changes, again.repair.left, again.shown) == ({}, (), None)


def test_a_diff_writes_nothing_and_what_is_not_proved_is_not_written(older, settings, monkeypatch):
    made = NewDatabase({"migrations/000_init.sql": b"-- new"}, unproved=("x.sql:1 does not run",))
    monkeypatch.setattr(module_of_bring, "new_database", lambda *_: made)
    before = {name: (older / name).read_bytes() for name in files(older)}
    ended = CliRunner().invoke(
        cli, ["fix", str(older), "--standard", "--diff"],
        env={"GATES_STATE_DIR": str(settings.state)},
    )  # fmt: skip
    assert ended.exit_code == 1
    assert "x.sql:1 does not run" in ended.output
    assert "this is not proved, and not written" in ended.output
    assert "+++ b/migrations/000_init.sql" in ended.output
    assert {name: (older / name).read_bytes() for name in files(older)} == before
    found = bring(older, settings, TODAY)
    assert not any(path.endswith(".sql") for path in found.repair.changes)
    assert "module.json" in found.repair.changes

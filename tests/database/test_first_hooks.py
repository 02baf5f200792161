"""The hooks of a first version are held to what those of every later one are.

One that changes the schema is the hostile module "hook-opens".
"""

from __future__ import annotations

from gates.model import Level, Verdict
from tests.database.conftest import HEAD, TABLE, results

PRE, POST = "hooks/pre_upgrade.sql", "hooks/post_upgrade.sql"
CHECK = "upgrade-and-back"


def said(sql_module, shared, files: dict[str, str]) -> list[str]:
    module = sql_module({name: HEAD + sql for name, sql in files.items()})
    result = results(module, shared, CHECK)[CHECK]
    assert result.verdict is (Verdict.FAIL if result.findings else Verdict.PASS), result.reason
    return [f"{each.location}: {each.message}" for each in result.findings
            if each.level is Level.ERROR]  # fmt: skip


def test_a_hook_that_moves_data(sql_module, shared):
    clean = f"UPDATE {TABLE} SET title = lower(title) WHERE title <> lower(title);"
    guarded = f"DO $$ BEGIN IF to_regclass('{TABLE}') IS NOT NULL THEN {clean} END IF; END $$;"
    assert said(sql_module, shared, {PRE: guarded, POST: clean}) == []
    (early,) = said(sql_module, shared, {PRE: clean})
    assert early.startswith(f"migrations/{PRE}:5:1: this hook fails before the first migration")


def test_a_hook_that_cannot_run_again(sql_module, shared):
    more = f"INSERT INTO {TABLE} (tenant_id, title) SELECT tenant_id, 'more' FROM {TABLE};"
    early, fails, again = said(sql_module, shared, {PRE: more, POST: "SELECT 1 / 0;"})
    assert early.startswith(f"migrations/{PRE}:5:1: this hook fails before the first migration")
    assert fails.startswith(f"migrations/{POST}:5:1: this hook fails on a fresh install")
    assert again.startswith(f"migrations/{PRE}:1:1: run again, the hook changes data once more")

"""The hooks of a first version are held to what those of every later one are."""

from __future__ import annotations

import re

from gates.model import Level, Verdict
from tests.database.conftest import HEAD, TABLE, results

PRE, POST = "hooks/pre_upgrade.sql", "hooks/post_upgrade.sql"
CHECK = "upgrade-and-back"
DEFINER = (
    "CREATE OR REPLACE FUNCTION sample_module_all() RETURNS bigint LANGUAGE sql"
    f" SET search_path = '' AS $f$ SELECT count(*) FROM public.{TABLE} $f$;"
    "ALTER FUNCTION sample_module_all() SECURITY DEFINER;"
)
OPENS = (
    f"DROP POLICY IF EXISTS more ON {TABLE}; CREATE POLICY more ON {TABLE} FOR SELECT USING (true);"
    f"GRANT DELETE ON {TABLE} TO tenant_app_role;"
)


def said(sql_module, shared, files: dict[str, str]) -> list[str]:
    module = sql_module({name: HEAD + sql for name, sql in files.items()})
    result = results(module, shared, CHECK)[CHECK]
    assert result.verdict is (Verdict.FAIL if result.findings else Verdict.PASS), result.reason
    return [f"{each.location}: {each.message}" for each in result.findings
            if each.level is Level.ERROR]  # fmt: skip


def test_a_hook_changes_no_schema(sql_module, shared):
    (found,) = said(sql_module, shared, {POST: f"{DEFINER} {OPENS}"})
    assert found.startswith(
        f"migrations/{POST}:1:1: this hook changes the schema on a fresh install with rows:"
    )
    assert re.search(r", and [2-9] more$", found), found


def test_a_hook_that_moves_data(sql_module, shared):
    clean = f"UPDATE {TABLE} SET title = lower(title) WHERE title <> lower(title);"
    assert said(sql_module, shared, {PRE: clean, POST: clean}) == []


def test_a_hook_that_cannot_run_again(sql_module, shared):
    more = f"INSERT INTO {TABLE} (tenant_id, title) SELECT tenant_id, 'more' FROM {TABLE};"
    fails, again = said(sql_module, shared, {PRE: more, POST: "SELECT 1 / 0;"})
    assert fails.startswith(f"migrations/{POST}:5:1: this hook fails on a fresh install")
    assert again.startswith(f"migrations/{PRE}:1:1: run again, the hook changes data once more")

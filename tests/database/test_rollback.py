"""Down with rows in every table, and up again over them."""

from __future__ import annotations

import pytest

from gates.database import Database
from gates.model import Finding, Verdict
from gates.module import Module
from gates.records import replace
from tests.database.conftest import HEAD, TABLE, results
from tests.database.witnesses import unshown

ADD = f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS colour text;"
DROP = f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS colour;"


@pytest.fixture
def rolled_back(sql_module, shared):
    """The result of the check for a module with one more migration and its rollback."""

    def run(up: str, down: str | None = "SELECT 1;", **more: str):
        files = {"001_more.sql": HEAD + up}
        if down is not None:
            files["rollback/001_more.sql"] = HEAD + down
        module = sql_module(files | {name: HEAD + sql for name, sql in more.items()})
        found = results(module, shared, "rollback-restores", look=unshown)
        return found["rollback-restores"]

    return run


def messages(result) -> list[str]:
    assert result.reason is None
    return [f"{finding.location}: {finding.message}" for finding in result.findings]


def test_what_is_lost_is_recorded(rolled_back):
    result = rolled_back(ADD, DROP)
    assert result.verdict is Verdict.PASS
    assert [record.detail for record in result.records] == [
        "files: rows, down, up with rows",
        f"column colour of table public.{TABLE} (1 row had a value),"
        f" table public.{TABLE} (2 rows)",
    ]  # fmt: skip


def test_no_rollback(rolled_back):
    (found,) = messages(rolled_back(ADD, None))
    assert found.startswith("migrations/001_more.sql: it has no rollback")


def test_a_rollback_that_fails(rolled_back):
    (found,) = messages(rolled_back(ADD, DROP.replace("IF EXISTS colour", "shade")))
    assert found == (
        "migrations/rollback/001_more.sql:5:1: the rollback fails: column"
        f' "shade" of relation "{TABLE}" does not exist (SQLSTATE 42703)'
    )


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (f"DELETE FROM {TABLE};", f"table public.{TABLE}: 2 of 2 rows are gone"),
        (f"UPDATE {TABLE} SET title = 'old';", f"column title of table public.{TABLE} in 2 rows"),
    ],
)
def test_rows_of_the_version_before(rolled_back, sql, said):
    (found,) = messages(rolled_back(ADD, DROP + sql))
    assert f"it does not bring back the rows as they were before this migration: {said}" in found


def test_a_migration_that_does_not_run_over_rows(rolled_back):
    (found,) = messages(rolled_back(ADD.replace("text;", "text NOT NULL;"), DROP))
    assert found == (
        "migrations/001_more.sql:5:1: after the rollbacks it does not run again, with rows: column"
        f' "colour" of relation "{TABLE}" contains null values (SQLSTATE 23502)'
    )


def test_the_migration_that_ends_elsewhere_is_named(rolled_back):
    up = f"""
DO $$ BEGIN
    IF to_regclass('{TABLE}') IS NOT NULL AND EXISTS (SELECT FROM {TABLE}) THEN
        COMMENT ON TABLE {TABLE} IS 'seen with rows';
    ELSE
        COMMENT ON TABLE {TABLE} IS 'seen empty';
    END IF;
END $$;"""
    (found,) = messages(rolled_back(up, f"COMMENT ON TABLE {TABLE} IS NULL;"))
    assert "up, down and up again gives another schema than up" in found
    assert "'seen" not in found
    assert "seen empty became seen with rows" in found


def test_modules_without_tables(sql_module, shared):
    function = (
        "CREATE OR REPLACE FUNCTION sample_module_one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    )
    files = {
        "000_init.sql": HEAD + function,
        "rollback/000_init.sql": HEAD + "DROP FUNCTION IF EXISTS sample_module_one();",
    }
    result = results(sql_module(files), shared, "rollback-restores")["rollback-restores"]
    assert (result.verdict, result.reason) == (Verdict.PASS, None)
    files["rollback/000_init.sql"] = HEAD + "SELECT 1;"
    result = results(sql_module(files), shared, "rollback-restores")["rollback-restores"]
    assert "function public.sample_module_one() is left behind" in result.findings[0].message


SEED = (
    f"INSERT INTO {TABLE} (tenant_id, title) SELECT '11111111-1111-4111-8111-111111111111', 'seed'"
    f" WHERE NOT EXISTS (SELECT FROM {TABLE} WHERE title = 'seed');"
)


def test_a_rollback_takes_out_what_its_migration_put_in(rolled_back):
    assert messages(rolled_back(SEED, f"DELETE FROM {TABLE} WHERE title = 'seed';")) == []


def test_and_nothing_else(rolled_back):
    (found,) = messages(rolled_back(SEED, f"DELETE FROM {TABLE};"))
    assert f"table public.{TABLE}: 2 of 3 rows are gone" in found
    delete = {"rollback/002_late.sql": f"DELETE FROM {TABLE} WHERE title = 'seed';"}
    late = f"COMMENT ON TABLE {TABLE} IS NULL;"
    (found,) = messages(rolled_back(SEED, **{"002_late.sql": late, **delete}))
    assert (
        "002_late.sql:1:1: it does not bring back the rows as they were before this migration:"
        f" table public.{TABLE}:" in found
    )
    assert "1 of 3 rows are gone" in found


STATES = f"""
ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS state text NOT NULL DEFAULT 'a',
    ADD COLUMN IF NOT EXISTS archived boolean NOT NULL DEFAULT false;
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS states;
ALTER TABLE {TABLE} ADD CONSTRAINT states CHECK (state IN ('a', 'b', 'c'));
"""
NO_STATES = f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS state, DROP COLUMN IF EXISTS archived;"
LESS = f"""
UPDATE {TABLE} SET state = 'b' WHERE state = 'c';
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS states;
ALTER TABLE {TABLE} ADD CONSTRAINT states CHECK (state IN ('a', 'b'));
"""
MORE_AGAIN = f"""
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS states;
ALTER TABLE {TABLE} ADD CONSTRAINT states CHECK (state IN ('a', 'b', 'c'));
"""


@pytest.mark.parametrize(
    ("up", "down", "said"),
    [
        (
            f"UPDATE {TABLE} SET archived = false WHERE archived;",
            "SELECT 1;",
            f"column archived of table public.{TABLE} in ",
        ),
        (LESS, MORE_AGAIN, f"column state of table public.{TABLE} in "),
        (
            f"UPDATE {TABLE} SET state = CASE state WHEN 'c' THEN 'b' ELSE state END;",
            "SELECT 1;",
            "'c' to 'b'",
        ),
        (f"DELETE FROM {TABLE} WHERE state = 'c';", "SELECT 1;", "rows are gone"),
    ],
)
def test_rows_that_no_rollback_brings_back(rolled_back, up, down, said):
    more = {"002_less.sql": up, "rollback/002_less.sql": down}
    (found,) = messages(rolled_back(STATES, NO_STATES, **more))
    assert "rollback/002_less.sql:1:1: it does not bring back the rows as they were" in found
    assert said in found


def test_rows_that_a_rollback_brings_back(rolled_back):
    kept = f"""
ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS old_state text
    CHECK (old_state IN ('a', 'b', 'c'));
UPDATE {TABLE} SET old_state = state, state = 'b' WHERE state = 'c';
"""
    back = f"""
UPDATE {TABLE} SET state = old_state WHERE old_state IS NOT NULL;
ALTER TABLE {TABLE} DROP COLUMN IF EXISTS old_state;
"""
    more = {"002_less.sql": kept, "rollback/002_less.sql": back}
    assert messages(rolled_back(STATES, NO_STATES, **more)) == []


def test_a_number_in_another_unit_and_back(rolled_back):
    months = f"""
ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS unit text NOT NULL DEFAULT 'days',
    ADD COLUMN IF NOT EXISTS period bigint NOT NULL DEFAULT 1;
"""
    no_months = f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS unit, DROP COLUMN IF EXISTS period;"
    up = f"UPDATE {TABLE} SET period = period * 30, unit = 'd30' WHERE unit = 'months';"
    down = f"UPDATE {TABLE} SET period = period / 30, unit = 'months' WHERE unit = 'd30';"
    more = {"002_less.sql": up, "rollback/002_less.sql": down}
    assert messages(rolled_back(months, no_months, **more)) == []


def test_a_value_where_there_was_none_is_no_loss(rolled_back):
    add = f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS colour text;"
    drop = f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS colour;"
    fill = f"UPDATE {TABLE} SET colour = 'white' WHERE colour IS NULL;"
    more = {"002_fill.sql": fill, "rollback/002_fill.sql": "SELECT 1;"}
    assert messages(rolled_back(add, drop, **more)) == []


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("title = 'old'", True),
        ("colour IS NULL", True),
        ("md5(title) = 'none'", False),
        ("EXISTS (SELECT FROM tenants WHERE tenants.name = 'nobody')", False),
    ],
)
def test_a_statement_that_met_no_row_is_named(rolled_back, condition, met):
    result = rolled_back(f"{ADD}UPDATE {TABLE} SET colour = 'white' WHERE {condition};", DROP)
    assert result.verdict is Verdict.PASS
    assert [f"{each.level}: {each.location.line}" for each in result.findings] == (
        [] if met else ["note: 5"]
    )


def test_a_count_that_is_not_so_is_noticed(sql_module, shared):
    files = {
        "001_more.sql": HEAD + "SELECT 1;",
        "rollback/001_more.sql": HEAD + f"DELETE FROM {TABLE};",
    }
    heard: list[str] = []

    def look(database: Database, module: Module, check: str, finding: Finding) -> str:
        for gone in ("2 of 2", "1 of 2", "2 of 3"):
            detail = f"table public.{TABLE}: {gone} rows are gone"
            heard.append(unshown(database, module, check, replace(finding, detail=detail)))
        return ""

    results(sql_module(files), shared, "rollback-restores", look=look)
    right, fewer, more = heard
    assert (right, fewer) == ("", "")  # of two that went one went
    assert more.endswith(f"table public.{TABLE}: 2 of 3 rows are gone is not so")

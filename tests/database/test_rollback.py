"""Down with rows in every table, and up again over them."""

from __future__ import annotations

import pytest

from gates.model import Verdict
from tests.database.conftest import HEAD, TABLE, results

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
        return results(module, shared, "rollback-restores")["rollback-restores"]

    return run


def messages(result) -> list[str]:
    assert result.reason is None
    return [f"{finding.location}: {finding.message}" for finding in result.findings]


def test_what_is_lost_is_recorded(rolled_back):
    result = rolled_back(ADD, DROP)
    assert result.verdict is Verdict.PASS
    assert [record.detail for record in result.records] == [
        "rows, down, up with rows",
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
    assert f"it changes rows of the version before: {said}" in found


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
        f"002_late.sql:1:1: it changes rows of the version before: table public.{TABLE}:" in found
    )
    assert "1 of 3 rows are gone" in found

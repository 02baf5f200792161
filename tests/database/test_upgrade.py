"""From a released version with rows to the one under test, and back."""

from __future__ import annotations

import pytest

from gates.database.proofs.upgrade.upgrade import upgrade
from gates.errors import CouldNotCheckError
from tests.database.conftest import BASE, HEAD, TABLE
from tests.database.upgrade_witnesses import unshown_upgrade

PRE, POST = "hooks/pre_upgrade.sql", "hooks/post_upgrade.sql"
ADD = f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS colour text DEFAULT 'white';"
DROP = f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS colour;"
DOWN = "rollback/001_more.sql"


@pytest.fixture
def upgraded(sql_module, database):
    """What came of an upgrade from the base, with migrations and hooks on top of it."""

    def run(files: dict[str, str], released: dict[str, str] | None = None):
        old = sql_module(released or {})
        new = sql_module({name: HEAD + sql for name, sql in files.items()})
        opened = database(new)
        found = upgrade(opened, old, new)
        for each in found.faults:
            assert unshown_upgrade(opened, old, new, each) == ""
        return found

    return run


def more(up: str, down: str = "SELECT 1;") -> dict[str, str]:
    return {"001_more.sql": up, DOWN: down}


def messages(faults) -> list[str]:
    return [f"{fault.at}: {fault.message}" for fault in faults]


def test_a_column_that_comes_and_goes(upgraded):
    found = upgraded(
        {**more(ADD, DROP), POST: f"UPDATE {TABLE} SET colour = 'black' WHERE colour = 'white';"}
    )
    assert messages(found.faults) == []
    assert messages(found.notes) == [
        "migrations/rollback/001_more.sql:1:1: rolling back to 1.0.0 loses: column colour of"
        f" table public.{TABLE} (10 rows had a value)"
    ]


def test_what_the_next_days_may_write_is_named(upgraded):
    table = "CREATE TABLE IF NOT EXISTS tenant_sample_module_tags (id int PRIMARY KEY, name text);"
    up, down = ADD.replace(" DEFAULT 'white'", "") + table, f"{DROP} DROP TABLE IF EXISTS"
    (note,) = upgraded(more(up, f"{down} tenant_sample_module_tags;")).notes
    assert note.message == (
        f"rolling back to 1.0.0 loses: column colour of table public.{TABLE} (1 row had a value),"
        " table public.tenant_sample_module_tags (2 rows)"
    )


def test_nothing_new(upgraded):
    found = upgraded({})
    assert (found.faults, found.notes, found.unfilled) == ([], [], ())


def test_a_column_that_no_row_can_have(upgraded):
    (fault,) = upgraded(more(f"ALTER TABLE {TABLE} ADD COLUMN colour text NOT NULL;")).faults
    assert messages([fault]) == [
        "migrations/001_more.sql:5:1: an upgrade from 1.0.0 with rows in its tables fails:"
        f' column "colour" of relation "{TABLE}" contains null values (SQLSTATE 23502)'
    ]
    assert "DEFAULT" in fault.fix


def test_a_hook_that_makes_the_schema(upgraded):
    (fault,) = upgraded({POST: ADD}).faults
    assert fault.at.path == f"migrations/{POST}"
    assert fault.message == (
        "an upgrade from 1.0.0 ends with another schema than a fresh install:"
        f" column public.{TABLE}.colour is there only after the upgrade"
    )


def test_a_released_file_that_was_changed(upgraded):
    wider = BASE.replace("title text NOT NULL,", "title text NOT NULL, colour text,")
    (fault, *_) = upgraded({"000_init.sql": wider.removeprefix(HEAD)}).faults
    assert f"column public.{TABLE}.colour is there only after a fresh install" in fault.message


@pytest.mark.parametrize(("hook", "line"), [(PRE, 6), (POST, 6)])
def test_a_hook_that_fails(upgraded, hook, line):
    (fault,) = upgraded({hook: "SELECT 1;\nSELECT 1 / 0;"}).faults
    assert messages([fault]) == [
        f"migrations/{hook}:{line}:1: an upgrade from 1.0.0 with rows in its tables fails:"
        " division by zero (SQLSTATE 22012)"
    ]


def test_a_hook_sees_the_schema_of_its_time(upgraded):
    found = upgraded({**more(ADD, DROP), PRE: f"UPDATE {TABLE} SET colour = 'black';"})
    assert 'column "colour" of relation' in found.faults[0].message
    assert found.faults[0].at.path == f"migrations/{PRE}"


def test_a_hook_that_cannot_run_again(upgraded):
    hook = f"INSERT INTO {TABLE} (tenant_id, title) SELECT tenant_id, 'more' FROM {TABLE};"
    (fault,) = upgraded({POST: hook}).faults
    assert fault.message == (
        f"run again, the hook changes data once more: table public.{TABLE}: 16 rows became 32, and"
        " 1 more"
    )
    hook = "CREATE TABLE tenant_sample_module_x (n int); DROP TABLE tenant_sample_module_x;"
    assert upgraded({POST: hook}).faults == []


def test_a_hook_that_is_stopped_in_its_midst(upgraded):
    once = f"UPDATE {TABLE} SET title = title || '.' WHERE title NOT LIKE '%..';"
    found = upgraded({POST: f"BEGIN;\n{once}\nCOMMIT;\nSELECT 1;"})
    assert messages(found.faults)[0].startswith(
        f"migrations/{POST}:7:1: in a hook: stopped after this statement and run again, the"
        f" migration ends elsewhere: table public.{TABLE}: its 8 rows were changed, and 1 more"
    )
    drop, make = "DROP INDEX CONCURRENTLY IF EXISTS i;\n", f"CREATE INDEX CONCURRENTLY i ON {TABLE}"
    assert upgraded({POST: f"{drop}{make} (title);\n{drop}"}).faults == []


def test_rows_that_are_lost(upgraded):
    (fault,) = upgraded({PRE: f"DELETE FROM {TABLE} WHERE title LIKE '%';"}).faults
    assert fault.message == f"the upgrade from 1.0.0 loses rows: 8 of 8 in table public.{TABLE}"


def test_values_that_change_are_noted(upgraded):
    (note,) = upgraded({POST: f"UPDATE {TABLE} SET title = 'new' WHERE title <> 'new';"}).notes
    assert f"changes values of older rows: column title of table public.{TABLE} in 8 rows" in (
        note.message
    )
    assert "to 'new'" in note.message


def test_what_is_renamed_is_not_lost(upgraded):
    found = upgraded(
        more(f"""
DO $$ BEGIN
    IF to_regclass('{TABLE}') IS NOT NULL AND to_regclass('tenant_sample_module_pages') IS NULL THEN
        ALTER TABLE {TABLE} RENAME COLUMN title TO name;
        ALTER TABLE {TABLE} RENAME TO tenant_sample_module_pages;
    END IF;
    DROP TABLE IF EXISTS {TABLE};
END $$;""", f"""
ALTER TABLE tenant_sample_module_pages RENAME TO {TABLE};
ALTER TABLE {TABLE} RENAME COLUMN name TO title;""")
    )  # fmt: skip
    assert not any("loses" in fault.message for fault in (*found.faults, *found.notes))


def test_a_table_made_anew_is_the_same(upgraded):
    found = upgraded(
        {
            POST: f"""
CREATE TABLE copied AS SELECT * FROM {TABLE};
DELETE FROM {TABLE};
INSERT INTO {TABLE} (tenant_id, id, title, created_at, updated_at, version)
    OVERRIDING SYSTEM VALUE
    SELECT tenant_id, id, title, created_at, updated_at, version FROM copied;
DROP TABLE copied;"""
        }
    )
    assert not any("loses" in fault.message for fault in found.faults)


def test_data_that_goes_with_a_column_is_named(upgraded):
    drop = f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS title;"
    back = f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS title text NOT NULL DEFAULT '';"
    found = upgraded(more(drop, back))
    assert messages(found.notes) == [
        "migrations/001_more.sql:1:1: the upgrade from 1.0.0 loses: column title of table"
        f" public.{TABLE} (6 rows had a value)"
    ]
    assert "does not restore its schema" in found.faults[0].message


def test_no_way_back(upgraded):
    (fault,) = upgraded({"001_more.sql": ADD}).faults
    assert messages([fault]) == [
        "migrations/001_more.sql:1:1: there is no way back to 1.0.0: this migration has no rollback"
    ]


def test_a_rollback_that_leaves_something(upgraded):
    (fault,) = upgraded(more(ADD)).faults
    assert fault.message == (
        "rolling back to 1.0.0 does not restore its schema: column"
        f" public.{TABLE}.colour is left behind"
    )


def test_a_rollback_that_deletes_and_one_that_changes_old_rows(upgraded):
    (fault,) = upgraded(more(ADD, f"{DROP} DELETE FROM {TABLE};")).faults
    assert fault.message == f"rolling back to 1.0.0 loses rows: 6 of 6 in table public.{TABLE}"
    (fault,) = upgraded(more(ADD, f"{DROP} UPDATE {TABLE} SET title = 'old';")).faults
    assert "rolling back to 1.0.0 changes rows of that version: column title" in fault.message


def test_an_upgrade_after_a_rollback(upgraded):
    up = f"""{ADD}
DO $$ BEGIN
    IF (SELECT count(*) FROM {TABLE} WHERE title = 'been here') > 0 THEN
        RAISE EXCEPTION 'a second time';
    END IF;
    UPDATE {TABLE} SET title = 'been here' WHERE false;
END $$;"""
    found = upgraded(more(up, DROP))
    assert messages(found.faults) == []


def test_modules_without_tables_or_with_functions_only(upgraded):
    function = (
        "CREATE OR REPLACE FUNCTION sample_module_one() RETURNS int LANGUAGE sql AS 'SELECT {}';"
    )
    released = {
        "000_init.sql": HEAD + function.format(1),
        "rollback/000_init.sql": HEAD + "DROP FUNCTION IF EXISTS sample_module_one();",
    }
    init = {"000_init.sql": function.format(1),
            "rollback/000_init.sql": "DROP FUNCTION IF EXISTS sample_module_one();"}  # fmt: skip
    two = more(function.format(2), function.format(1))
    assert messages(upgraded({**init, **two}, released).faults) == []
    lost = more(function.format(2), "SELECT 1;")
    assert "does not restore its schema" in upgraded({**init, **lost}, released).faults[0].message


def test_modules_without_migrations(sql_module, database):
    none = {"000_init.sql": "", "rollback/000_init.sql": ""}
    empty, full = sql_module(none), sql_module()
    found = upgrade(database(empty), empty, empty)
    assert (found.faults, found.notes, found.unfilled) == ([], [], ())
    first = upgrade(database(full), empty, full)
    assert messages(first.faults) == []
    assert messages(first.notes) == [
        "migrations/rollback/000_init.sql:1:1: rolling back to 1.0.0 loses: table"
        f" public.{TABLE} (2 rows)"
    ]
    (fault,) = upgrade(database(empty), full, empty).faults
    assert fault.message.startswith("an upgrade from 1.0.0 ends with another schema than a fresh")
    assert fault.at.path == "module.json"


def test_a_released_version_that_does_not_install_is_inconclusive(upgraded):
    with pytest.raises(CouldNotCheckError, match=r"released 1\.0\.0 does not install"):
        upgraded({}, {"000_init.sql": "SELECT * FROM elsewhere;"})


def with_columns(columns: str) -> dict[str, str]:
    return {"000_init.sql": BASE.replace("title text NOT NULL,", f"title text NOT NULL, {columns}")}


NARROWER = {
    "a unique key": f"CREATE UNIQUE INDEX IF NOT EXISTS one ON {TABLE} (tenant_id, title);",
    "a key over tenants": f"""ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS one;
ALTER TABLE {TABLE} ADD CONSTRAINT one UNIQUE (title);""",
    "a rule that is validated": f"""ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS short;
ALTER TABLE {TABLE} ADD CONSTRAINT short CHECK (length(title) < 40) NOT VALID;
ALTER TABLE {TABLE} VALIDATE CONSTRAINT short;""",
    "a rule": f"""ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS known;
ALTER TABLE {TABLE} ADD CONSTRAINT known CHECK (title !~ '^legacy-');""",
    "a rule of numbers": f"""ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS positive;
ALTER TABLE {TABLE} ADD CONSTRAINT positive CHECK (n >= 0);""",
    "a shorter text": f"ALTER TABLE {TABLE} ALTER COLUMN title TYPE varchar(12);",
    "a text that is not so short": f"ALTER TABLE {TABLE} ALTER COLUMN title TYPE varchar(1000);",
    "a smaller number": f"ALTER TABLE {TABLE} ALTER COLUMN n TYPE smallint;",
    "fewer digits": f"ALTER TABLE {TABLE} ALTER COLUMN price TYPE numeric(8,2);",
}


@pytest.mark.parametrize("name", NARROWER)
def test_what_old_rows_do_not_fit(upgraded, name):
    released = with_columns("n integer, price numeric(10,2),")
    found = upgraded(released | more(NARROWER[name]), released)
    assert "an upgrade from 1.0.0 with rows in its tables fails" in messages(found.faults)[0]


def test_what_old_rows_are_made_to_fit(upgraded):
    up = f"""
UPDATE {TABLE} SET n = 0 WHERE n < 0;
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS positive;
ALTER TABLE {TABLE} ADD CONSTRAINT positive CHECK (n >= 0);
UPDATE {TABLE} SET title = left(title, 12) || id WHERE length(title) > 12;
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS short;
ALTER TABLE {TABLE} ADD CONSTRAINT short CHECK (length(title) < 40) NOT VALID;
ALTER TABLE {TABLE} VALIDATE CONSTRAINT short;
"""
    down = f"""ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS positive;
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS short;"""
    released = with_columns("n integer,")
    found = upgraded(released | more(up, down), released)
    assert messages(found.faults) == []

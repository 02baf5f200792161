"""What statements lock, read and rewrite, as the server tells it."""

from __future__ import annotations

import pytest

from gates.database.proofs.locks.blocking import told
from gates.database.proofs.locks.lock_modes import Mode
from gates.database.proofs.locks.measure import growths, measure
from gates.database.proofs.locks.observe import shortened
from gates.database.rows.many_rows import TENANT
from tests.database.conftest import TABLE

RELEASED = ("migrations/000_init.sql",)
ROWS = 1000


@pytest.fixture
def watched(sql_module, database):
    """What was observed of one file after the base's."""

    def watch(sql: str, rows: int = ROWS):
        opened = database(sql_module({"001_next.sql": sql}))
        return measure(opened, rows, released=RELEASED, only_new=True).files[0]

    return watch


REWRITES = "rewrites T and builds 2 indexes"
LOOP = (
    f"DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM {TABLE} LOOP"
    f" PERFORM title FROM {TABLE} WHERE tenant_id = '{TENANT}' AND id = r.id; END LOOP; END $$"
)
DOES = {
    f"ALTER TABLE {TABLE} ADD COLUMN n integer DEFAULT 1 NOT NULL": "",
    f"ALTER TABLE {TABLE} ADD COLUMN n timestamptz DEFAULT now()": "",
    f"ALTER TABLE {TABLE} ADD CHECK (title <> '') NOT VALID": "",
    f"ALTER TABLE {TABLE} ALTER COLUMN title TYPE varchar": "",
    f"ALTER TABLE {TABLE} ALTER COLUMN version TYPE bigint": REWRITES,
    f"ALTER TABLE {TABLE} ALTER COLUMN updated_at TYPE date": REWRITES,
    f"ALTER TABLE {TABLE} ADD COLUMN n uuid DEFAULT gen_random_uuid()": REWRITES,
    f"ALTER TABLE {TABLE} ADD COLUMN n integer GENERATED ALWAYS AS IDENTITY": REWRITES,
    f"ALTER TABLE {TABLE} ADD COLUMN n text GENERATED ALWAYS AS (title) STORED": REWRITES,
    f"ALTER TABLE {TABLE} ADD CHECK (title <> '')": "reads every row of T",
    f"ALTER TABLE {TABLE} ADD UNIQUE (id)": "reads every row of T and builds index T_id_key",
    f"CREATE INDEX n ON {TABLE} (title)": "reads every row of T and builds index n",
    f"REINDEX INDEX {TABLE}_pkey": "reads every row of T and builds index T_pkey",
    f"CLUSTER {TABLE} USING {TABLE}_pkey": REWRITES,
    f"TRUNCATE {TABLE}": "empties T",
    f"UPDATE {TABLE} SET title = 'x'": f"writes {ROWS:,} rows of table public.audit_logs and "
    "changes every row of T",
    f"DELETE FROM {TABLE}": "changes every row of T",
    f"DO $$ BEGIN PERFORM count(*) FROM {TABLE}; END $$": "reads every row of T",
    f"SELECT FROM {TABLE} WHERE tenant_id = '{TENANT}' AND id = 7": "reads 1 rows of T",
    LOOP: "reads every row of T",
}


def test_what_a_statement_does(watched):
    file = watched("".join(f"BEGIN; {sql}; ROLLBACK;" for sql in DOES))
    steps = file.observed.steps[::2]
    assert [step.text for step in steps] == [shortened(sql) for sql in DOES]
    found = [
        " and ".join(each.shown for each in step.effects)
        .replace(f"table public.{TABLE}", "T").replace(TABLE, "T")
        for step in steps
    ]  # fmt: skip
    assert dict(zip(DOES, found, strict=True)) == DOES


def test_set_not_null_reads_nothing_where_a_valid_check_stands(watched):
    sql = (
        f"ALTER TABLE {TABLE} ALTER COLUMN title DROP NOT NULL;"
        f"ALTER TABLE {TABLE} ADD CONSTRAINT n CHECK (title IS NOT NULL);"
        f"ALTER TABLE {TABLE} ALTER COLUMN title SET NOT NULL;"
    )
    steps = watched(sql).observed.steps
    assert [bool(step.effects) for step in steps] == [False, True, False, False]


def test_a_lock_lasts_until_the_transaction_ends(watched):
    file = watched(
        f"ALTER TABLE {TABLE} ADD COLUMN n text;\nSELECT pg_sleep(0.2);\n"
        f"CREATE INDEX n ON {TABLE} (n);"
    )
    (window,) = file.windows
    assert (window.mode, [step.at.line for step in window.steps]) == (
        Mode.ACCESS_EXCLUSIVE, [1, 2, 3, 3],
    )  # fmt: skip
    assert window.seconds >= 0.2
    assert "line 1 to the end of the file" in told(file, window)
    assert "of which line 2 (SELECT pg_sleep(0.2))" in told(file, window)
    assert [step.at.line for step in window.heavy] == [3]


def test_a_stronger_mode_counts_from_where_it_was_taken(watched):
    file = watched(f"LOCK TABLE {TABLE} IN SHARE MODE;\nALTER TABLE {TABLE} ADD COLUMN n text;")
    assert [(each.mode, each.steps[0].at.line) for each in file.windows] == [
        (Mode.SHARE, 1), (Mode.ACCESS_EXCLUSIVE, 2),
    ]  # fmt: skip


def test_transactions_of_the_files_own(watched):
    file = watched(
        f"BEGIN;\nALTER TABLE {TABLE} ADD COLUMN n text;\nCOMMIT;\nCREATE INDEX n ON {TABLE} (n);"
    )
    assert [(each.mode, len(each.steps), each.whole_file) for each in file.windows] == [
        (Mode.ACCESS_EXCLUSIVE, 2, False), (Mode.SHARE, 1, False),
    ]  # fmt: skip


def test_statements_outside_of_transactions(watched):
    file = watched(
        f"CREATE INDEX CONCURRENTLY n ON {TABLE} (title);\nVACUUM FULL {TABLE};\n"
        f"DO $$ BEGIN UPDATE {TABLE} SET title = 'x'; COMMIT; END $$;\n"
        f"ALTER TABLE {TABLE} ADD COLUMN n text"
    )
    assert [each.mode for each in file.windows] == [
        Mode.SHARE_UPDATE_EXCLUSIVE, Mode.ACCESS_EXCLUSIVE, Mode.ACCESS_EXCLUSIVE,
    ]  # fmt: skip
    built, rewritten = (file.observed.steps[number].effects for number in (0, 1))
    assert built[0].built == ("n",)
    assert rewritten[0].rewritten


def test_an_exclusive_lock_on_an_index_stops_readers_of_its_table(watched):
    file = watched(f"REINDEX INDEX {TABLE}_pkey")
    assert {(each.mode, each.label) for each in file.windows} == {
        (Mode.ACCESS_EXCLUSIVE, f"table public.{TABLE}")
    }


def test_a_table_of_the_same_file_has_no_locks(watched):
    file = watched("CREATE TABLE n (a integer); CREATE INDEX ON n (a); ALTER TABLE n ADD b text")
    assert file.windows == ()


def test_a_foreign_key_locks_the_table_that_it_refers_to(watched):
    file = watched("CREATE TABLE n (a uuid REFERENCES tenants (id))")
    assert [(each.mode, each.label) for each in file.windows] == [
        (Mode.SHARE_ROW_EXCLUSIVE, "table public.tenants")
    ]


def test_growth_is_told_by_rows_and_not_by_time(sql_module, database):
    sql = (
        f"ALTER TABLE {TABLE} ADD COLUMN n text;\nALTER TABLE {TABLE} ADD CHECK (title <> '');\n"
        f"CREATE INDEX n ON {TABLE} (n);\n"
        f"DO $$ BEGIN PERFORM count(*) FROM {TABLE} a, {TABLE} b WHERE a.title > b.title; END $$;"
    )
    opened = database(sql_module({"001_next.sql": sql}))
    sizes = [measure(opened, rows, released=RELEASED, only_new=True) for rows in (50, 200)]
    shapes = [each.shape for (path, _), each in growths(sizes).items() if "001" in path]
    assert shapes == ["constant", "linear", "n log n", "linear", "constant"]

"""Migrations that are stopped in their midst, and run again."""

from __future__ import annotations

import pytest

from gates.database.parsing.script import parse
from gates.database.proofs.idempotency.resume import Stop, stops
from gates.model import Verdict
from tests.database.conftest import HEAD, results

NOTES = "tenant_sample_module_notes"
INDEX = f"CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_title ON {NOTES} (tenant_id, title);\n"


@pytest.fixture
def resumed(sql_module, shared):
    """The result of the check for a module with one more migration."""

    def run(sql: str):
        module = sql_module({"001_more.sql": HEAD + sql})
        return results(module, shared, "migrations-resume")["migrations-resume"]

    return run


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE a (); CREATE TABLE b ();", []),
        ("SET a.b = 1; CREATE INDEX CONCURRENTLY i ON t (a);", [Stop(1, True)]),
        ("CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1;", [Stop(0, True), Stop(0)]),
        ("BEGIN; CREATE TABLE a (); COMMIT; CREATE TABLE b ();", [Stop(2)]),
        ("BEGIN; CREATE TABLE a (); COMMIT AND CHAIN; CREATE TABLE b (); COMMIT; SELECT 1;",
         [Stop(4)]),
        ("BEGIN; SAVEPOINT s; CREATE TABLE a (); ROLLBACK TO s; COMMIT; SELECT 1;", [Stop(4)]),
        ("VACUUM; ALTER TABLE p DETACH PARTITION q CONCURRENTLY;", [Stop(0), Stop(1, True)]),
    ],
)  # fmt: skip
def test_where_a_script_can_be_stopped(sql, expected):
    assert list(stops(parse("a.sql", sql))) == expected


def test_files_in_one_transaction_leave_nothing(resumed):
    result = resumed(f"ALTER TABLE {NOTES} ADD COLUMN IF NOT EXISTS colour text;")
    assert result.verdict is Verdict.PASS
    assert [record.detail for record in result.records][-1] == "each runs in one transaction"


def test_an_invalid_index_that_is_kept(resumed):
    (finding,) = resumed(INDEX).findings
    assert (finding.location.line, finding.location.column) == (5, 1)
    assert finding.message == (
        "interrupted in this statement and run again, the migration ends elsewhere:"
        " index public.notes_title: validity: nothing became invalid, and 1 more"
    )
    assert "DROP INDEX CONCURRENTLY IF EXISTS" in finding.fix


@pytest.mark.parametrize(
    "sql",
    [
        "DROP INDEX CONCURRENTLY IF EXISTS notes_title;\n" + INDEX.replace("IF NOT EXISTS ", ""),
        """DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('notes_title')
                AND NOT indisvalid) THEN DROP INDEX notes_title; END IF;
        END $$;\n""" + INDEX,
    ],
)  # fmt: skip
def test_an_invalid_index_that_is_made_again(resumed, sql):
    result = resumed(sql)
    assert (result.verdict, result.reason, result.findings) == (Verdict.PASS, None, ())
    assert result.records[-1].detail.startswith("stopped at")


def test_a_statement_that_does_not_run_twice(resumed):
    (finding,) = resumed(f"ALTER TABLE {NOTES} ADD COLUMN colour text;\n" + INDEX).findings
    assert finding.message == (
        "stopped after this statement, the migration does not run again: migrations/001_more.sql"
        ':5:1: column "colour" of relation "tenant_sample_module_notes" already exists'
        " (SQLSTATE 42701)"
    )


def test_an_index_that_is_not_there_the_second_time(resumed):
    found = resumed("DROP INDEX CONCURRENTLY tenant_sample_module_notes_created_idx;\nSELECT 1;")
    messages = [finding.message for finding in found.findings]
    assert any("stopped after this statement, the migration does not run" in m for m in messages)


def test_rows_that_double(resumed):
    (finding,) = resumed(f"""
BEGIN;
INSERT INTO {NOTES} (tenant_id, title) SELECT tenant_id, 'more' FROM {NOTES} WHERE title <> 'more';
COMMIT;
BEGIN;
SELECT 1;
COMMIT;
""").findings
    assert finding.location.line == 8
    assert finding.message == (
        "stopped after this statement and run again, the migration ends elsewhere:"
        f" table public.{NOTES}: 8 rows became 12, and 1 more"
    )


def test_clocks_and_random_values_are_no_difference(resumed):
    result = resumed(f"""
BEGIN;
CREATE TABLE IF NOT EXISTS tenant_sample_module_seeds (
    tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), name text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (tenant_id, id)
);
COMMIT;
INSERT INTO tenant_sample_module_seeds (tenant_id, name)
    SELECT gen_random_uuid(), 'seed' ON CONFLICT DO NOTHING;
UPDATE {NOTES} SET title = 'new' WHERE title <> 'new';
""")
    assert (result.verdict, result.reason, result.findings) == (Verdict.PASS, None, ())


def test_a_partition_that_is_half_detached(resumed):
    found = resumed("""
CREATE TABLE IF NOT EXISTS tenant_sample_module_events (n int) PARTITION BY RANGE (n);
CREATE TABLE IF NOT EXISTS tenant_sample_module_events_1 PARTITION OF tenant_sample_module_events
    FOR VALUES FROM (1) TO (2);
ALTER TABLE tenant_sample_module_events DETACH PARTITION tenant_sample_module_events_1 CONCURRENTLY;
""")
    within = [each for each in found.findings if "interrupted in this" in each.message]
    assert "already pending detach" in within[0].message


def test_an_index_of_a_materialized_view(resumed):
    found = resumed(f"""
CREATE MATERIALIZED VIEW IF NOT EXISTS sample_module_titles AS SELECT tenant_id, title FROM {NOTES};
CREATE INDEX CONCURRENTLY IF NOT EXISTS titles_idx ON sample_module_titles (tenant_id);
""").findings
    assert [each.message for each in found] == [
        "interrupted in this statement and run again, the migration ends elsewhere: index"
        " public.titles_idx: validity: nothing became invalid"
    ]


def test_an_index_under_another_search_path(resumed):
    found = resumed(f"""
CREATE SCHEMA IF NOT EXISTS sample_module;
SET search_path TO sample_module, public;
CREATE TABLE IF NOT EXISTS "Odd ""Name" (n int);
CREATE INDEX CONCURRENTLY IF NOT EXISTS odd ON "Odd ""Name" (n);
REINDEX TABLE CONCURRENTLY {NOTES};
""").findings
    assert "index sample_module.odd: validity: nothing became invalid" in found[0].message
    assert "_ccnew is new" in found[1].message

"""What a statement in code may be: one that reads or writes the module's own rows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.database.rules.code import find_foreign

OWN = "tenant_notes_"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT id FROM tenant_notes_notes WHERE id = $1",
        "SELECT id FROM public.tenant_notes_notes WHERE title LIKE 'a%%' AND id = %(id)s",
        "SELECT count(*) FROM tenant_notes_notes AS n JOIN tenant_notes_tags AS t USING (id)",
        "WITH latest AS (SELECT id FROM tenant_notes_notes) SELECT id FROM latest FOR UPDATE",
        "INSERT INTO tenant_notes_notes (id) VALUES (%s) ON CONFLICT DO NOTHING RETURNING id;",
        "UPDATE tenant_notes_notes SET version = version + 1 WHERE id = ANY($1::bigint[])",
        "DELETE FROM tenant_notes_notes WHERE created_at < now() - $1::interval",
        "MERGE INTO tenant_notes_notes n USING tenant_notes_tags t ON n.id = t.id"
        " WHEN MATCHED THEN UPDATE SET version = 2",
        "SELECT nextval('tenant_notes_numbers'), pg_advisory_xact_lock(1), auth.jwt()",
        "SELECT * FROM jsonb_to_recordset($1) AS rows(id bigint)",
    ],
)
def test_own_rows(sql):
    assert list(find_foreign(sql, OWN)) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT set_config('request.jwt.claims', $1, false)", "set_config()"),
        ("SELECT pg_catalog.set_config('role', 'postgres', true)", "set_config()"),
        ("RESET ROLE", "SET is neither"),
        ("SET ROLE postgres", "SET is neither"),
        ("SET LOCAL request.jwt.claims = '{}'", "SET is neither"),
        ("RESET ALL", "SET is neither"),
        ("SET SESSION AUTHORIZATION DEFAULT", "SET is neither"),
        ("DISCARD ALL", "DISCARD is neither"),
        ("SELECT id FROM tenant_billing_invoices", "tenant_billing_invoices is no table"),
        ("SELECT id FROM core_modules", "core_modules is no table"),
        ("SELECT id FROM auth.users", "auth.users is no table"),
        ("SELECT rolname FROM pg_roles", "pg_roles is no table"),
        ("SELECT id FROM other.tenant_notes_notes", "other.tenant_notes_notes is no table"),
        ("UPDATE tenant_notes_notes SET id = (SELECT id FROM audit_logs)", "audit_logs is no"),
        ("DELETE FROM tenant_notes_notes USING tenant_billing_x AS b", "tenant_billing_x is no"),
        ("WITH a AS (DELETE FROM tenant_billing_x RETURNING 1) SELECT 1", "tenant_billing_x is"),
        (
            "SELECT 1 FROM tenant_billing_x WHERE EXISTS"
            " (WITH tenant_billing_x AS (SELECT 1) SELECT 1)",
            "the name of a WITH query and of a table",
        ),
        ("CREATE TABLE tenant_notes_x (id int)", "CREATE is neither"),
        ("SELECT id INTO tenant_notes_x FROM tenant_notes_notes", "SELECT INTO makes"),
        ("TRUNCATE tenant_notes_notes", "TRUNCATE is neither"),
        ("DO $$ BEGIN END $$", "DO is neither"),
        ("COPY tenant_notes_notes TO STDOUT", "COPY is neither"),
        ("LISTEN notes", "LISTEN is neither"),
        ("PREPARE a AS SELECT 1", "PREPARE is neither"),
        ("SELECT 1; RESET ROLE", "this text is 2 statements"),
        ("", "this text is 0 statements"),
        ("SELECT FROM WHERE", "PostgreSQL cannot read"),
        ("SELECT id FROM %(table)s", "PostgreSQL cannot read"),
        ("SELECT pg_read_file('/etc/passwd')", "pg_read_file()"),
        ("SELECT pg_advisory_lock(1)", "pg_advisory_lock() reaches"),
        ("SELECT pg_sleep(10)", "pg_sleep() reaches"),
        ("SELECT query_to_xml('SELECT 1', true, true, '')", "query_to_xml() runs a text"),
        ("SELECT table_to_xml('core_modules', true, true, '')", "table_to_xml() runs a text"),
        ("SELECT nextval('tenant_billing_numbers')", "nextval() of a sequence"),
        ("SELECT setval($1::text, 1)", "setval() of a sequence"),
        ("SELECT dblink('host=x', 'SELECT 1')", "dblink()"),
    ],
)
def test_anything_else(sql, said):
    assert any(said in each for each in find_foreign(sql, OWN))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="tenant_OTHER.\"';-$% ()1", max_size=30))
def test_what_is_put_behind_a_statement_is_never_run_unseen(rest):
    """Whatever follows, a text that names another's table says so, or cannot be read."""
    found = list(find_foreign(f"SELECT 1 FROM tenant_other_x {rest}", OWN))
    assert found

"""A statement of the migrations fails: the others run, and every check says what it can."""

from __future__ import annotations

from gates.model import Verdict
from tests.database.conftest import BASE, HEAD, TABLE, results

P = "tenant_sample_module_"
BROKEN = {
    "000_init.sql": BASE.replace(
        "(auth.jwt() ->> 'tenant_id')::uuid", "auth.jwt() ->> 'tenant_id'"
    ),
    "001_more.sql": f"""{HEAD}
CREATE TABLE IF NOT EXISTS {P}tags (n int);
CREATE TABLE IF NOT EXISTS {P}links (n integr, CHECK (n > 0));
CREATE INDEX IF NOT EXISTS {P}links_idx ON {P}links (n);
ALTER TABLE {P}links ENABLE ROW LEVEL SECURITY;
ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 7 + 'x';
""",
}


def test_every_statement_that_fails_is_told_of_in_one_run(sql_module, shared):
    found = results(
        sql_module(BROKEN), shared, "migrations-apply", "row-security", "table-columns",
        "tenant-isolation", "migrations-idempotent",
    )  # fmt: skip
    said = [each.message for each in found["migrations-apply"].findings]
    assert said == [
        "operator does not exist: uuid = text (SQLSTATE 42883)",
        'type "integr" does not exist (SQLSTATE 42704); 2 later statements fail for want of it',
        'invalid input syntax for type integer: "x" (SQLSTATE 22P02)',
    ]
    for check, part in (
        ("row-security", f"{TABLE} has no policy named tenant_isolation"),
        ("row-security", f"row level security is not enabled on {P}tags"),
        ("table-columns", "has no column tenant_id"),
    ):
        messages = [each.message for each in found[check].findings if part in each.message]
        assert messages, (check, part)
        assert all(each.endswith(" (on an incomplete schema)") for each in messages)
    assert found["migrations-idempotent"].verdict is Verdict.INCONCLUSIVE
    assert "the migrations do not apply (migrations/000_init.sql:" in (
        found["migrations-idempotent"].reason or ""
    )


def test_what_is_right_on_an_incomplete_schema_has_not_passed(sql_module, shared):
    files = {"001_more.sql": f"{HEAD}SELECT 1 / 0;"}
    result = results(sql_module(files), shared, "row-security")["row-security"]
    assert (result.verdict, result.findings) == (Verdict.INCONCLUSIVE, ())
    assert "division by zero" in (result.reason or "")

"""A finding stands where its cause is, says it once, and of nobody who is not concerned."""

from __future__ import annotations

import pytest

from gates.model import Level
from tests.database.conftest import BASE, HEAD, TABLE, results
from tests.database.corpus.shape import table

# names of tables


def names(module, shared) -> list[tuple[str, str, int]]:
    found = results(module, shared, "migration-names")["migration-names"].findings
    return [(each.message, each.location.path, each.location.line) for each in found]


def test_a_wrong_prefix_is_told_once_and_the_table_is_the_modules_own(sql_module, shared):
    wrong = "tenant_notes_items"
    sql = table("items").replace("tenant_sample_module_items", wrong)
    again = f"CREATE TABLE IF NOT EXISTS {wrong} (tenant_id uuid);\nUPDATE {wrong} SET version = 2;"
    files = {
        "001_more.sql": HEAD + sql,
        "002_again.sql": HEAD + again,
        "rollback/001_more.sql": HEAD + f"DROP TABLE IF EXISTS {wrong};",
    }
    assert names(sql_module(files), shared) == [
        (f"the table {wrong} does not begin with tenant_sample_module_", "migrations/001_more.sql",
         6),
    ]  # fmt: skip


def test_a_table_that_the_module_does_not_make_is_still_another_modules(sql_module, shared):
    sql = HEAD + "UPDATE tenant_billing_invoices SET paid = true;"
    assert names(sql_module({"001_more.sql": sql}), shared) == [
        ("tenant_billing_invoices belongs to another module", "migrations/001_more.sql", 5)
    ]


# what is not repeatable


@pytest.mark.parametrize(
    ("sql", "line", "says"),
    [
        (f"SELECT 1;\nINSERT INTO {TABLE} (tenant_id, title)\n"
         "    VALUES ('aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'a');\n", 6, "1 row became 2"),
        (f"INSERT INTO {TABLE} (tenant_id, id, title) OVERRIDING SYSTEM VALUE\n"
         "    VALUES ('aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 900, 'a') ON CONFLICT DO NOTHING;\n"
         f"DO $$\nBEGIN\n    INSERT INTO {TABLE} (tenant_id, title)\n"
         "        VALUES ('aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'b');\nEND $$;\n",
         9, "2 rows became 3"),
        (f"INSERT INTO {TABLE} (tenant_id, id, title) OVERRIDING SYSTEM VALUE\n"
         "    VALUES ('aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 900, 'a') ON CONFLICT DO NOTHING;\n"
         f"UPDATE {TABLE} SET title = title || '!';\n", 7, "was changed"),
    ],
    ids=["a seed", "the one without ON CONFLICT, in a block", "an update"],
)  # fmt: skip
def test_what_doubles_is_named_by_its_statement(sql, line, says, sql_module, shared):
    module = sql_module({"001_more.sql": HEAD + sql})
    found = results(module, shared, "migrations-idempotent")["migrations-idempotent"].findings
    assert [(each.location.path, each.location.line) for each in found] == [
        ("migrations/001_more.sql", line)
    ]
    assert says in found[0].message


# audit triggers

TRIGGER = "AFTER INSERT OR UPDATE ON tenant_sample_module_notes\n    FOR EACH ROW"
FORM = "the standard's is AFTER INSERT OR UPDATE .. FOR EACH ROW without any condition"


@pytest.mark.parametrize(
    ("trigger", "says"),
    [
        (TRIGGER.replace("FOR EACH ROW", "FOR EACH ROW WHEN (NEW.version = 1)"),
         "has a WHEN condition"),
        (TRIGGER.replace(" OR UPDATE", ""), "leaves UPDATE out"),
        (TRIGGER.replace("INSERT OR UPDATE", "INSERT OR UPDATE OF title"),
         "fires for some columns alone"),
        (TRIGGER.replace("INSERT OR UPDATE", "INSERT OR UPDATE OR DELETE"),
         "fires on DELETE or TRUNCATE too"),
        (TRIGGER.replace("FOR EACH ROW", "FOR EACH STATEMENT"), "is FOR EACH STATEMENT"),
    ],
)  # fmt: skip
def test_an_audit_trigger_is_told_what_is_unlike(trigger, says, sql_module, shared):
    assert TRIGGER in BASE
    found = results(sql_module({"000_init.sql": BASE.replace(TRIGGER, trigger)}), shared,
                    "audit-trigger")["audit-trigger"].findings  # fmt: skip
    (told,) = (each.message for each in found if each.definition)
    assert told.endswith(f" {says}: {FORM}")


STATEMENT_LEVEL = f"""
CREATE OR REPLACE FUNCTION sample_module_write_audit_log() RETURNS trigger LANGUAGE plpgsql
    SET search_path = '' AS $$
BEGIN
    INSERT INTO public.audit_logs (tenant_id, table_name, operation, row_id, actor, new_data)
    SELECT n.tenant_id, TG_TABLE_NAME, TG_OP, n.id::text, auth.uid(), to_jsonb(n) FROM new_rows n;
    RETURN NULL;
END $$;
DROP TRIGGER tenant_sample_module_notes_audit ON {TABLE};
CREATE TRIGGER added AFTER INSERT ON {TABLE} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sample_module_write_audit_log();
CREATE TRIGGER changed AFTER UPDATE ON {TABLE} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sample_module_write_audit_log();
"""


def test_a_statement_level_trigger_is_a_deviation_without_conditions(sql_module, shared):
    module = sql_module({"001_more.sql": HEAD + STATEMENT_LEVEL})
    found = results(module, shared, "audit-trigger")["audit-trigger"].findings
    errors = [each.message for each in found if each.level is Level.ERROR]
    assert [each.partition(" on public.")[0] for each in errors] == ["the trigger added"]
    assert "and not the platform's audit_row_change()" in errors[0]
    assert not any("condition" in each.message for each in found)


# content that comes twice

CREATE = f"COMMENT ON TABLE {TABLE} IS 'Notes';\n"
INDEX = f"DROP INDEX IF EXISTS a;\nCREATE INDEX a ON {TABLE} (tenant_id, title);\n"
SEED = f"INSERT INTO {TABLE} (tenant_id, title) VALUES (gen_random_uuid(), 'a');\n"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (HEAD + INDEX + HEAD + INDEX, "twice: the 2 statements before this one come again"),
        (HEAD + INDEX + INDEX + INDEX, "3 times: the 2 statements before this one come again"),
        (HEAD + CREATE + CREATE.replace(" ON ", "\n  ON  "),
         "twice: the statement before this one comes again"),
        (HEAD + CREATE + SEED + "BEGIN;\n" + CREATE + SEED + "COMMIT;\n", "twice"),
    ],
    ids=["with its head", "three times", "in other lines", "in a transaction of its own"],
)  # fmt: skip
def test_a_file_that_holds_its_content_twice(sql, says, sql_module, shared):
    result = results(sql_module({"001_more.sql": sql}), shared, "migration-repeated")
    (finding,) = result["migration-repeated"].findings
    assert finding.level is Level.WARNING
    assert says in finding.message
    assert finding.location.path == "migrations/001_more.sql"


@pytest.mark.parametrize(
    "sql",
    [HEAD + SEED + SEED, HEAD + INDEX + CREATE + INDEX, HEAD + INDEX, HEAD],
    ids=["the same row twice", "something between", "once", "nothing"],
)
def test_what_is_no_repeated_file(sql, sql_module, shared):
    result = results(sql_module({"001_more.sql": sql}), shared, "migration-repeated")
    assert result["migration-repeated"].findings == ()

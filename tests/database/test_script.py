"""Files as the parser sees them: places of statements, also of those inside others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.locate import place_of
from gates.database.parsing.relations import created_tables, touched
from gates.database.parsing.script import leading, parse
from gates.database.parsing.statements import UNKNOWN, statements_of

comments = st.sampled_from(["", " ", "\n", "-- é;\n", "/* ; /* nested */ ü */", "\t\n"])
bodies = st.sampled_from(
    ["SELECT 1", "SELECT 'é;'", 'SELECT 1 AS "ü"', "DO $$ BEGIN NULL; END $$", "SELECT $x$;$x$"]
)


@given(st.lists(st.tuples(comments, bodies, comments), min_size=1, max_size=6))
def test_every_statement_is_where_it_says(parts):
    sql = "".join(f"{before}{body}{after};" for before, body, after in parts)
    script = parse("a.sql", sql)
    assert script.fault is None
    assert len(script.statements) == len(parts)
    for statement, (_, body, _) in zip(script.statements, parts, strict=True):
        assert sql[statement.offset :].startswith(body)
        assert statement.text.startswith(body)
        line, column = script.position(statement.offset)
        assert sql.split("\n")[line - 1][column - 1 :].startswith(body.split("\n")[0])


@given(st.text())
def test_any_text_is_parsed_or_has_a_fault_inside_the_file(text):
    script = parse("a.sql", text)
    assert script.fault is None or not script.statements
    if script.fault is not None:
        line, column = script.position(script.fault.offset)
        assert 1 <= line <= text.count("\n") + 1
        assert column >= 1


@given(st.text(alphabet="-/* \n'ax"))
def test_leading_never_goes_too_far(text):
    assert 0 <= leading(text) <= len(text)


@pytest.mark.parametrize(
    ("sql", "outside"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (a)", True),
        ("CREATE INDEX i ON t (a)", False),
        ("DROP INDEX CONCURRENTLY i", True),
        ("REINDEX TABLE CONCURRENTLY t", True),
        ("REINDEX TABLE t", False),
        ("REINDEX SCHEMA s", True),
        ("VACUUM t", True),
        ("ANALYZE t", False),
        ("CLUSTER", True),
        ("CLUSTER t USING i", False),
        ("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", True),
        ("ALTER TABLE p DETACH PARTITION q", False),
        ("CREATE DATABASE d", True),
        ("ALTER SYSTEM SET a = 1", True),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", True),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", False),
        ("ALTER TYPE e ADD VALUE 'x'", False),
    ],
)
def test_what_cannot_be_in_a_transaction(sql, outside):
    assert (parse("a.sql", sql).outside_transaction is not None) is outside


def kinds(sql: str) -> list[tuple[str, int | None]]:
    return [(each.statement.kind, each.line) for each in statements_of(parse("a.sql", sql))]


def test_statements_inside_others():
    sql = """SELECT 1;
DO $$
DECLARE t text;
BEGIN
    IF true THEN
        DROP TABLE a;
    END IF;
    FOR t IN SELECT 'x' LOOP
        EXECUTE 'CREATE TABLE b (n int)';
        EXECUTE format('ALTER TABLE %I ADD c int', t);
    END LOOP;
EXCEPTION WHEN others THEN
    DELETE FROM c;
END
$$;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$
    UPDATE d SET x = 1;
    SELECT 2;
$$;
"""
    found = kinds(sql)
    for expected in (("DropStmt", 6), ("CreateStmt", 9), ("AlterTableStmt", 10), ("DeleteStmt", 13),
                     ("UpdateStmt", 17)):  # fmt: skip
        assert expected in found


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("'DROP TABLE a'", "a"),
        ("format('DROP TABLE %I.%I', 'public', 'a')", "a"),
        ("format('DROP TABLE %I', x)", UNKNOWN),
        ("format('DROP TABLE %s', x::regclass)", UNKNOWN),
        ("format('DROP TABLE %2$I', 'b', 'a') ", "a"),
    ],
)
def test_dynamic_statements_as_far_as_they_are_written_out(expression, name):
    inner = statements_of(parse("a.sql", f"DO $$ BEGIN EXECUTE {expression}; END $$"))
    drops = [each for each in inner if each.statement.kind == "DropStmt"]
    assert [each[1] for each in touched(drops[0].statement.node)] == [name]


@given(st.text(alphabet="BEGINDLARselct12;:='$ \n|x%()", max_size=60))
def test_any_body_is_survived(body):
    tag = "gates_test"
    statements_of(parse("a.sql", f"DO ${tag}${body}${tag}$"))


@pytest.mark.parametrize(
    ("sql", "made", "touches"),
    [
        ("CREATE TABLE a (n int REFERENCES b)", ["a"], {"a", "b"}),
        ("CREATE TEMP TABLE a (n int)", [], {"a"}),
        ("CREATE TABLE a AS SELECT * FROM b", ["a"], {"a", "b"}),
        ("SELECT * INTO a FROM b", ["a"], {"a", "b"}),
        ("ALTER TABLE a RENAME TO b", ["b"], {"a"}),
        ("WITH x AS (SELECT * FROM a) SELECT * FROM x", [], {"a"}),
        ("INSERT INTO a SELECT * FROM b", [], {"a", "b"}),
        ("DROP TABLE a, s.b", [], {"a", "b"}),
        ("DROP POLICY p ON a", [], {"a"}),
        ("DROP TRIGGER p ON a", [], {"a"}),
        ("COMMENT ON COLUMN a.b IS 'x'", [], {"a"}),
        ("GRANT SELECT ON a TO PUBLIC", [], {"a"}),
        ("TRUNCATE a, b", [], {"a", "b"}),
        ("CREATE VIEW v AS SELECT * FROM a", [], {"a", "v"}),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", [], {"a", "b"}),
        ("CREATE TABLE a PARTITION OF b DEFAULT", ["a"], {"a", "b"}),
        ("LOCK TABLE a", [], {"a"}),
    ],
)
def test_what_is_made_and_touched(sql, made, touches):
    statement = parse("a.sql", sql).statements[0]
    assert [name for name, _ in created_tables(statement.kind, statement.node)] == made
    assert {name for _, name, _ in touched(statement.node)} == touches


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("CREATE TABLE\n    tenant_x_a (n int);", 2, 5),
        ("DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'tenant_x_a' || '()'; END $$;", 1, 41),
        ("CREATE VIEW tenant_x_a AS SELECT 1;", 1, 13),
        ("SELECT 1;", None, None),
    ],
)
def test_places_of_objects(sql_module, text, line, column):
    module = sql_module({"000_init.sql": text})
    place = place_of(module, "tenant_x_a", "table public.tenant_x_a")
    assert (place.path, place.line, place.column) == ("migrations/000_init.sql", line, column)
    assert place.object == "table public.tenant_x_a"

"""What an EXECUTE runs is followed through variables, loops and queries, or said to be unknown."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.sql.nested import UNKNOWN, opaque_of, statements_of
from gates.database.sql.quoting import identifier, literal
from gates.database.sql.script import parse


def block(declared: str, body: str):
    return parse("a.sql", f"DO $$ DECLARE {declared} BEGIN {body} END $$")


def runs(script) -> set[str]:
    return {each.statement.text for each in statements_of(script) if each.dynamic}


KNOWN = [
    ("q text := 'DROP TABLE a';", "EXECUTE q;", {"DROP TABLE a"}),
    ("q text := 'DROP TABLE a';", "EXECUTE q; q := 'SELECT 1'; EXECUTE q;",
     {"DROP TABLE a", "SELECT 1"}),
    ("q text;", "q := 'DROP'; q := q || ' TABLE '; q := q || 'a'; EXECUTE q;", {"DROP TABLE a"}),
    ("q text;", "IF true THEN q := 'SELECT 1'; ELSE q := 'SELECT 2'; END IF; EXECUTE q;",
     {"SELECT 1", "SELECT 2"}),
    ("q text;", "EXECUTE CASE WHEN true THEN 'SELECT 1' ELSE 'SELECT 2' END;",
     {"SELECT 1", "SELECT 2"}),
    ("q text;", "FOREACH q IN ARRAY ARRAY['a', 'b'] LOOP EXECUTE 'DROP TABLE ' || q; END LOOP;",
     {"DROP TABLE a", "DROP TABLE b"}),
    ("r record;", "FOR r IN SELECT * FROM (VALUES ('a', 1)) v(t, n) LOOP"
     " EXECUTE format('DROP TABLE %s', r.t); END LOOP;", {"DROP TABLE a"}),
    ("r record;", "FOR r IN SELECT format('DROP TABLE %I', relname) AS q FROM pg_class LOOP"
     " EXECUTE r.q; END LOOP;", {f"DROP TABLE {UNKNOWN}"}),
    ("r record;", "FOR r IN SELECT oid::regclass AS t FROM pg_class LOOP"
     " EXECUTE 'DROP TABLE ' || r.t; END LOOP;", {f"DROP TABLE {UNKNOWN}"}),
    ("m date := now();", "EXECUTE 'DROP TABLE a_' || to_char(m, 'YYYY_MM');",
     {f"DROP TABLE a_{UNKNOWN}"}),
    ("n int;", "EXECUTE 'ALTER SEQUENCE s RESTART WITH ' || n;",
     {"ALTER SEQUENCE s RESTART WITH 0"}),
    ("a text := 'SELECT 1'; b text := 'SELECT 2'; c text;",
     "FOR i IN 1..9 LOOP EXECUTE a; a := b; b := c; c := 'DROP TABLE x'; END LOOP;",
     {"SELECT 1", "SELECT 2", "DROP TABLE x"}),
    ("q text := 'SELECT 1';", "BEGIN q := 'DROP TABLE x'; PERFORM 1/0; q := 'SELECT 2';"
     " EXCEPTION WHEN others THEN EXECUTE q; END;", {"SELECT 1", "DROP TABLE x", "SELECT 2"}),
    ("q text := 'DROP TABLE a';", "DECLARE q text; BEGIN q := 'SELECT 1'; END; EXECUTE q;",
     {"DROP TABLE a", "SELECT 1"}),
    ("c refcursor;", "OPEN c FOR EXECUTE 'SELECT 1';", {"SELECT 1"}),
    ("", "EXECUTE lower('DROP TABLE A');", {"drop table a"}),
    ("", "EXECUTE (SELECT string_agg('DROP TABLE a', ';'));", {"DROP TABLE a"}),
    ("", "PERFORM query_to_xml('DELETE FROM a', true, true, '');", {"DELETE FROM a"}),
    ("", "PERFORM * FROM crosstab('DELETE/**/FROM a') AS t(a int);", {"DELETE/**/FROM a"}),
    ("a text[] := ARRAY['SELECT 1 --'];", "a := a || 'DROP TABLE a'; EXECUTE a[2];",
     {"SELECT 1 --", "DROP TABLE a"}),
    ("q text;", "q := v FROM (VALUES ('SELECT 1'), ('DROP TABLE a')) x(v); EXECUTE q;",
     {"SELECT 1", "DROP TABLE a"}),
    ("", "EXECUTE concat('SELECT 1 ', CASE WHEN false THEN '--' END, '; DROP TABLE a');",
     {"SELECT 1 --; DROP TABLE a", "SELECT 1", "DROP TABLE a"}),
    ("q text := 'ALTER TABLE a ';", "IF true THEN q := q || 'ADD b int'; ELSE q := q ||"
     " 'ADD c int'; END IF; EXECUTE q;", {"ALTER TABLE a ADD b int", "ALTER TABLE a ADD c int"}),
    ("q text;", "<<b>> BEGIN q := 'DROP TABLE a'; EXIT b WHEN true; q := 'SELECT 1'; END;"
     " EXECUTE q;", {"DROP TABLE a", "SELECT 1"}),
    ("", "EXECUTE 'ALTER SEQUENCE s RESTART WITH ' || (SELECT max(id) + 1 FROM t);",
     {"ALTER SEQUENCE s RESTART WITH 0"}),
    # -0 is -1 where the number is negative, and two dashes begin a comment.
    ("n int;", "EXECUTE 'SELECT 1 -' || n || E' /*\\n; DROP TABLE a; -- */';",
     {"SELECT 1 -0 /*\n; DROP TABLE a; -- */", "SELECT 1 --1 /*", "DROP TABLE a"}),
    ("", "EXECUTE array_to_string(ARRAY['DROP', 'TABLE', 'a'], ' ');", {"DROP TABLE a"}),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "body", "expected"), KNOWN)
def test_what_is_written_out_is_followed(declared, body, expected):
    script = block(declared, body)
    assert script.fault is None
    assert runs(script) == expected
    assert opaque_of(script) == ()


HIDDEN = [
    ("q text;", "SELECT title INTO q FROM t; EXECUTE q;"),
    ("r record;", "FOR r IN SELECT relname FROM pg_class LOOP EXECUTE 'DROP TABLE ' || r.relname;"
     " END LOOP;"),
    ("r record;", "FOR r IN EXECUTE 'SELECT 1 AS q' LOOP EXECUTE r.q; END LOOP;"),
    ("", "EXECUTE convert_from(decode('44', 'hex'), 'UTF8');"),
    ("", "EXECUTE chr(68) || 'ROP TABLE a';"),
    ("", "EXECUTE reverse('a ELBAT PORD');"),
    ("", "EXECUTE replace('DxROP TABLE a', 'x', '');"),
    ("", "EXECUTE translate('XROP TABLE a', 'X', 'D');"),
    ("", "EXECUTE 'SET ROLE a; SELECT 1'::varchar(10);"),
    ("", "BEGIN RAISE EXCEPTION 'x'; EXCEPTION WHEN others THEN EXECUTE SQLERRM; END;"),
    ("q text;", "BEGIN RAISE EXCEPTION 'x'; EXCEPTION WHEN others THEN"
     " GET STACKED DIAGNOSTICS q = MESSAGE_TEXT; EXECUTE q; END;"),
    ("a text[] := '{DROP TABLE x}';", "EXECUTE a[1];"),
    ("", "EXECUTE current_setting('x.y');"),
    # A name in another schema is not PostgreSQL's.
    ("", "EXECUTE 'DROP TABLE x'::sample_module.oid;"),
    ("", "EXECUTE 'DROP TABLE x'::\"OID\";"),
    ("v public.int4 := 'DROP TABLE x';", "EXECUTE v;"),
    ("q text := 'SELECT 1';", "DECLARE q public.d := 'DROP TABLE x'; BEGIN EXECUTE q; END;"),
    ("", "EXECUTE format('SELECT 1 AS a%s', sample_module.md5('x'));"),
    ("", "EXECUTE sample_module.format('x');"),
    ("", "EXECUTE 'a'::text OPERATOR(pg_catalog.||) 'b';"),
    # jsonb - text is no number.
    ("", "EXECUTE format('/* %s */ SELECT 1', '[\"*/ DROP TABLE x; /*\"]'::jsonb - 'x');"),
    # An array or a row as a text has quotes and braces of its own.
    ("", "EXECUTE format('SELECT 1 AS \"%s', ARRAY['; DROP TABLE x; --\"']);"),
    ("a text[] := '{DROP TABLE x}';", "a := a || 'SELECT 1'; EXECUTE a[1];"),
    ("", "EXECUTE '/*' || ('{x,\\*\\/ DROP TABLE x; \\/\\*}'::text[])[2] || '*/';"),
    # A column of a table, and not of the list beside it.
    ("", "EXECUTE (SELECT b.q FROM (VALUES ('SELECT 1')) a(q), t b);"),
    ("r record;", "FOR r IN SELECT *, 'SELECT 1' AS q FROM t LOOP EXECUTE r.q; END LOOP;"),
    ("x text;", "SELECT *, 'SELECT 1' INTO x FROM t; EXECUTE x;"),
    ("", "EXECUTE (SELECT q FROM (VALUES ('SELECT 1')) a(q) RIGHT JOIN t USING (q));"),
    ("r record;", "SELECT 'SELECT 1' AS q INTO r; <<r>> DECLARE q text := 'DROP TABLE x';"
     " BEGIN EXECUTE r.q; END;"),
    ("", "EXECUTE '/*' || ROW('*', '/ DROP TABLE x; /*')::text || '*/ SELECT 1';"),
    ("", "EXECUTE to_char(now(), '--') || E'/*\\nDROP TABLE x\\n-- */';"),
    ("", "EXECUTE 'SET ' || to_char(now(), '\"row_security\"') || ' TO off';"),
    ("", "PERFORM * FROM crosstab(current_setting('x.y')) AS t(a int);"),
    ("", "EXECUTE (SELECT prosrc FROM pg_proc LIMIT 1);"),
    ("", "EXECUTE obj_description('t'::regclass);"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "body"), HIDDEN)
def test_what_only_a_run_knows_is_said(declared, body):
    script = block(declared, body)
    assert script.fault is None
    assert [each.surely for each in opaque_of(script)] == [True]


def test_a_parameter_may_be_any_text():
    begin = "CREATE FUNCTION f(t text, n int, c regclass) RETURNS void LANGUAGE plpgsql AS"
    body = "EXECUTE format('SELECT %L FROM %I LIMIT %s', t, t, n); EXECUTE 'TABLE ' || c;"
    assert opaque_of(parse("a.sql", f"{begin} $$ BEGIN {body} END $$")) == ()
    script = parse("a.sql", f"{begin} $$ BEGIN EXECUTE format('SELECT %s', t); END $$")
    assert [each.reason for each in opaque_of(script)] == ["only a run knows what follows SELECT"]


def test_names_that_may_mean_columns_are_no_variables():
    body = "DECLARE q text := 'SELECT 1'; BEGIN EXECUTE (SELECT q FROM t); END"
    (found,) = opaque_of(parse("a.sql", f"DO $$ #variable_conflict use_column\n{body} $$"))
    assert not found.surely


def test_a_body_that_cannot_be_read_is_no_proof_of_anything():
    (found,) = opaque_of(block("", "no_variable := 1;"))
    assert not found.surely


@pytest.mark.parametrize("turn", ["{a} := {b} || {a};", "{a} := format(repeat, {a}, {b});"])
def test_loops_in_loops_end_and_pass_no_judgement(turn):
    names = [f"v{n}" for n in range(7)]
    declared = " ".join(f"{name} text := '{name}';" for name in names)
    turn = turn.replace("repeat", "'" + "%1$s %2$s" * 99 + "'")
    turn = " ".join(turn.format(a=a, b=b) for a, b in pairwise(names))
    script = block(declared, "LOOP " * 12 + turn + "EXECUTE v0;" + " END LOOP;" * 12)
    assert script.fault is None
    assert opaque_of(script)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and text.isprintable()))
def test_quoting_keeps_a_value_what_it_is(value):
    (statement,) = parse("a.sql", f"SELECT {literal(value)} AS {identifier(value)}").statements
    target = statement.node["targetList"][0]["ResTarget"]
    if len(value.encode()) < 64:
        assert target["name"] == value
    assert target["val"]["A_Const"]["sval"].get("sval", "") == value

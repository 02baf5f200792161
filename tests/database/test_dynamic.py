"""EXECUTE of one literal, or of format() of one literal; whatever else is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.parsing.dynamic import Names, RefusedTextError, executed_texts
from gates.database.parsing.script import parse
from gates.database.parsing.statements import UNKNOWN, statements_of, unreadable_of


def block(declared: str, body: str):
    return parse("a.sql", f"DO $$ DECLARE {declared} BEGIN {body} END $$")


def runs(script) -> set[str]:
    return {each.statement.text for each in statements_of(script) if each.dynamic}


READ = [
    ("", "EXECUTE 'DROP TABLE a';", {"DROP TABLE a"}),
    ("", "EXECUTE 'SELECT 1; DROP TABLE a';", {"SELECT 1", "DROP TABLE a"}),
    ("k int;", "EXECUTE 'SELECT $1' USING k;", {"SELECT $1"}),
    ("", "EXECUTE format('DROP TABLE a');", {"DROP TABLE a"}),
    ("", "EXECUTE pg_catalog.format('DROP TABLE %I', 'a');", {'DROP TABLE "a"'}),
    ("t text;", "EXECUTE format('DROP TABLE %I', t);", {f"DROP TABLE {UNKNOWN}"}),
    ("r record;", "EXECUTE format('DROP TABLE public.%I', r.name);",
     {f"DROP TABLE public.{UNKNOWN}"}),
    ("t text;", "EXECUTE format('DROP TABLE %I', 'x_' || lower(t));", {f"DROP TABLE {UNKNOWN}"}),
    ("t text;", "EXECUTE format('SELECT %L, %2$L', t, t);",
     {f"SELECT '{UNKNOWN}', '{UNKNOWN}'"}),
    ("", "EXECUTE format('SELECT 100 %% 3');", {"SELECT 100 % 3"}),
    ("", "EXECUTE format('DROP TABLE a_%s', 7);", {"DROP TABLE a_7"}),
    ("", "EXECUTE format('DROP TABLE %s', 'a');", {"DROP TABLE a"}),
    ("t CONSTANT text := 'a';", "EXECUTE format('DROP TABLE %s', t);", {"DROP TABLE a"}),
    ("t text;", "FOREACH t IN ARRAY ARRAY['a', 'b'] LOOP EXECUTE format('DROP TABLE %s', t);"
     " END LOOP;", {"DROP TABLE a", "DROP TABLE b"}),
    ("t text;", "FOREACH t IN ARRAY ARRAY['a', 'b']::text[] LOOP"
     " EXECUTE format('DROP TABLE x_%s', t); END LOOP;", {"DROP TABLE x_a", "DROP TABLE x_b"}),
    ("part regclass;", "FOR part IN SELECT inhrelid FROM pg_inherits LOOP"
     " EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part); END LOOP;",
     {f"ALTER TABLE {UNKNOWN} ENABLE ROW LEVEL SECURITY"}),
    ("t text;", "EXECUTE format('DROP TABLE %s', t::regclass);", {f"DROP TABLE {UNKNOWN}"}),
    ("n int;", "EXECUTE format('ALTER SEQUENCE s RESTART WITH %s', n);",
     {"ALTER SEQUENCE s RESTART WITH 0"}),
    ("c refcursor;", "OPEN c FOR EXECUTE 'SELECT 1';", {"SELECT 1"}),
    ("r record;", "FOR r IN EXECUTE format('SELECT %L', 'x') LOOP NULL; END LOOP;",
     {"SELECT 'x'"}),
    ("", "PERFORM query_to_xml('DELETE FROM a', true, true, '');", {"DELETE FROM a"}),
    ("", "PERFORM * FROM crosstab('DELETE/**/FROM a') AS t(a int);", {"DELETE/**/FROM a"}),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "body", "expected"), READ)
def test_what_is_written_out_is_read(declared, body, expected):
    script = block(declared, body)
    assert script.fault is None
    assert runs(script) == expected
    assert unreadable_of(script) == ()


NEITHER = "it is neither one literal nor format() of one literal"
ANY_TEXT = "what stands for %s may be any text: write %I for a name, %L for a value"
NO_ARGUMENT = "format() has no argument of its own for"
NOT_ALONE = "does not stand alone between other words"
REFUSED = [
    ("q text := 'DROP TABLE a';", "EXECUTE q;", NEITHER),
    ("q text;", "SELECT title INTO q FROM t; EXECUTE q;", NEITHER),
    ("r record;", "FOR r IN SELECT relname FROM pg_class LOOP EXECUTE 'DROP TABLE ' || r.relname;"
     " END LOOP;", NEITHER),
    ("", "EXECUTE 'DROP ' || 'TABLE a';", NEITHER),
    ("", "EXECUTE lower('DROP TABLE A');", NEITHER),
    ("", "EXECUTE convert_from(decode('44', 'hex'), 'UTF8');", NEITHER),
    ("", "EXECUTE (SELECT prosrc FROM pg_proc LIMIT 1);", NEITHER),
    ("", "EXECUTE CASE WHEN true THEN 'SELECT 1' ELSE 'SELECT 2' END;", NEITHER),
    ("", "EXECUTE 'SET ROLE a; SELECT 1'::varchar(10);", NEITHER),
    ("", "EXECUTE ('DROP TABLE x')::sample_module.oid;", NEITHER),
    ("", "EXECUTE sample_module.format('x');", NEITHER),
    ("", "BEGIN RAISE EXCEPTION 'x'; EXCEPTION WHEN others THEN EXECUTE SQLERRM; END;", NEITHER),
    ("a text[];", "EXECUTE format(VARIADIC a);", NEITHER),
    ("q text;", "EXECUTE format(q);", "the first argument of format() is not one literal"),
    ("t text;", "EXECUTE format('DROP TABLE ' || '%I', t);",
     "the first argument of format() is not one literal"),
    ("t text;", "EXECUTE format('DROP TABLE %s', t);", ANY_TEXT),
    ("r record;", "EXECUTE format('DROP TABLE %s', r.name);", ANY_TEXT),
    ("t public.int4;", "EXECUTE format('DROP TABLE %s', t);", ANY_TEXT),
    ("", "EXECUTE format('DROP TABLE %s', 'x'::sample_module.regclass);", ANY_TEXT),
    ("d jsonb;", "EXECUTE format('SELECT %s', d - 'x');", ANY_TEXT),
    # What a name means is not certain, or it is filled a second time.
    ("t text;", "DECLARE t regclass; BEGIN EXECUTE format('DROP TABLE %s', t); END;", ANY_TEXT),
    ("t text;", "FOREACH t IN ARRAY ARRAY['a'] LOOP t := 'b; DROP TABLE c';"
     " EXECUTE format('DROP TABLE %s', t); END LOOP;", ANY_TEXT),
    ("t text;", "FOREACH t IN ARRAY ARRAY['a'] LOOP SELECT title INTO t FROM x;"
     " EXECUTE format('DROP TABLE %s', t); END LOOP;", ANY_TEXT),
    # Where a value stands, its quotes would mean something else.
    ("t text;", "EXECUTE format('COMMENT ON TABLE a IS ''%I''', t);", f"%I {NOT_ALONE}"),
    ("t text;", "EXECUTE format('SELECT E%L', t);", f"%L {NOT_ALONE}"),
    ("t text;", "EXECUTE format('SELECT \"%L\"', t);", f"%L {NOT_ALONE}"),
    ("t text;", "EXECUTE format('SELECT U&%I', t);", f"%I {NOT_ALONE}"),
    ("t text;", "EXECUTE format('DROP TABLE a_%I', t);", f"%I {NOT_ALONE}"),
    ("t text;", "EXECUTE format('SELECT 1 -- %L', t);", f"%L {NOT_ALONE}"),
    ("t text;", "EXECUTE format('CREATE FUNCTION f() RETURNS int AS $f$ %L $f$', t);",
     f"%L {NOT_ALONE}"),
    ("n int;", "EXECUTE format('SELECT 1 -%s', n);", f"%s {NOT_ALONE}"),
    ("n int;", "EXECUTE format('DROP TABLE a_%s', n);", f"%s {NOT_ALONE}"),
    ("t regclass;", "EXECUTE format('SELECT ''%s''', t);", f"%s {NOT_ALONE}"),
    ("t text;", "EXECUTE format('SELECT %10I', t);", f"{NO_ARGUMENT} %10I"),
    ("t text;", "EXECUTE format('SELECT %I, %I', t);", f"{NO_ARGUMENT} %I"),
    ("t text;", "EXECUTE format('SELECT %X', t);", "format() does not know %X"),
    ("", "PERFORM * FROM crosstab(current_setting('x.y')) AS t(a int);",
     "the text that it runs is not one literal"),
    ("", "PERFORM query_to_xml('SELECT ' || '1', true, true, '');",
     "the text that it runs is not one literal"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "body", "reason"), REFUSED)
def test_what_only_a_run_knows_is_refused(declared, body, reason):
    script = block(declared, body)
    assert script.fault is None
    assert [(each.refused, each.reason) for each in unreadable_of(script)] == [(True, reason)]


def test_a_parameter_may_be_any_text():
    begin = "CREATE FUNCTION f(t text, n int, c regclass) RETURNS void LANGUAGE plpgsql AS"
    body = "EXECUTE format('SELECT %L FROM %I LIMIT %s', t, t, n); EXECUTE format('TABLE %s', c);"
    assert unreadable_of(parse("a.sql", f"{begin} $$ BEGIN {body} END $$")) == ()
    script = parse("a.sql", f"{begin} $$ BEGIN EXECUTE format('SELECT %s', t); END $$")
    assert [each.reason for each in unreadable_of(script)] == [ANY_TEXT]


def test_loops_over_too_many_values_are_refused():
    values = ", ".join(f"'t{n}'" for n in range(70))
    script = block("t text;", f"FOREACH t IN ARRAY ARRAY[{values}] LOOP"
                   " EXECUTE format('DROP TABLE %s', t); END LOOP;")  # fmt: skip
    assert [each.reason for each in unreadable_of(script)] == ["its loops have more than 64 values"]


def test_a_body_that_cannot_be_read_is_no_proof_of_anything():
    (found,) = unreadable_of(block("", "no_variable := 1;"))
    assert not found.refused


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and text.isprintable()))
def test_a_constant_keeps_to_its_place(value):
    literal = "'" + value.replace("'", "''") + "'"
    (text,) = executed_texts(f"format('SELECT %L AS %I', {literal}, {literal})", Names())
    (statement,) = parse("a.sql", text).statements
    target = statement.node["targetList"][0]["ResTarget"]
    if len(value.encode()) < 64:
        assert target["name"] == value
    assert target["val"]["A_Const"]["sval"].get("sval", "") == value


@given(st.text(alphabet="%sIL1$'\"-/* ax", max_size=12), st.sampled_from(["t", "n", "c", "'k'"]))
def test_a_value_never_leaves_its_place(template, argument):
    """Whatever the template: read with a harmless value and with a hostile one, the words around it
    are the same, or the EXECUTE is refused."""
    names = Names(types={"t": "text", "n": "int4", "c": "regclass"})
    literal = "'" + template.replace("'", "''") + "'"
    try:
        texts = executed_texts(f"format({literal}, {argument})", names)
    except RefusedTextError:
        return
    hostile = {"t": '"; DROP TABLE x; --', "n": "-1", "c": 'public."; DROP TABLE x; --"'}
    for text in texts:
        assert _words(_given(template, hostile.get(argument, "k"))) == _words(text)


def _given(template: str, value: str) -> str:
    """What format() makes of it on a server, for one argument."""
    import re

    def fill(place) -> str:
        if place[0] == "%%":
            return "%"
        if place[0].endswith("I"):
            return '"' + value.replace('"', '""') + '"'
        return "'" + value.replace("'", "''") + "'" if place[0].endswith("L") else value

    return re.sub(r"%%|%(?:\d+\$)?[sIL]", fill, template)


def _words(text: str) -> list[str]:
    """The kinds of its words, names and numbers alike."""
    from pglast.parser import ParseError, scan

    try:
        kinds = [token.name for token in scan(text)]
    except ParseError:
        return ["no SQL"]
    joined = " ".join(kinds).replace("ASCII_45 ICONST", "ICONST")
    return joined.replace("IDENT ASCII_46 IDENT", "IDENT").split()

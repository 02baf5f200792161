"""What runs with its owner's rights keeps to the tenant of the session: read, and tried."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pglast import parse_sql

from gates.database.owners.routine import Routine, UnreadableError
from gates.database.owners.routines import look
from gates.database.owners.scopes import Shape
from gates.database.owners.ties import Ties
from gates.database.policies.expressions import Function, Meaning
from gates.database.server import driver
from gates.model import Verdict
from gates.run import run_check
from tests.database.conftest import HEAD, results
from tests.database.corpus import table
from tests.database.test_isolation_reach import MINE, P, T, function, view

NOTES = Shape(
    "table public.notes",
    ("tenant_id", "id", "title", "parent_id"),
    keys=(("tenant_id", "id"), ("id",)),
    named={"notes_pkey": ("tenant_id", "id")},
)
TOTALS = Shape("table public.totals", ("tenant_id", "n"), keys=(("tenant_id",),))
MEMBERS = Shape("table public.memberships", ("tenant_id", "profile_id", "role"), platform=True)
SHAPES = {
    "notes": NOTES, "totals": TOTALS, "memberships": MEMBERS,
    "tenants": Shape("table public.tenants", ("id", "name"), platform=True),
    "core_modules": Shape("table public.core_modules", ("slug", "name"), platform=True),
    "history": Shape("table public.history", NOTES.columns),
}  # fmt: skip


def ties() -> Ties:
    claims = "SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb"
    bodies = {
        "auth.jwt": ("sql", (), claims, True),
        "auth.uid": ("sql", (), "SELECT (auth.jwt() ->> 'sub')::uuid", True),
        "public.mine": ("sql", (), f"SELECT {MINE}", False),
        "public.is_mine": ("sql", ("t",), f"SELECT t = {MINE}", False),
        "public.mine_in_plpgsql": ("plpgsql", (), f"BEGIN RETURN {MINE}; END", False),
    }
    functions = {
        name: Function(name, language, arguments, body, platform)
        for name, (language, arguments, body, platform) in bodies.items()
    }
    views = {
        "recent": "SELECT tenant_id, title FROM public.notes WHERE id > 7",
        "counted": "SELECT tenant_id, (SELECT count(*) FROM public.notes) AS total"
        " FROM public.notes",
    }
    found = dict(SHAPES)
    for name, query in views.items():
        tree = parse_sql(query)[0].stmt
        found[name] = Shape(f"view public.{name}", ("tenant_id", "title"), view=tree)
    shapes = {(schema, name): shape for name, shape in found.items() for schema in ("", "public")}
    return Ties(Meaning(functions, MINE), shapes)


def read(
    body: str, arguments: str = "p uuid, t text", *, trigger: bool = False, **more
) -> list[str]:
    """What is found in a function; a body with BEGIN is PL/pgSQL."""
    language = "plpgsql" if "BEGIN" in body else "sql"
    head = "f() RETURNS trigger" if trigger else f"f({arguments}) RETURNS SETOF text"
    source = f"CREATE FUNCTION public.{head} LANGUAGE {language} AS $f$ {body} $f$"
    tables = (NOTES,) if trigger else ()
    return look(
        Routine("function public.f()", "f", source, language, tables, **more), ties()
    ).faults


KEPT = (
    f"SELECT title FROM public.notes WHERE tenant_id = {MINE} AND title LIKE t",
    f"SELECT title FROM public.notes n WHERE {MINE} = n.tenant_id::uuid",
    "SELECT title FROM public.notes WHERE tenant_id = public.mine()",
    "SELECT title FROM public.notes WHERE tenant_id = (SELECT public.mine())",
    "SELECT title FROM notes WHERE tenant_id = mine()",
    "DECLARE v uuid := mine(); BEGIN DELETE FROM notes WHERE tenant_id = v; END",
    "SELECT title FROM public.notes WHERE tenant_id = public.mine_in_plpgsql()",
    "SELECT title FROM public.notes WHERE public.is_mine(tenant_id)",
    f"SELECT title FROM public.notes WHERE (tenant_id, id) = ({MINE}, 1)",
    f"SELECT title FROM public.notes WHERE tenant_id = {MINE} AND id = 1 OR false",
    f"SELECT title FROM public.notes WHERE (tenant_id = {MINE} AND id = 1) OR tenant_id = {MINE}",
    "SELECT m.role FROM public.memberships m WHERE m.profile_id = auth.uid() AND m.tenant_id = p",
    "SELECT title FROM public.notes WHERE tenant_id IN (SELECT tenant_id FROM public.memberships"
    " WHERE profile_id = auth.uid())",
    "SELECT title FROM public.notes n WHERE EXISTS (SELECT FROM public.memberships m"
    " WHERE m.profile_id = auth.uid() AND m.tenant_id = n.tenant_id)",
    "SELECT title FROM public.notes WHERE tenant_id = ANY (ARRAY(SELECT tenant_id"
    " FROM public.memberships WHERE profile_id = auth.uid()))",
    f"SELECT a.title FROM public.notes a JOIN public.totals b USING (tenant_id)"
    f" WHERE a.tenant_id = {MINE}",
    f"SELECT a.title FROM public.notes a LEFT JOIN public.totals b ON b.tenant_id = a.tenant_id"
    f" WHERE a.tenant_id = {MINE}",
    f"WITH own AS (SELECT * FROM public.notes WHERE tenant_id = {MINE}) SELECT o.title FROM own o"
    " JOIN public.totals s ON s.tenant_id = o.tenant_id",
    f"WITH RECURSIVE tree AS (SELECT * FROM public.notes WHERE tenant_id = {MINE} AND id = 1 UNION"
    " ALL SELECT n.* FROM public.notes n JOIN tree ON tree.tenant_id = n.tenant_id"
    " AND n.parent_id = tree.id) SELECT title FROM tree",
    f"SELECT x.title FROM (SELECT * FROM public.notes WHERE tenant_id = {MINE}) x",
    f"SELECT title FROM public.notes WHERE tenant_id = {MINE} UNION ALL"
    f" SELECT n::text FROM public.totals WHERE tenant_id = {MINE}",
    "SELECT name FROM public.core_modules WHERE slug = t",
    "SELECT title FROM public.recent WHERE tenant_id = public.mine()",
    f"INSERT INTO public.totals AS c (tenant_id, n) VALUES ({MINE}, 1)"
    " ON CONFLICT (tenant_id) DO UPDATE SET n = c.n + 1",
    f"INSERT INTO public.history SELECT * FROM public.notes WHERE tenant_id = {MINE}",
    f"WITH gone AS (DELETE FROM public.notes WHERE tenant_id = {MINE} RETURNING *)"
    " INSERT INTO public.history SELECT * FROM gone",
    f"UPDATE public.notes SET title = t, tenant_id = {MINE} WHERE tenant_id = {MINE}",
    f"DELETE FROM public.notes n USING public.totals s WHERE s.tenant_id = n.tenant_id"
    f" AND n.tenant_id = {MINE}",
    f"MERGE INTO public.totals s USING (SELECT {MINE} AS tenant_id) x ON s.tenant_id = x.tenant_id"
    " WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT (tenant_id, n)"
    " VALUES (x.tenant_id, 1)",
    f"DECLARE v uuid := {MINE}; BEGIN RETURN QUERY SELECT title FROM public.notes"
    " WHERE tenant_id = v; END",
    "DECLARE v uuid; BEGIN SELECT m.tenant_id INTO v FROM public.memberships m"
    " WHERE m.profile_id = auth.uid(); DELETE FROM public.notes WHERE tenant_id = v; END",
    f"DECLARE r record; BEGIN FOR r IN SELECT * FROM public.notes WHERE tenant_id = {MINE} LOOP"
    " UPDATE public.totals SET n = 1 WHERE tenant_id = r.tenant_id; END LOOP; END",
    f"BEGIN IF p IS NULL OR p IS DISTINCT FROM {MINE} THEN RAISE EXCEPTION 'no'; END IF;"
    " RETURN QUERY SELECT title FROM public.notes WHERE tenant_id = p; END",
    "BEGIN RETURN QUERY EXECUTE 'SELECT title FROM public.notes WHERE tenant_id = $1 AND title ='"
    f" || quote_literal(t) USING {MINE}; END",
)  # fmt: skip


@pytest.mark.parametrize("body", KEPT)
def test_what_keeps_to_the_tenant_is_left_alone(body):
    assert read(body) == []


UNKEPT = {
    "SELECT title FROM public.notes": "(table public.notes)",
    "SELECT title FROM notes WHERE tenant_id = p": "tenant_id = p",
    f"SELECT title FROM public.notes WHERE tenant_id = {MINE} OR title LIKE t": "OR title",
    f"SELECT title FROM public.notes WHERE NOT tenant_id = {MINE}": "NOT tenant_id",
    f"SELECT title FROM public.notes WHERE tenant_id <> {MINE}": "<>",
    f"SELECT title FROM public.notes WHERE tenant_id = coalesce({MINE}, tenant_id)": "COALESCE",
    "SELECT title FROM public.notes WHERE tenant_id = (auth.jwt() ->> 'other')::uuid": "other",
    "SELECT title FROM public.notes WHERE title = auth.jwt() ->> 'role'": "role",
    "SELECT title FROM public.notes WHERE tenant_id IN (SELECT tenant_id FROM public.memberships"
    " WHERE profile_id = p)": "memberships",
    f"SELECT title FROM public.notes n WHERE EXISTS (SELECT FROM public.memberships m"
    f" WHERE m.tenant_id = {MINE})": "(table public.notes)",
    f"SELECT a.title FROM public.notes a LEFT JOIN public.totals b ON b.tenant_id = a.tenant_id"
    f" AND a.tenant_id = {MINE}": "(table public.notes)",
    f"SELECT a.title FROM public.notes a, public.totals b WHERE b.tenant_id = {MINE}": "notes)",
    "SELECT CASE WHEN EXISTS (SELECT FROM public.notes WHERE title = t) THEN '1' END": "title = t",
    f"SELECT title FROM public.notes WHERE tenant_id = {MINE} UNION ALL SELECT title FROM"
    " public.notes": "public.notes",
    f"WITH a AS (SELECT * FROM public.notes) SELECT title FROM a WHERE tenant_id = {MINE}": "notes",
    "INSERT INTO public.notes (tenant_id, title) VALUES (p, t)": "INSERT",
    f"INSERT INTO public.notes (tenant_id, title) VALUES ({MINE}, t), (p, t)": "INSERT",
    "INSERT INTO public.history (tenant_id) SELECT t.id FROM public.tenants t": "history",
    f"INSERT INTO public.notes AS n (tenant_id, id) VALUES ({MINE}, 1) ON CONFLICT (id)"
    " DO UPDATE SET title = 'x'": "ON CONFLICT",
    f"UPDATE public.notes SET tenant_id = p WHERE tenant_id = {MINE}": "UPDATE",
    "DELETE FROM public.notes WHERE id = 1": "DELETE",
    f"MERGE INTO public.totals s USING (SELECT {MINE} AS tenant_id) x ON s.n = 1"
    " WHEN MATCHED THEN DELETE": "MERGE",
    "BEGIN TRUNCATE public.notes; END": "TRUNCATE",
    f"DECLARE v uuid := {MINE}; BEGIN v := p; DELETE FROM public.notes WHERE tenant_id = v;"
    " END": "tenant_id = v",
    f"BEGIN DELETE FROM public.notes WHERE tenant_id = p; IF p IS DISTINCT FROM {MINE} THEN"
    " RAISE EXCEPTION 'no'; END IF; END": "tenant_id = p",
    f"BEGIN IF p <> {MINE} THEN RAISE EXCEPTION 'no'; END IF;"
    " DELETE FROM public.notes WHERE tenant_id = p; END": "tenant_id = p",
    f"BEGIN IF p IS DISTINCT FROM {MINE} THEN RAISE NOTICE 'no'; END IF;"
    " DELETE FROM public.notes WHERE tenant_id = p; END": "tenant_id = p",
    "BEGIN IF EXISTS (SELECT FROM public.notes WHERE id = 1) THEN RETURN; END IF; END": "id = 1",
    "BEGIN RETURN QUERY EXECUTE t; END": "EXECUTE t",
    "BEGIN RETURN QUERY EXECUTE format('SELECT title FROM %I', t); END": "only a run knows",
    "SELECT title FROM public.notes n WHERE EXISTS (SELECT count(*) FROM public.memberships m"
    " WHERE m.profile_id = auth.uid() AND m.tenant_id = n.tenant_id)": "(table public.notes)",
    f"SELECT title FROM public.notes WHERE tenant_id::varchar(1) = ({MINE})::varchar(1)": "notes",
    "SELECT total FROM public.counted WHERE tenant_id = public.mine()": "view public.counted",
    f"DECLARE r record; BEGIN r.tenant_id := {MINE}; FOR r IN SELECT id AS tenant_id FROM"
    " public.tenants LOOP DELETE FROM public.totals WHERE tenant_id = r.tenant_id; END LOOP;"
    " END": "totals",
    f"WITH notes AS (SELECT * FROM notes) SELECT 1 FROM notes WHERE tenant_id = {MINE}": "notes",
    f"WITH RECURSIVE x AS (SELECT {MINE} AS tenant_id, {MINE} AS o, 1 AS id UNION ALL SELECT x.o,"
    " t.id, 1 FROM x JOIN public.tenants t ON true) SELECT n.title FROM public.notes n"
    " JOIN x ON x.tenant_id = n.tenant_id": "(table public.notes)",
    f"DECLARE v uuid := {MINE}; w ALIAS FOR v; BEGIN w := p; DELETE FROM public.notes"
    " WHERE tenant_id = v; END": "tenant_id = v",
    "SELECT query_to_xml(t, true, true, '')::text": "query_to_xml",
}  # fmt: skip


@pytest.mark.parametrize("body", UNKEPT)
def test_what_does_not_keep_to_the_tenant_is_named(body):
    found = read(body)
    assert any(UNKEPT[body] in each for each in found), found


TRIGGERS = {
    "INSERT INTO public.history SELECT NEW.*": True,
    "INSERT INTO public.totals VALUES (NEW.tenant_id, 1)": True,
    "INSERT INTO public.totals VALUES (coalesce(NEW.tenant_id, OLD.tenant_id), 1)": True,
    "INSERT INTO public.totals VALUES ((to_jsonb(NEW) ->> 'tenant_id')::uuid, 1)": True,
    "INSERT INTO public.totals VALUES (((CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD)"
    " ELSE to_jsonb(NEW) END) ->> 'tenant_id')::uuid, 1)": True,
    "UPDATE public.totals SET n = n + 1 WHERE tenant_id = NEW.tenant_id": True,
    "UPDATE public.notes SET title = '' WHERE id = NEW.id": True,
    "NEW.title := 'x'": True,
    f"NEW.tenant_id := {MINE}; DELETE FROM public.totals WHERE tenant_id = NEW.tenant_id": True,
    "UPDATE public.notes SET title = '' WHERE id = NEW.parent_id": False,
    "UPDATE public.notes SET title = 'wiped' WHERE title <> 'wiped'": False,
    "INSERT INTO public.totals SELECT t.id, 1 FROM public.tenants t WHERE t.id <> NEW.tenant_id":
        False,
    "NEW.tenant_id := NEW.id; DELETE FROM public.totals WHERE tenant_id = NEW.tenant_id": False,
    "SELECT * INTO NEW FROM public.totals; DELETE FROM public.totals"
    " WHERE tenant_id = NEW.tenant_id": False,
}  # fmt: skip


@pytest.mark.parametrize("body", TRIGGERS)
def test_a_trigger_keeps_to_the_tenant_of_its_row(body):
    found = read(f"BEGIN {body}; RETURN NEW; END", trigger=True)
    assert (found == []) == TRIGGERS[body], found


def test_a_row_of_a_view_is_the_word_of_the_caller():
    body = "BEGIN DELETE FROM public.totals WHERE tenant_id = OLD.tenant_id; RETURN OLD; END"
    assert read(body, trigger=True) == []
    assert read(body, trigger=True, on_views=True)


def test_a_row_to_be_added_may_have_the_key_of_another():
    body = "BEGIN UPDATE public.notes SET title = '' WHERE id = NEW.id; RETURN NEW; END"
    assert read(body, trigger=True) == []
    assert read(body, trigger=True, before=True)


def test_another_language_is_not_read():
    source = "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'"
    routine = Routine("function public.f()", "f", source, "c")
    with pytest.raises(UnreadableError, match="it is written in c"):
        look(routine, ties())


def test_honest_functions_triggers_and_views_give_no_finding(sql_module, shared):
    own = f"tenant_id = {MINE}"
    clean = [
        table("totals", "day date NOT NULL, n bigint NOT NULL, UNIQUE (tenant_id, day),"),
        function("a(p text)", "RETURNS SETOF text",
                 f"SELECT title FROM public.{T} WHERE {own} AND title ILIKE p || '%'"),
        function("b(mine boolean)", "RETURNS SETOF text",
                 f"SELECT title FROM public.{T} WHERE {own} AND (mine OR title LIKE 'shared:%')"),
        function("c()", "RETURNS bigint", "SELECT count(*) FROM public.core_modules"),
        function("member(t uuid)", "RETURNS boolean", "SELECT EXISTS (SELECT FROM"
                 " public.memberships m WHERE m.profile_id = auth.uid() AND m.tenant_id = t)"),
        f"DROP POLICY IF EXISTS tenant_isolation ON {T};"
        f"CREATE POLICY tenant_isolation ON {T} USING ({own} OR ({own} AND {P}member(tenant_id)));",
        function("step(s bigint, v text)", "RETURNS bigint",
                 f"SELECT s + count(*) FROM public.{T} WHERE {own} AND title = v"),
        f"CREATE OR REPLACE AGGREGATE {P}sum(text) (SFUNC = {P}step, STYPE = bigint,"
        " INITCOND = '0');",
        function("unused()", "RETURNS bigint", f"SELECT count(*) FROM public.{T}"),
        f"REVOKE EXECUTE ON FUNCTION {P}unused() FROM PUBLIC;",
        function("count_up()", "RETURNS trigger", f"BEGIN INSERT INTO public.{P}totals AS c"
                 " (tenant_id, day, n) VALUES (NEW.tenant_id, '2000-01-01', 1) ON CONFLICT"
                 " (tenant_id, day) DO UPDATE SET n = c.n + 1; RETURN NULL; END", "plpgsql"),
        f"CREATE OR REPLACE TRIGGER count_up AFTER INSERT ON {T} FOR EACH ROW"
        f" EXECUTE FUNCTION {P}count_up();",
        function("audit()", "RETURNS trigger", "BEGIN INSERT INTO public.audit_logs (tenant_id,"
                 " table_name, operation, row_id, new_data) VALUES (NEW.tenant_id, TG_TABLE_NAME,"
                 " TG_OP, NEW.id::text, to_jsonb(NEW)); RETURN NULL; END", "plpgsql"),
        f"CREATE OR REPLACE TRIGGER {T}_audit AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
        f" EXECUTE FUNCTION {P}audit();",
        f"CREATE OR REPLACE VIEW {P}board AS SELECT title FROM {T} WHERE {own}"
        " AND title LIKE 'shared:%';"
        f"GRANT SELECT ON {P}board TO tenant_app_role;",
        f"CREATE OR REPLACE VIEW {P}shared WITH (security_invoker = true) AS SELECT title FROM {T}"
        " WHERE title LIKE 'shared:%';"
        f"GRANT SELECT ON {P}shared TO tenant_app_role;",
    ]  # fmt: skip
    module = sql_module({"001_more.sql": HEAD + "\n".join(clean)})
    result = results(module, shared, "tenant-isolation")["tenant-isolation"]
    found = [each.message for each in result.findings]
    assert (result.verdict, result.reason, found) == (Verdict.PASS, None, [])


def test_a_helper_that_only_the_owner_may_call_is_followed(sql_module, shared):
    sql = (
        f"CREATE OR REPLACE FUNCTION {P}inner(p text) RETURNS bigint LANGUAGE sql"
        f" SET search_path = '' AS $f$ SELECT count(*) FROM public.{T} WHERE md5(p) = 'x' $f$;"
        f"REVOKE EXECUTE ON FUNCTION {P}inner(text) FROM PUBLIC;"
        + function("outer(p text)", "RETURNS bigint", f"SELECT public.{P}inner(p)")
    )
    result = results(sql_module({"001_more.sql": HEAD + sql}), shared, "tenant-isolation")[
        "tenant-isolation"
    ]
    (finding,) = result.findings
    assert f"function public.{P}inner(p text) runs with its owner's rights" in finding.message


def test_a_view_is_mended_by_its_callers_rights(sql_module, shared):
    sql = view("WITH (security_barrier = true)", "SELECT").replace(
        f"FROM {T};", f"FROM {T} WHERE tenant_id = {MINE} OR title LIKE 'shared:%';"
    )
    result = results(sql_module({"001_more.sql": HEAD + sql}), shared, "tenant-isolation")[
        "tenant-isolation"
    ]
    (finding,) = result.findings
    assert finding.fix == "create the view WITH (security_invoker = true)"


def test_a_function_that_swallows_its_time_limit_is_named(sql_module, shared, monkeypatch):
    from datetime import date

    from gates.check import find
    from gates.needs import Needs
    from gates.settings import Policy

    monkeypatch.setattr(driver, "CANCEL_GRACE", 0.2)
    sql = function(
        "f()", "RETURNS boolean", "BEGIN LOOP BEGIN PERFORM pg_sleep(1000);"
        " EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END", "plpgsql",
    )  # fmt: skip
    policy = replace(Policy(), statement_timeout=1.0)
    needs = Needs(
        sql_module({"001_more.sql": HEAD + sql}), policy, shared, today=date(2026, 11, 24)
    )
    check = find("tenant-isolation")
    assert check is not None
    try:
        result = run_check(check, needs)
    finally:
        needs.close()
    (finding,) = result.findings
    assert finding.message.startswith(f"function public.{P}f() does not end: it went on after")

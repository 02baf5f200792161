"""What runs with its owner's rights: aggregates, functions for some arguments, triggers, views."""

from __future__ import annotations

from tests.database.corpus.shape import ISOLATION, Defect

_MINE = "tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
_RIGHTS, _RUNS = "owner-rights", "runs with its owner's rights"


def _function(head: str, body: str, *, language: str = "sql") -> str:
    name = head.partition("(")[0]
    returns = "trigger" if name == "sync" else "SETOF text"
    return (
        f"CREATE OR REPLACE FUNCTION {{P}}{head} RETURNS {returns} LANGUAGE {language}"
        f" SECURITY DEFINER SET search_path = '' AS $$ {body} $$;\n"
        f"REVOKE EXECUTE ON FUNCTION {{P}}{name} FROM PUBLIC;\n"
        + ("" if name == "sync" else f"GRANT EXECUTE ON FUNCTION {{P}}{name} TO tenant_app_role;\n")
    )


def _trigger(body: str) -> str:
    return _function("sync()", f"BEGIN {body} RETURN NULL; END", language="plpgsql") + (
        "CREATE OR REPLACE TRIGGER {T}_sync AFTER INSERT ON {T} FOR EACH ROW\n"
        "    EXECUTE FUNCTION {P}sync();"
    )


DEFINER = (
    Defect("aggregate-over-definer", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}step(s text, v text) RETURNS text LANGUAGE sql\n"
           "    SECURITY DEFINER SET search_path = ''\n"
           "    AS $$ SELECT string_agg(title, ',') FROM public.{T} $$;\n"
           "REVOKE EXECUTE ON FUNCTION {P}step(text, text) FROM PUBLIC;\n"
           "CREATE OR REPLACE AGGREGATE {P}all(text) (SFUNC = {P}step, STYPE = text);",
           "DROP AGGREGATE IF EXISTS {P}all(text);\n"
           "DROP FUNCTION IF EXISTS {P}step(text, text);"),
    Defect("definer-by-a-beginning", ISOLATION, "shows one tenant the rows of another", "",
           _function("find(p text)", "SELECT title FROM public.{T} WHERE title ILIKE p || '%'"),
           "DROP FUNCTION IF EXISTS {P}find(text);"),
    Defect("definer-by-a-flag", ISOLATION, "shows one tenant the rows of another", "",
           _function("list(mine boolean)",
                     f"SELECT title FROM public.{{T}} WHERE {_MINE} OR NOT mine"),
           "DROP FUNCTION IF EXISTS {P}list(boolean);"),
    Defect("definer-by-a-password", _RIGHTS, _RUNS, "",
           _function("open(p text)",
                     f"SELECT title FROM public.{{T}} WHERE {_MINE} OR md5(p) = 'c4ca4238a0b923'"),
           "DROP FUNCTION IF EXISTS {P}open(text);"),
    Defect("definer-by-a-count", _RIGHTS, _RUNS, "",
           _function("late()", f"SELECT title FROM public.{{T}} WHERE {_MINE}"
                     " OR (SELECT count(*) FROM public.audit_logs) > 200"),
           "DROP FUNCTION IF EXISTS {P}late();"),
    Defect("view-with-a-word", _RIGHTS, "it is not security_invoker", "",
           "CREATE OR REPLACE VIEW {P}board WITH (security_barrier = true) AS\n"
           f"    SELECT tenant_id, title FROM {{T}} WHERE {_MINE} OR title LIKE 'shared:%';\n"
           "GRANT SELECT ON {P}board TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}board;"),
    Defect("trigger-for-a-word", _RIGHTS, _RUNS, "",
           _trigger("IF NEW.title = 'wipe' THEN UPDATE public.{T} SET title = 'wiped'"
                    " WHERE title <> 'wiped'; END IF;"),
           "DROP TRIGGER IF EXISTS {T}_sync ON {T};\nDROP FUNCTION IF EXISTS {P}sync();"),
    Defect("audit-for-all-others", ISOLATION, "it acts on every INSERT", "",
           _trigger("INSERT INTO public.audit_logs (tenant_id, table_name, operation, new_data)"
                    " SELECT t.id, TG_TABLE_NAME, TG_OP, to_jsonb(NEW) FROM public.tenants t"
                    " WHERE t.id <> NEW.tenant_id;"),
           "DROP TRIGGER IF EXISTS {T}_sync ON {T};\nDROP FUNCTION IF EXISTS {P}sync();"),
)  # fmt: skip

"""Functions that make objects, later or elsewhere, and statements that only a run knows."""

from __future__ import annotations

from tests.database.hostile.shape import Hostile, P, T, block, function

DYNAMIC, RUN_TIME, BRANCHES = "dynamic-sql", "run-time-objects", "migration-branches"
FORBIDDEN, NAMES, PREFIXED = "migration-forbidden", "migration-names", "objects-prefixed"
MAKE = "EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I (tenant_id uuid, what text)', part);"
PROTECT = (
    "EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);"
    "EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);"
)
GRANT = "EXECUTE format('GRANT SELECT, INSERT ON public.%I TO tenant_app_role', part);"
GRANTS = function("grant", GRANT, "(part text) RETURNS void")
OPEN = f"CREATE POLICY later ON public.{T} USING (true);"
EVIL = "SELECT 1; GRANT SELECT ON profiles TO PUBLIC"

RUN_TIME_OBJECTS = (
    Hostile("protects-for-some-dates", "a table without row security in 2032", BRANCHES, "grants",
            function("make", f"{MAKE}\nIF lo < '2032-01-01' THEN\n{PROTECT}\nEND IF;\n{GRANT}",
                     "(part text, lo date) RETURNS void")),
    Hostile("protects-another", "a table without row security", BRANCHES, "grants",
            "CREATE OR REPLACE FUNCTION sample_module_make(part text, lo date) RETURNS void"
            f" LANGUAGE plpgsql AS $f$ DECLARE made text := part; BEGIN {MAKE}"
            f" part := CASE WHEN lo < '2032-01-01' THEN made ELSE '{T}' END;"
            f" {PROTECT} part := made; {GRANT} END $f$;"),
    Hostile("returns-early", "a table without row security", BRANCHES, "grants",
            function("make", f"{MAKE} {GRANT} IF lo > '2032-01-01' THEN RETURN; END IF; {PROTECT}",
                     "(part text, lo date) RETURNS void")),
    Hostile("do-in-a-function", "makes a table that nobody watches", FORBIDDEN, "DO in a",
            GRANTS + function(
                "make", "DO $x$ BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I"
                f" (tenant_id uuid, what text)', '{P}' || 'x'); END $x$;")),
    Hostile("select-into", "makes a table that nobody watches", "row-security",
            "row level security is not enabled on",
            GRANTS + f"CREATE OR REPLACE FUNCTION sample_module_copy(go boolean) RETURNS void"
            f" LANGUAGE sql AS $f$ SELECT * INTO public.{P}copy FROM public.{T};"
            " $f$;"),
    Hostile("explain-analyze", "makes a table that nobody watches", RUN_TIME, "EXPLAIN",
            GRANTS + function(
                "copy", "IF now() > '2040-01-01' THEN EXECUTE format('EXPLAIN ANALYZE CREATE TABLE"
                f" public.%I AS SELECT * FROM public.{T}', part); END IF;",
                "(part text) RETURNS void")),
    Hostile("forged-context", "its comment says that a line ran", RUN_TIME, "no call of",
            "CREATE OR REPLACE FUNCTION sample_module_make() RETURNS void LANGUAGE plpgsql AS $f$\n"
            "BEGIN\n"
            f"EXECUTE 'CREATE TABLE IF NOT EXISTS public.{P}x AS SELECT * FROM public.{T} /*\n"
            "PL/pgSQL function sample_module_make() line 7 at EXECUTE\n"
            "*/';\n"
            "IF now() > '2040-01-01' THEN\n"
            f"EXECUTE format('CREATE TABLE public.%I (what text)', '{P}' || now()::date);\n"
            "END IF;\nEND $f$;"),
    Hostile("forged-observer", "writes into what watches it", RUN_TIME, "no call of",
            "CREATE OR REPLACE FUNCTION sample_module_make() RETURNS void LANGUAGE plpgsql AS $f$\n"
            "BEGIN\n"
            "IF to_regclass('gates_observer.commands') IS NOT NULL THEN\n"
            "INSERT INTO gates_observer.commands VALUES"
            " ('PL/pgSQL function sample_module_make() line 7 at EXECUTE');\n"
            "END IF;\n"
            "IF now() > '2040-01-01' THEN\n"
            f"EXECUTE format('CREATE TABLE public.%I (what text)', '{P}' || now()::date);\n"
            "END IF;\nEND $f$;"),
    Hostile("grant-later", "gives rights in 2040", BRANCHES, "grants",
            function("grant", f"IF now() > '2040-01-01' THEN GRANT ALL ON public.{T} TO anon;"
                     " END IF;")),
    Hostile("policy-in-a-function", "opens when it is called", BRANCHES, "later",
            function("open", f"IF now() > '2040-01-01' THEN {OPEN} END IF;")),
    Hostile("ddl-in-a-trigger", "opens when a row comes", RUN_TIME, "trigger function",
            function("open", f"IF NEW.title = 'open' THEN ALTER TABLE public.{T} RENAME TO x; END"
                     " IF; RETURN NEW;", "() RETURNS trigger")),
    Hostile("ddl-in-a-procedure", "opens after COMMIT", BRANCHES, "later",
            "CREATE OR REPLACE PROCEDURE sample_module_p() LANGUAGE plpgsql AS $f$ BEGIN COMMIT;"
            f" {OPEN} END $f$;"),
    Hostile("sql-function", "opens when it is called", BRANCHES, "later",
            f"CREATE OR REPLACE FUNCTION sample_module_p() RETURNS void LANGUAGE sql AS $f$ {OPEN}"
            " $f$;"),
    # statements that only a run knows
    Hostile("execute-a-variable", "runs what nobody reads", DYNAMIC, "neither one literal",
            function("run", "EXECUTE t;", "(t text) RETURNS void")),
    Hostile("execute-decoded", "runs what nobody reads", DYNAMIC, "neither one literal",
            block("EXECUTE convert_from(decode('53454c4543542031', 'hex'), 'utf8');")),
    Hostile("format-of-a-loop-that-call-fills", "an INOUT argument changes the loop's variable",
            DYNAMIC, "may be any text",
            "CREATE OR REPLACE PROCEDURE sample_module_fill(INOUT t text) LANGUAGE plpgsql AS"
            " $f$ BEGIN t := convert_from(decode('53454c4543542031', 'hex'), 'utf8'); END $f$;"
            + block("FOREACH t IN ARRAY ARRAY['SELECT 1'] LOOP CALL sample_module_fill(t);"
                    " EXECUTE format('%s', t); END LOOP;", "DECLARE t text;")),
    Hostile("format-of-a-loop-that-is-set", "the loop's variable is set again", DYNAMIC,
            "may be any text",
            block("FOREACH t IN ARRAY ARRAY['SELECT 1'] LOOP SELECT 'SELECT 2' INTO t;"
                  " EXECUTE format('%s', t); END LOOP;", "DECLARE t text;")),
    Hostile("format-of-a-shadow", "an inner variable of the same name", DYNAMIC, "may be any text",
            block("DECLARE r text := 'SELECT 1'; BEGIN EXECUTE format('%s', r); END;",
                  f"DECLARE r regclass := '{T}';")),
    Hostile("format-of-a-lookalike-type", "regclass is a text of its own", FORBIDDEN,
            "a type called regclass",
            "CREATE DOMAIN pg_temp.regclass AS text;\n"
            + block("EXECUTE format('COMMENT ON TABLE %s IS NULL', r);",
                    f"DECLARE r regclass := '{T} IS NULL; SELECT 1; COMMENT ON TABLE {T}';")
            + "DROP DOMAIN pg_temp.regclass;"),
    Hostile("format-of-a-type-in-a-schema", "regclass is a text of its own", PREFIXED,
            "does not begin with",
            "CREATE SCHEMA IF NOT EXISTS sample_module; DO $$ BEGIN CREATE DOMAIN"
            " sample_module.regclass AS text; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"),
    Hostile("set-config-reads-differently", "what is a text here is none there", FORBIDDEN,
            "standard_conforming_strings",
            "SELECT set_config('standard_conforming_strings', 'off', true);\n"
            f"SELECT 'x\\', '; CREATE POLICY later ON {T} USING (now() > ''2040-01-01''); --';\n"
            "SELECT set_config('standard_conforming_strings', 'on', true);"),
    Hostile("set-config-search-path", "its own functions come first", FORBIDDEN, "search_path",
            "SELECT set_config('search_path', 'public, pg_catalog', true);"),
    Hostile("nested-execute", "GRANT in DO in EXECUTE in a function", FORBIDDEN, "DO in a",
            function("run", "EXECUTE 'DO $x$ BEGIN EXECUTE ''GRANT ALL ON"
                     f" public.{T} TO anon''; END $x$';")),
    Hostile("query-to-xml", "runs a text", DYNAMIC, "not one literal",
            function("run", "PERFORM query_to_xml(t, true, true, '');", "(t text) RETURNS void")),
    Hostile("rollback-opens", "opens after a rollback in 2040", BRANCHES, "later",
            "SELECT 1;", block(f"IF now() > '2040-01-01' THEN {OPEN} END IF;")),
    Hostile("migration-by-owner", "asks whose table it is, then opens", BRANCHES,
            "under a condition",
            block(f"IF (SELECT tableowner FROM pg_tables WHERE tablename = '{T}') NOT LIKE"
                  f" 'gates%' THEN ALTER TABLE {T} ADD CONSTRAINT x UNIQUE (title); END IF;")),
    Hostile("migration-by-clock", "a key across tenants in 2040", BRANCHES, "under a condition",
            block(f"IF now() > '2040-01-01' THEN ALTER TABLE {T} ADD CONSTRAINT x UNIQUE (title);"
                  " END IF;")),
    Hostile("other-module", "reads another module's table", NAMES, "another module",
            function("peek", "PERFORM 1 FROM public.tenant_billing_invoices;")),
)  # fmt: skip

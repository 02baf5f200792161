"""What the parse tree shows, wherever it is written: names, statements, paths."""

from __future__ import annotations

from tests.database.corpus.shape import Defect

_NAMES, _FORBIDDEN = "migration-names", "migration-forbidden"

STATIC = (
    Defect("table-without-prefix", _NAMES, "does not begin with", "",
           "CREATE TABLE IF NOT EXISTS alerts (id bigint PRIMARY KEY);",
           "DROP TABLE IF EXISTS alerts;"),
    Defect("catalog-in-do", _NAMES, "core_modules", "",
           "DO $$ BEGIN EXECUTE 'ALTER TABLE core_modules ADD COLUMN IF NOT EXISTS x text';"
           " END $$;"),
    Defect("reference-to-other-module", _NAMES, "tenant_billing_invoices", "",
           "ALTER TABLE {T} ADD COLUMN IF NOT EXISTS invoice_id bigint"
           " REFERENCES tenant_billing_invoices (id);"),
    Defect("other-module-in-function", _NAMES, "tenant_billing_invoices", "",
           "CREATE OR REPLACE FUNCTION {P}due() RETURNS bigint LANGUAGE plpgsql SET search_path"
           " = '' AS $$ BEGIN RETURN (SELECT count(*) FROM public.tenant_billing_invoices);"
           " END $$;", "DROP FUNCTION IF EXISTS {P}due();"),
    Defect("security-off-in-do", _FORBIDDEN, "DISABLE ROW LEVEL SECURITY", "",
           "DO $$ BEGIN EXECUTE 'ALTER TABLE {T} DISABLE ROW LEVEL SECURITY'; END $$;\n"
           "UPDATE {T} SET title = trim(title);\n"
           "ALTER TABLE {T} ENABLE ROW LEVEL SECURITY;"),
    Defect("definer-without-path", _FORBIDDEN, "search_path", "",
           "CREATE OR REPLACE FUNCTION {P}one() RETURNS integer LANGUAGE sql SECURITY DEFINER"
           " AS $$ SELECT 1 $$;", "DROP FUNCTION IF EXISTS {P}one();"),
    Defect("server-setting", _FORBIDDEN, "ALTER SYSTEM", "",
           "ALTER SYSTEM SET row_security = off;"),
    Defect("role-in-do", _FORBIDDEN, "ROLE", "",
           "DO $$ BEGIN CREATE ROLE sample_module_reader; END $$;"),
    Defect("program-in-text", "dynamic-sql", "neither one literal", "",
           "DO $$ BEGIN EXECUTE 'COPY {T} FROM PRO' || 'GRAM ''true'''; END $$;"),
    Defect("own-domain-as-oid", "dynamic-sql", "neither one literal", "",
           "CREATE SCHEMA IF NOT EXISTS sample_module;\n"
           "DO $$ BEGIN IF to_regtype('sample_module.oid') IS NULL THEN\n"
           "    CREATE DOMAIN sample_module.oid AS text; END IF;\n"
           "    EXECUTE ('ALTER TABLE {T} DISABLE ROW LEVEL SECURITY')::sample_module.oid;\n"
           "END $$;\nALTER TABLE {T} ENABLE ROW LEVEL SECURITY;",
           "DROP SCHEMA IF EXISTS sample_module CASCADE;"),
    Defect("own-function-as-md5", "objects-prefixed", "does not begin with sample_module_", "",
           "CREATE OR REPLACE FUNCTION md5(t varchar) RETURNS text LANGUAGE sql SET search_path"
           " = '' RETURN t;", "DROP FUNCTION IF EXISTS md5(varchar);"),
    Defect("row-in-notify", _FORBIDDEN, "pg_notify()", "",
           "CREATE OR REPLACE FUNCTION {P}tell() RETURNS trigger LANGUAGE plpgsql SET search_path"
           " = '' AS $$ BEGIN PERFORM pg_notify('x', to_jsonb(NEW)::text); RETURN NULL; END $$;",
           "DROP FUNCTION IF EXISTS {P}tell();"),
    Defect("never-cancelled", _FORBIDDEN, "query_canceled", "",
           "CREATE OR REPLACE FUNCTION {P}wait() RETURNS void LANGUAGE plpgsql SET search_path"
           " = '' AS $$ BEGIN LOOP BEGIN PERFORM pg_sleep(9); EXCEPTION WHEN query_canceled THEN"
           " NULL; END; END LOOP; END $$;", "DROP FUNCTION IF EXISTS {P}wait();"),
    Defect("no-search-path", "migration-search-path", "search_path",
           "SET search_path TO public;\n", ""),
    Defect("search-path-of-session", "migration-search-path", "search_path",
           "SET search_path TO public;\n", 'SET search_path TO "$user", public;\n'),
    Defect("misspelt", "migration-parses", "syntax error", "",
           "ALTER TABEL {T} ADD COLUMN x text;"),
)  # fmt: skip

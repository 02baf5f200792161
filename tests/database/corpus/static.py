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
    Defect("program-in-text", _FORBIDDEN, "PROGRAM", "",
           "DO $$ BEGIN EXECUTE 'COPY {T} FROM PRO' || 'GRAM ''true'''; END $$;"),
    Defect("no-search-path", "migration-search-path", "search_path",
           "SET search_path TO public;\n", ""),
    Defect("search-path-of-session", "migration-search-path", "search_path",
           "SET search_path TO public;\n", 'SET search_path TO "$user", public;\n'),
    Defect("misspelt", "migration-parses", "syntax error", "",
           "ALTER TABEL {T} ADD COLUMN x text;"),
)  # fmt: skip

"""Functions that PostgreSQL itself calls, as the owner of a table: ANALYZE, REFRESH, casts."""

from __future__ import annotations

from tests.database.corpus.shape import table
from tests.database.hostile.shape import LOOT, TAKE, Hostile, P, T, block, function, trigger

RIGHTS, PREFIXED = "owner-rights", "objects-prefixed"
FORBIDDEN, ISOLATION = "migration-forbidden", "tenant-isolation"
GIVES = "this statement gives one tenant"
SPREAD = (
    LOOT
    + function("spread", f"{TAKE} SELECT t.id, n.title FROM public.tenants t, public.{T} n;")
    + function("words", "PERFORM public.sample_module_spread(); RETURN t;",
               "(t text) RETURNS text", "IMMUTABLE SET search_path = ''")
)  # fmt: skip
"""sample_module_words(text), which is IMMUTABLE by name, gives all tenants the rows of all."""

BEHIND = (
    Hostile("index-expression", "ANALYZE runs it as the owner", RIGHTS, "owner",
            f"{SPREAD}CREATE INDEX IF NOT EXISTS {P}words_idx ON {T}"
            " (sample_module_words(title));"),
    Hostile("index-predicate", "REINDEX runs it as the owner", RIGHTS, "owner",
            f"{SPREAD}CREATE INDEX IF NOT EXISTS {P}words_idx ON {T} (tenant_id, id)"
            " WHERE sample_module_words(title) > '';"),
    Hostile("statistics-expression", "ANALYZE runs it as the owner", RIGHTS, "owner",
            f"{SPREAD}CREATE STATISTICS IF NOT EXISTS {P}words ON (sample_module_words(title)),"
            f" version FROM {T};"),
    Hostile("domain-in-an-index", "ANALYZE checks the domain as the owner", RIGHTS, "owner",
            SPREAD + "DO $$ BEGIN CREATE DOMAIN sample_module_word AS text CHECK"
            " (sample_module_words(VALUE) IS NOT NULL); EXCEPTION WHEN duplicate_object THEN NULL;"
            f" END $$; CREATE INDEX IF NOT EXISTS {P}words_idx ON {T}"
            " ((title::sample_module_word));"),
    Hostile("range-difference", "ANALYZE measures ranges as the owner", RIGHTS, "owner",
            LOOT + function("spread", f"{TAKE} SELECT t.id, n.title FROM public.tenants t,"
                            f" public.{T} n;")
            + function("gap", "PERFORM public.sample_module_spread(); RETURN a - b;",
                       "(a int, b int) RETURNS float8", "IMMUTABLE SET search_path = ''")
            + "DO $$ BEGIN CREATE TYPE sample_module_span AS RANGE (subtype = int4,"
            " subtype_diff = sample_module_gap); EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            + table("spans", "during sample_module_span,")),
    Hostile("materialized-view-calls", "REFRESH runs it as the owner", RIGHTS, "owner",
            f"{SPREAD}CREATE MATERIALIZED VIEW IF NOT EXISTS {P}sums AS"
            f" SELECT sample_module_words(title) AS w FROM {T} WITH NO DATA;"
            f"REVOKE ALL ON {P}sums FROM PUBLIC, tenant_app_role;"),
    Hostile("materialized-view-read", "reads all tenants' rows", RIGHTS,
            "keeps rows of all tenants",
            f"CREATE MATERIALIZED VIEW IF NOT EXISTS {P}sums AS SELECT * FROM {T};"
            f"GRANT SELECT ON {P}sums TO tenant_app_role;"),
    Hostile("view-of-the-owner", "reads all tenants' rows", RIGHTS, "shows what its owner sees",
            f"CREATE OR REPLACE VIEW {P}all AS SELECT * FROM {T};"
            f"GRANT SELECT ON {P}all TO tenant_app_role;"),
    Hostile("view-over-a-view", "reads all tenants' rows", RIGHTS, "shows what its owner sees",
            f"CREATE OR REPLACE VIEW {P}inner AS SELECT * FROM {T};"
            f"CREATE OR REPLACE VIEW {P}outer WITH (security_invoker = true) AS"
            f" SELECT * FROM {P}inner; GRANT SELECT ON {P}outer, {P}inner TO tenant_app_role;"),
    Hostile("view-loses-invoker", "reads all tenants' rows", RIGHTS, "shows what its owner sees",
            f"CREATE OR REPLACE VIEW {P}all WITH (security_invoker = true) AS SELECT * FROM {T};"
            f"ALTER TABLE {P}all RESET (security_invoker);"
            f"GRANT SELECT ON {P}all TO tenant_app_role;"),
    Hostile("atomic-definer", "reads all tenants' rows", RIGHTS, "owner's rights",
            "CREATE OR REPLACE FUNCTION sample_module_n() RETURNS bigint LANGUAGE sql SECURITY"
            f" DEFINER SET search_path = '' BEGIN ATOMIC SELECT count(*) FROM public.{T}; END;"),
    Hostile("altered-to-definer", "reads all tenants' rows", RIGHTS, "owner's rights",
            function("n", f"RETURN (SELECT count(*) FROM public.{T});", "() RETURNS bigint")
            + "ALTER ROUTINE sample_module_n() SECURITY DEFINER;"),
    Hostile("rule", "changes rows as the owner", FORBIDDEN, "CREATE RULE",
            f"CREATE OR REPLACE RULE more AS ON UPDATE TO {T} DO ALSO DELETE FROM {P}notes;"),
    Hostile("own-cast", "a cast runs a function of its own", FORBIDDEN, "CREATE CAST",
            "CREATE CAST (text AS jsonb) WITH INOUT AS ASSIGNMENT;"),
    Hostile("like-postgresqls", "takes the place of lower()", PREFIXED, "does not begin with",
            "CREATE OR REPLACE FUNCTION lower(uuid) RETURNS text LANGUAGE sql AS"
            " $$ SELECT ''::text $$;"),
    Hostile("extension-owns-the-table", "no check looks at tables of an extension", FORBIDDEN,
            "ALTER EXTENSION",
            "CREATE EXTENSION IF NOT EXISTS pgcrypto;"
            f"CREATE TABLE IF NOT EXISTS {P}hidden (tenant_id uuid, what text);"
            f"GRANT SELECT, INSERT ON {P}hidden TO tenant_app_role;"
            f"ALTER EXTENSION pgcrypto ADD TABLE {P}hidden;"),
    # rows that the platform moves: its migrations, and triggers that its own writes fire
    Hostile("migration-copies-platform", "gives everybody the users of all", ISOLATION, GIVES,
            LOOT + f"{TAKE} SELECT t.id, p.email FROM tenants t, profiles p;"),
    Hostile("migration-copies-rows", "gives everybody the rows of all", ISOLATION, GIVES,
            LOOT + f"{TAKE} SELECT t.id, n.title FROM tenants t, {T} n;"),
    Hostile("migration-joins-rows", "gives a tenant the titles of others", ISOLATION, GIVES,
            f"UPDATE {T} AS n SET title = o.title FROM {T} AS o WHERE o.title <> n.title;"),
    Hostile("migration-copies-in-a-block", "gives everybody the rows of all", ISOLATION, GIVES,
            LOOT + block(f"FOR t IN SELECT id FROM tenants LOOP FOR n IN SELECT title FROM {T} LOOP"
                         f" {TAKE} VALUES (t.id, n.title); END LOOP; END LOOP;",
                         "DECLARE t record; n record;")),
    Hostile("migration-calls-a-copy", "gives everybody the rows of all", ISOLATION, GIVES,
            LOOT + function("copy", f"{TAKE} SELECT t.id, n.title FROM public.tenants t,"
                            f" public.{T} n;") + "SELECT sample_module_copy();"),
    Hostile("migration-copies-a-column-that-goes", "no later run of it alone", ISOLATION, GIVES,
            LOOT + f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS old text;"
            f" {TAKE} SELECT t.id, coalesce(n.old, '') FROM tenants t, {T} n;"
            f" ALTER TABLE {T} DROP COLUMN IF EXISTS old;"),
    Hostile("migration-that-cannot-be-run-alone", "nothing sees it", ISOLATION, "could not be run",
            LOOT + f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS old text;"
            f" {TAKE} SELECT t.id, coalesce(n.old, '') FROM tenants t, {T} n;"
            f" ALTER TABLE {T} DROP COLUMN IF EXISTS old;"
            f" CREATE INDEX CONCURRENTLY IF NOT EXISTS {P}title_idx ON {T} (tenant_id, title);"),
    Hostile("migration-removes-twins", "what one tenant has is gone by another's", ISOLATION, GIVES,
            f"DELETE FROM {T} AS n USING {T} AS o WHERE o.created_at <= n.created_at"
            " AND o.tenant_id > n.tenant_id;"),
    Hostile("purge-fires-a-trigger", "the platform's purge copies rows", ISOLATION, "DELETE",
            LOOT + trigger("last", "AFTER DELETE",
                           f"{TAKE} SELECT OLD.tenant_id, n.title FROM public.{T} n;"
                           " RETURN OLD;")),
    Hostile("owner-fires-a-trigger", "a job of the platform copies rows", ISOLATION, "trigger",
            LOOT + trigger("spread", "AFTER UPDATE",
                           f"{TAKE} SELECT NEW.tenant_id, n.title FROM public.{T} n;"
                           " RETURN NULL;")),
)  # fmt: skip

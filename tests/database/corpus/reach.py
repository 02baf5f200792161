"""Ways around the policies: keys, references, views and functions."""

from __future__ import annotations

from tests.database.corpus.shape import CHECK, ISOLATION, POLICY, Defect, drop, table

REACH = (
    # keys and references
    Defect("unique-oracle", ISOLATION, "learns what another tenant has", "    title text NOT NULL,",
           "    title text NOT NULL UNIQUE,"),
    Defect("unique-index-oracle", ISOLATION, "learns what another tenant has", "",
           "CREATE UNIQUE INDEX IF NOT EXISTS {T}_title_key ON {T} (lower(title));",
           "DROP INDEX IF EXISTS {T}_title_key;"),
    Defect("partial-unique-oracle", ISOLATION, "learns what another tenant has", "",
           "CREATE UNIQUE INDEX IF NOT EXISTS {T}_title_key ON {T} (title) WHERE version = 1;",
           "DROP INDEX IF EXISTS {T}_title_key;"),
    Defect("reference-across", ISOLATION, "refers to a row of another tenant", "",
           table("links", "note_id bigint NOT NULL,",
                 "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_id_key CASCADE;\n"
                 "ALTER TABLE {T} ADD CONSTRAINT {T}_id_key UNIQUE (id);\n"
                 "ALTER TABLE {P}links ADD CONSTRAINT {P}links_note_fkey\n"
                 "    FOREIGN KEY (note_id) REFERENCES {T} (id);"),
           drop("links") + "\nALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_id_key CASCADE;"),
    # views and functions
    Defect("view-without-invoker", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE VIEW {P}recent AS SELECT * FROM {T};\n"
           "GRANT SELECT ON {P}recent TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}recent;"),
    Defect("view-of-counts", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE VIEW {P}total AS SELECT count(*) AS n FROM {T};\n"
           "GRANT SELECT ON {P}total TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}total;"),
    Defect("materialized-view", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE MATERIALIZED VIEW IF NOT EXISTS {P}cache AS SELECT * FROM {T};\n"
           "GRANT SELECT ON {P}cache TO tenant_app_role;",
           "DROP MATERIALIZED VIEW IF EXISTS {P}cache;"),
    Defect("definer-reads", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}all() RETURNS SETOF {T} LANGUAGE sql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ SELECT * FROM public.{T} $$;",
           "DROP FUNCTION IF EXISTS {P}all();"),
    Defect("definer-takes-tenant", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}of(t uuid) RETURNS bigint LANGUAGE sql\n"
           "    SECURITY DEFINER SET search_path = ''\n"
           "    AS $$ SELECT count(*) FROM public.{T} WHERE tenant_id = t $$;",
           "DROP FUNCTION IF EXISTS {P}of(uuid);"),
    Defect("definer-writes", ISOLATION, "change the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}reset() RETURNS void LANGUAGE sql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ UPDATE public.{T} SET title = '' $$;",
           "DROP FUNCTION IF EXISTS {P}reset();"),
    Defect("definer-for-nobody", ISOLATION, "a session without a tenant the rows", "",
           "CREATE OR REPLACE FUNCTION {P}n() RETURNS bigint LANGUAGE sql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ SELECT count(*) FROM public.{T} WHERE tenant_id =\n"
           "    coalesce((auth.jwt() ->> 'tenant_id')::uuid, tenant_id) $$;",
           "DROP FUNCTION IF EXISTS {P}n();"),
    Defect("nobody-adds", ISOLATION, "without any tenant adds rows", CHECK,
           "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR auth.jwt() IS NULL)"),
    Defect("organisation-for-tenant", ISOLATION, "does not see its own row", POLICY,
           "FOR ALL USING (tenant_id = (auth.jwt() ->> 'organization_id')::uuid);"),
)  # fmt: skip

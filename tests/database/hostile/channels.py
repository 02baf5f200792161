"""Ways to pass data from one tenant's session to another's besides the rows of tables."""

from __future__ import annotations

from tests.database.hostile.shape import Hostile, P, T, block, function, trigger

FORBIDDEN, ISOLATION, GRANTS = "migration-forbidden", "tenant-isolation", "table-grants"
AUDIT, BRANCHES = "audit-trigger", "migration-branches"
AFTER = "AFTER INSERT OR UPDATE"

CHANNELS = (
    Hostile("large-object", "large objects belong to the role of all tenants", FORBIDDEN, "lo_",
            trigger("keep", AFTER,
                    "PERFORM lo_from_bytea(0, convert_to(NEW.title, 'utf8')); RETURN NULL;")),
    Hostile("setting-of-the-session", "the connection's next tenant reads it", FORBIDDEN,
            "set_config",
            trigger("keep", AFTER,
                    "PERFORM set_config('sample.last', NEW.title, false); RETURN NULL;")),
    Hostile("application-name", "pg_stat_activity shows it to all", FORBIDDEN, "set_config",
            trigger("keep", AFTER,
                    "PERFORM set_config('application_name', NEW.title, true); RETURN NULL;")),
    Hostile("temporary-table", "the connection's next tenant reads it", FORBIDDEN, "temporary",
            function("keep", f"CREATE TEMP TABLE IF NOT EXISTS {P}kept AS SELECT * FROM public.{T};"
                     )),
    Hostile("notify-a-title", "every session listens", FORBIDDEN, "pg_notify",
            trigger("tell", AFTER, "PERFORM pg_notify('told', NEW.title); RETURN NULL;")),
    Hostile("notify-what-is-called-an-id", "every session listens", FORBIDDEN, "pg_notify",
            f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS told_id text;"
            + trigger("tell", AFTER, "PERFORM pg_notify('told', NEW.told_id); RETURN NULL;")),
    Hostile("comment-in-a-block", "every session reads comments", FORBIDDEN, "COMMENT",
            block(f"EXECUTE format('COMMENT ON TABLE {T} IS %L',"
                  " (SELECT string_agg(email, ',') FROM profiles));")),
    Hostile("comment-in-a-function", "every session reads comments", FORBIDDEN, "COMMENT",
            function("tell", f"EXECUTE format('COMMENT ON TABLE public.{T} IS %L', t);",
                     "(t text) RETURNS void")),
    Hostile("sequence-that-counts", "tells a number", ISOLATION, "may be set by",
            f"CREATE SEQUENCE IF NOT EXISTS {P}told;"
            f"GRANT USAGE, SELECT, UPDATE ON SEQUENCE {P}told TO tenant_app_role;"),
    Hostile("claims", "becomes another tenant", FORBIDDEN, "request.jwt.claims",
            "CREATE OR REPLACE FUNCTION sample_module_as() RETURNS bigint LANGUAGE sql"
            " SET request.jwt.claims = '{}' AS $f$"
            f" SELECT count(*) FROM public.{T} $f$;"),
    Hostile("claims-in-pieces", "becomes another tenant", FORBIDDEN, "only a run knows",
            function("become", "PERFORM set_config('request' || '.jwt.claims', t, true);",
                     "(t text) RETURNS void")),
    # rights
    Hostile("grant-option", "hands rights on", GRANTS, "the right to grant on",
            f"GRANT SELECT ON {T} TO tenant_app_role WITH GRANT OPTION;"),
    Hostile("column-grant", "opens a column to anon", GRANTS, "to anon",
            f"GRANT SELECT (title) ON {T} TO anon;"),
    Hostile("default-privileges", "opens later tables", FORBIDDEN, "ALTER DEFAULT PRIVILEGES",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO tenant_app_role;"),
    Hostile("truncate", "removes all tenants' rows", GRANTS, "TRUNCATE",
            f"GRANT TRUNCATE ON {T} TO tenant_app_role;"),
    Hostile("create-in-schema", "sessions make functions", GRANTS, "CREATE",
            "CREATE SCHEMA IF NOT EXISTS sample_module;"
            "GRANT USAGE, CREATE ON SCHEMA sample_module TO tenant_app_role;"),
    # the audit trail
    Hostile("trigger-off-for-a-moment", "changes rows without a trace", FORBIDDEN,
            "DISABLE TRIGGER",
            f"ALTER TABLE {T} DISABLE TRIGGER {T}_audit; UPDATE {T} SET title = title || '.';"
            f"ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    Hostile("trigger-off-in-a-function", "changes rows without a trace", BRANCHES, "silences",
            function("quiet", f"ALTER TABLE public.{T} DISABLE TRIGGER {T}_audit;")),
    Hostile("trigger-for-replicas", "changes rows without a trace", AUDIT, "not enabled",
            f"ALTER TABLE {T} ENABLE REPLICA TRIGGER {T}_audit;"),
    Hostile("trigger-for-some-rows", "changes rows without a trace", AUDIT, "without any condition",
            f"CREATE OR REPLACE TRIGGER {T}_audit AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
            " WHEN (NEW.title <> 'x') EXECUTE FUNCTION audit_row_change();"),
    Hostile("trigger-of-its-own", "changes rows without a trace", AUDIT, "no audit trigger",
            f"DROP TRIGGER {T}_audit ON {T};"
            + trigger("audit_row_change", AFTER, "RETURN NULL;")),
    Hostile("replication-role", "changes rows without a trace", FORBIDDEN,
            "session_replication_role",
            "CREATE OR REPLACE FUNCTION sample_module_quiet() RETURNS void LANGUAGE sql"
            f" SET session_replication_role = replica"
            f" AS $f$ UPDATE public.{T} SET title = '' $f$;"),
    Hostile("trigger-on-the-trail", "swallows the trail", "migrations-apply", "permission denied",
            function("swallow", "RETURN NULL;", "() RETURNS trigger")
            + "CREATE OR REPLACE TRIGGER swallow BEFORE INSERT ON audit_logs FOR EACH ROW"
            " EXECUTE FUNCTION sample_module_swallow();"),
    Hostile("changes-the-trail", "rewrites the trail", FORBIDDEN, "audit_logs",
            function("forget", "UPDATE public.audit_logs SET new_data = NULL;")),
    # rows that the owner moves
    Hostile("migration-moves-rows", "gives one tenant the rows of all", FORBIDDEN, "tenant_id",
            f"UPDATE {T} SET tenant_id = '6f1c1f0e-5f0b-4c55-9d5e-0a1b2c3d4e5f';"),
)  # fmt: skip

"""What a session keeps for the next tenant on its connection, and locks that all tenants share."""

from __future__ import annotations

from tests.database.corpus.shape import table
from tests.database.hostile.shape import MINE, Hostile, P, T, function, trigger

FORBIDDEN = "migration-forbidden"
AFTER = "AFTER INSERT OR UPDATE"
KEPT = f"DECLARE kept CURSOR WITH HOLD FOR SELECT title FROM public.{T}"

SESSIONS = (
    Hostile("cursor-with-hold", "the connection's next tenant reads it", FORBIDDEN, "DECLARE",
            function("keep", f"EXECUTE '{KEPT}';")),
    Hostile("cursor-in-sql", "the connection's next tenant reads it", FORBIDDEN, "DECLARE",
            "CREATE OR REPLACE FUNCTION sample_module_keep() RETURNS void LANGUAGE sql"
            f" SET search_path = '' AS $f$ {KEPT} $f$;"),
    Hostile("reads-a-kept-cursor", "reads what another tenant left", FORBIDDEN, "FETCH",
            function("take", "EXECUTE 'FETCH ALL FROM kept';")),
    Hostile("prepared-with-a-title", "pg_prepared_statements shows it", FORBIDDEN, "PREPARE",
            trigger("keep", AFTER,
                    "EXECUTE format('PREPARE kept AS SELECT %L', NEW.title); RETURN NULL;")),
    Hostile("prepared-now-and-then", "that it is there tells a bit", FORBIDDEN, "PREPARE",
            trigger("keep", AFTER, "IF NEW.title LIKE 'acct-%' THEN EXECUTE 'PREPARE kept AS"
                    " SELECT 1'; END IF; RETURN NULL;")),
    Hostile("listens", "the connection's next tenant hears it", FORBIDDEN, "LISTEN",
            trigger("keep", AFTER, "EXECUTE 'LISTEN told'; RETURN NULL;")),
    Hostile("set-by-a-row", "the connection's next tenant reads a bit", FORBIDDEN, "SET sample.bit",
            trigger("keep", AFTER, "IF NEW.title LIKE 'acct-%' THEN SET sample.bit = 'on'; END IF;"
                    " RETURN NULL;")),
    Hostile("set-to-a-title", "the connection's next tenant reads it", FORBIDDEN, "SET sample.last",
            trigger("keep", AFTER,
                    "EXECUTE format('SET sample.last = %L', NEW.title); RETURN NULL;")),
    Hostile("set-config-by-a-row", "the connection's next tenant reads a bit", FORBIDDEN,
            "for the whole session",
            trigger("keep", AFTER, "IF NEW.title LIKE 'acct-%' THEN PERFORM"
                    " set_config('sample.bit', '1', false); END IF; RETURN NULL;")),
    Hostile("setting-that-was-set", "'' and not NULL tells the next tenant a bit", FORBIDDEN,
            "was ever set",
            trigger("keep", AFTER, "IF NEW.title LIKE 'acct-%' THEN PERFORM"
                    " set_config('sample.bit', '1', true); END IF; RETURN NULL;")
            + function("ask", "RETURN current_setting('sample.bit', true) IS NOT NULL;",
                       "() RETURNS boolean")),
    Hostile("aggregate-that-sets", "calls set_config by its state function", FORBIDDEN,
            "set_config",
            "CREATE OR REPLACE AGGREGATE sample_module_keep(text, boolean) (SFUNC = set_config,"
            " STYPE = text, INITCOND = 'sample.last');"
            + function("all", f"PERFORM public.sample_module_keep(title, false) FROM {T};")),
    Hostile("aggregate-that-locks", "calls pg_advisory_lock by its final function", FORBIDDEN,
            "pg_try_advisory_lock",
            "CREATE OR REPLACE AGGREGATE sample_module_lock(bigint) (SFUNC = int8pl, STYPE ="
            " bigint, INITCOND = '0', FINALFUNC = pg_try_advisory_lock);"),
    Hostile("limits-of-the-session", "nothing ends the next tenant's query", FORBIDDEN,
            "SET statement_timeout",
            trigger("keep", AFTER, "SET statement_timeout = 0; RETURN NULL;")),
    Hostile("resets-the-session", "takes away what the pool has set", FORBIDDEN, "RESET ALL",
            function("forget", "RESET ALL;")),
    Hostile("discards", "takes away what the pool has set", FORBIDDEN, "DISCARD",
            function("forget", "EXECUTE 'DISCARD SEQUENCES';")),
    Hostile("last-value", "the id of another tenant's row", FORBIDDEN, "lastval",
            function("last", "RETURN lastval();", "() RETURNS bigint")),
    Hostile("current-value", "the id of another tenant's row", FORBIDDEN, "currval",
            table("codes", "code int,")
            + function("last", f"RETURN currval('public.{P}codes_id_seq');", "() RETURNS bigint")),
    Hostile("seed-of-a-title", "the next tenant's random() tells it", FORBIDDEN, "setseed",
            trigger("keep", AFTER, "PERFORM setseed(length(NEW.title) / 1e6); RETURN NULL;")),
    Hostile("temporary-view", "the connection's next tenant reads it", FORBIDDEN, "temporary",
            trigger("keep", AFTER, "EXECUTE format('CREATE OR REPLACE TEMP VIEW kept AS"
                    " SELECT %L AS t', NEW.title); RETURN NULL;")),
    Hostile("temporary-by-schema", "the connection's next tenant reads it", FORBIDDEN, "temporary",
            trigger("keep", AFTER, "CREATE TABLE IF NOT EXISTS pg_temp.kept AS"
                    " SELECT NEW.title AS t; RETURN NULL;")),
    Hostile("temporary-by-path", "the connection's next tenant reads it", FORBIDDEN, "pg_temp",
            function("keep", f"CREATE TABLE kept AS SELECT title FROM public.{T};",
                     more="SET search_path = pg_temp")),
    # waits that one tenant makes for another
    Hostile("lock-that-stays", "every tenant's insert waits for one", FORBIDDEN, "pg_advisory_lock",
            trigger("lock", AFTER, "PERFORM pg_advisory_lock(4711); RETURN NULL;")),
    Hostile("lock-of-all", "every tenant's insert waits for one", FORBIDDEN, "without the tenant",
            trigger("lock", AFTER, "PERFORM pg_advisory_xact_lock(4711); RETURN NULL;")),
    Hostile("lock-of-a-borrowed-tenant", "NEW.tenant_id is another for a moment", FORBIDDEN,
            "without the tenant",
            "CREATE OR REPLACE FUNCTION sample_module_lock() RETURNS trigger LANGUAGE plpgsql"
            " SET search_path = '' AS $f$ DECLARE mine uuid := NEW.tenant_id; BEGIN"
            " NEW.tenant_id := '6f1c1f0e-5f0b-4c55-9d5e-0a1b2c3d4e5f'; PERFORM"
            " pg_advisory_xact_lock(hashtextextended(NEW.tenant_id::text, 0));"
            " NEW.tenant_id := mine; RETURN NEW; END $f$; CREATE OR REPLACE TRIGGER"
            f" {P}lock BEFORE INSERT ON {T} FOR EACH ROW EXECUTE FUNCTION sample_module_lock();"),
    Hostile("lock-of-a-letter", "the key has one digit of the tenant", FORBIDDEN,
            "without the tenant",
            trigger("lock", AFTER, "PERFORM pg_advisory_xact_lock(hashtextextended("
                    f"left({MINE}::text, 1), 0)); RETURN NULL;")),
    Hostile("lock-in-a-default", "every tenant's insert waits for one", FORBIDDEN,
            "without the tenant",
            f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS held boolean DEFAULT"
            " pg_try_advisory_xact_lock(4711);"),
    Hostile("lock-in-a-policy", "every tenant's query waits for one", FORBIDDEN,
            "without the tenant",
            f"DROP POLICY IF EXISTS narrow ON {T}; CREATE POLICY narrow ON {T} AS RESTRICTIVE"
            " USING (pg_advisory_xact_lock(4711) IS NOT NULL);"),
    Hostile("lock-of-a-table", "every tenant's insert waits for one", FORBIDDEN, "LOCK TABLE",
            trigger("lock", AFTER, f"LOCK TABLE public.{T} IN EXCLUSIVE MODE; RETURN NULL;")),
    Hostile("lock-by-execute", "every tenant's insert waits for one", FORBIDDEN, "LOCK TABLE",
            trigger("lock", AFTER, f"EXECUTE 'LOCK TABLE public.{T}'; RETURN NULL;")),
)  # fmt: skip

SET search_path TO public;

-- What was exported and then taken out of a table: written in the transaction that takes it out.
CREATE TABLE core_module_purges (
    id uuid PRIMARY KEY,
    slug text NOT NULL REFERENCES core_modules (slug),
    table_name text NOT NULL,
    older_than timestamptz NOT NULL,
    row_count bigint NOT NULL CHECK (row_count > 0),
    file_name text NOT NULL UNIQUE,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    dropped boolean NOT NULL,
    purged_at timestamptz NOT NULL DEFAULT now(),
    purged_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE core_module_purges IS
    'Rows that a module no longer keeps: where they were exported to, and the digest of the file.';
CREATE TRIGGER refuse_update BEFORE UPDATE ON core_module_purges
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON core_module_purges
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON core_module_purges
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_module_purges ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE core_module_purges ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE core_module_purges ENABLE ALWAYS TRIGGER refuse_truncate;

-- Which tables hold rows that a module may no longer keep, and up to when: those of the newest
-- version that a tenant has or had, where its manifest says auto_purge, and the module's usage.
-- A partition stands for itself; `whole` says that every row of it is older.
CREATE FUNCTION plan_module_purge(moment timestamptz DEFAULT now())
    RETURNS TABLE (slug text, table_name text, older_than timestamptz, whole boolean,
        of_module boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
    WITH RECURSIVE newest AS (
        SELECT DISTINCT ON (v.slug) v.slug, v.tables_created,
            v.manifest -> 'data_retention' AS rule
        FROM public.core_module_versions AS v JOIN public.tenant_modules AS t
            ON t.module_slug = v.slug AND t.module_version = v.version
                AND t.state NOT IN ('REQUESTED', 'PENDING_APPROVAL')
        ORDER BY v.slug, v.sort_key DESC
    ), settled AS (
        SELECT n.slug, n.tables_created, moment - make_interval(
            days => (n.rule ->> 'default_retention_days')::integer) AS older_than
        FROM newest AS n
        WHERE n.rule -> 'auto_purge' = 'true'::jsonb AND n.rule ? 'default_retention_days'
    ), tables AS (
        SELECT s.slug, s.older_than, c.oid, c.relname, c.relkind, c.relpartbound, true AS of_module
        FROM settled AS s CROSS JOIN LATERAL unnest(s.tables_created) AS t(name)
            JOIN pg_class AS c ON c.oid = to_regclass(format('public.%I', t.name))
        UNION ALL
        SELECT t.slug, t.older_than, c.oid, c.relname, c.relkind, c.relpartbound, true
        FROM tables AS t JOIN pg_inherits AS i ON i.inhparent = t.oid
            JOIN pg_class AS c ON c.oid = i.inhrelid
    )
    SELECT t.slug, t.relname::text, t.older_than,
        coalesce(substring(pg_get_expr(t.relpartbound, t.oid)
            FROM 'TO \(''([^'']+)''')::timestamptz <= t.older_than, false), true
    FROM tables AS t WHERE t.relkind = 'r'
    UNION ALL
    SELECT s.slug, 'module_usage_logs', s.older_than, false, false FROM settled AS s
    ORDER BY 1, 2
$$;

CREATE FUNCTION record_module_purge(purge jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO public.core_module_purges (id, slug, table_name, older_than, row_count, file_name,
        sha256, dropped)
    SELECT * FROM jsonb_to_record(purge) AS p(id uuid, slug text, table_name text,
        older_than timestamptz, row_count bigint, file_name text, sha256 text, dropped boolean)
$$;

-- Drops the partitions of usage that ended before a moment and hold no row any more.
CREATE FUNCTION drop_empty_usage_partitions(before timestamptz) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
DECLARE
    part record;
    filled boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('module_usage_logs', 5));
    FOR part IN
        SELECT c.oid::regclass AS name, c.relname::text AS bare, bound.ends
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            CROSS JOIN LATERAL (SELECT substring(pg_get_expr(c.relpartbound, c.oid)
                FROM 'TO \(''([^'']+)''')::timestamptz AS ends) AS bound
        WHERE i.inhparent = 'public.module_usage_logs'::regclass
            AND bound.ends <= least(before, date_trunc('month', now()))
        ORDER BY c.relname
    LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part.name);
        -- By the parent, whose policies show the owner every row; the partition's own do not.
        SELECT EXISTS (SELECT FROM public.module_usage_logs AS u
            WHERE u.tableoid = part.name AND u.created_at < part.ends) INTO filled;
        IF NOT filled THEN
            EXECUTE format('DROP TABLE %s', part.name);
            RETURN NEXT part.bare;
        END IF;
    END LOOP;
END
$$;

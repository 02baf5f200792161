SET search_path TO public;

-- Makes the partitions of this month and so many after it; names those that it had to make.
CREATE FUNCTION maintain_usage_partitions(months_ahead integer DEFAULT 2) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
DECLARE
    first date;
    made text;
    grantee text;
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 0 AND 36 THEN
        RAISE EXCEPTION 'months ahead are 0 to 36' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('module_usage_logs', 5));
    FOR month IN 0 .. $1 LOOP
        first := (date_trunc('month', now()) + month * interval '1 month')::date;
        IF to_regclass('public.module_usage_logs_' || to_char(first, 'YYYY_MM')) IS NULL THEN
            made := public.core_usage_partition(first);
            -- Rows go in by the table; a platform's default privileges may have given more on this.
            FOR grantee IN
                SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                    ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
                WHERE c.oid = to_regclass('public.' || made) AND a.grantee <> c.relowner
            LOOP
                EXECUTE format('REVOKE ALL ON TABLE public.%I FROM %s', made, grantee);
            END LOOP;
            RETURN NEXT made;
        END IF;
    END LOOP;
END
$$;

-- What was used by month (UTC), of the tenants whose rows the caller may see.
CREATE FUNCTION module_usage_totals(since timestamptz DEFAULT '-infinity')
    RETURNS TABLE (tenant_id uuid, module_slug text, month date, calls bigint, tokens numeric,
        row_count numeric, cost numeric)
    LANGUAGE sql STABLE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
    SELECT u.tenant_id, u.module_slug, date_trunc('month', u.created_at)::date, count(*),
        sum(u.tokens), sum(u.row_count), sum(u.cost)
    FROM public.module_usage_logs AS u WHERE u.created_at >= since
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
$$;

-- One row for each module: what there is of it, who has it, and what they used in 30 days.
CREATE FUNCTION get_module_system_stats()
    RETURNS TABLE (module_slug text, versions bigint, newest text, tenants bigint,
        by_state jsonb, by_version jsonb, errors bigint, upgrades_failed bigint, calls bigint,
        cost numeric, last_used timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH released AS (
        SELECT v.slug, count(*) AS versions FROM public.core_module_versions AS v GROUP BY v.slug
    ), states AS (
        SELECT s.module_slug, sum(s.n)::bigint AS tenants,
            jsonb_object_agg(s.state, s.n) AS by_state,
            coalesce(sum(s.n) FILTER (WHERE s.state = 'ERROR'), 0)::bigint AS errors,
            sum(s.failed)::bigint AS failed
        FROM (SELECT t.module_slug, t.state, count(*) AS n, count(t.failed_version) AS failed
            FROM public.tenant_modules AS t GROUP BY 1, 2) AS s
        GROUP BY 1
    ), held AS (
        SELECT h.module_slug, jsonb_object_agg(h.module_version, h.n) AS by_version
        FROM (SELECT t.module_slug, t.module_version, count(*) AS n FROM public.tenant_modules AS t
            WHERE t.state <> 'ARCHIVED' AND t.module_version IS NOT NULL GROUP BY 1, 2) AS h
        GROUP BY 1
    ), used AS (
        SELECT u.module_slug, count(*) AS calls, sum(u.cost) AS cost, max(u.created_at) AS last_used
        FROM public.module_usage_logs AS u WHERE u.created_at >= now() - interval '30 days'
        GROUP BY 1
    )
    SELECT m.slug, coalesce(r.versions, 0), (
            SELECT v.version FROM public.core_module_versions AS v
            WHERE v.slug = m.slug AND cardinality(public.core_standing(v.id)) = 0
            ORDER BY v.sort_key DESC LIMIT 1), coalesce(s.tenants, 0),
        coalesce(s.by_state, '{}'), coalesce(h.by_version, '{}'), coalesce(s.errors, 0),
        coalesce(s.failed, 0), coalesce(u.calls, 0), coalesce(u.cost, 0), u.last_used
    FROM public.core_modules AS m LEFT JOIN released AS r ON r.slug = m.slug
        LEFT JOIN states AS s ON s.module_slug = m.slug
        LEFT JOIN held AS h ON h.module_slug = m.slug
        LEFT JOIN used AS u ON u.module_slug = m.slug
    ORDER BY 1
$$;

-- The tables of a version with their partitions, and what can be wrong with each.
CREATE FUNCTION core_table_problems(of_slug text, of_version text)
    RETURNS TABLE (checked text, problem text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE tables AS (
        SELECT c.oid, c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced, c.relacl,
            c.relowner
        FROM public.core_module_versions AS v CROSS JOIN LATERAL unnest(v.tables_created) AS t(name)
            JOIN pg_class AS c ON c.oid = to_regclass(format('public.%I', t.name))
        WHERE v.slug = of_slug AND v.version = of_version
        UNION
        SELECT c.oid, c.relname, c.relrowsecurity AND c.relforcerowsecurity, c.relacl, c.relowner
        FROM tables AS t JOIN pg_inherits AS i ON i.inhparent = t.oid
            JOIN pg_class AS c ON c.oid = i.inhrelid
    ), allowed AS (
        -- The platform's own comparison, as this server prints it; plain, and in a scalar SELECT.
        SELECT unnest(ARRAY[p.text, regexp_replace(p.text, '^\(tenant_id = (.*)\)$',
            '(tenant_id = ( SELECT \1 AS uuid))')]) AS shape
        FROM (SELECT pg_get_expr(polqual, polrelid) AS text FROM pg_policy
            WHERE polrelid = 'public.tenant_modules'::regclass
                AND polname = 'tenant_isolation') AS p
    )
    SELECT 'policies', format('row level security of %s is not forced', t.relname)
        FROM tables AS t WHERE NOT t.forced
    UNION ALL
    SELECT 'policies', format('%s has no policy tenant_isolation as the standard has it', t.relname)
        FROM tables AS t WHERE NOT EXISTS (
            SELECT FROM pg_policy AS p
            WHERE p.polrelid = t.oid AND p.polname = 'tenant_isolation' AND p.polpermissive
                AND p.polcmd = '*' AND p.polroles = ARRAY[0]::oid[]
                AND pg_get_expr(p.polqual, t.oid) IN (SELECT shape FROM allowed)
                AND coalesce(pg_get_expr(p.polwithcheck, t.oid), pg_get_expr(p.polqual, t.oid))
                    IN (SELECT shape FROM allowed))
    UNION ALL
    SELECT 'policies', format('the policy %s of %s lets more in', p.polname, t.relname)
        FROM tables AS t JOIN pg_policy AS p ON p.polrelid = t.oid
        WHERE p.polpermissive AND (
            coalesce(pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid))
                NOT IN (SELECT shape FROM allowed)
            OR coalesce(pg_get_expr(p.polwithcheck, t.oid), pg_get_expr(p.polqual, t.oid))
                NOT IN (SELECT shape FROM allowed))
    UNION ALL
    SELECT 'privileges', format('%s may %s %s', CASE a.grantee WHEN 0 THEN 'PUBLIC'
            ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type, t.relname)
        FROM tables AS t CROSS JOIN LATERAL aclexplode(t.relacl) AS a
        WHERE a.grantee <> t.relowner AND NOT (
            a.grantee = 'tenant_app_role'::regrole AND NOT a.is_grantable
            AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE'))
    UNION ALL
    SELECT 'privileges', format('%s belongs to a role of tenants', t.relname)
        FROM tables AS t WHERE pg_has_role('tenant_app_role', t.relowner, 'MEMBER')
            AND NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = 'tenant_app_role')
$$;

-- Tables by month whose last partition ends within a month from a moment, of a list of tables.
CREATE FUNCTION core_short_partitions(names text[], moment timestamptz)
    RETURNS TABLE (name text, ends timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
DECLARE
    parent record;
    part record;
    last_end timestamptz;
BEGIN
    FOR parent IN
        SELECT c.oid, c.relname FROM unnest(names) AS t(name)
            JOIN pg_class AS c ON c.oid = to_regclass(format('public.%I', t.name))
            JOIN pg_partitioned_table AS p ON p.partrelid = c.oid AND p.partstrat = 'r'
        WHERE p.partdefid = 0
    LOOP
        last_end := '-infinity';
        FOR part IN
            SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''') AS bound
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent.oid
        LOOP
            last_end := greatest(last_end, part.bound::timestamptz);
        END LOOP;
        IF last_end < moment + interval '1 month' THEN
            name := parent.relname;
            ends := last_end;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

-- How a module is at a tenant: rows of a check, its state (ok, bad, or unknown where nothing could
-- be seen), and what was seen.
CREATE FUNCTION check_tenant_module_health(for_tenant uuid, slug text)
    RETURNS TABLE ("check" text, state text, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    held public.tenant_modules;
    problems text[];
    tables text[];
    used timestamptz;
    one text;
BEGIN
    SELECT * INTO held FROM public.tenant_modules AS t
        WHERE t.tenant_id = $1 AND t.module_slug = $2;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'state', 'bad', 'the tenant never asked for the module';
        RETURN;
    END IF;
    RETURN QUERY SELECT 'state',
        CASE WHEN held.state IN ('ENABLED', 'UP_TO_DATE') THEN 'ok' WHEN held.state = 'ERROR'
            OR (held.state IN ('PROVISIONING', 'UPGRADING')
                AND held.state_since < now() - interval '1 hour') THEN 'bad' ELSE 'unknown' END,
        concat_ws(': ', held.state, held.last_error);
    problems := public.core_installation_problems($2, held.module_version);
    RETURN QUERY SELECT 'migrations', CASE cardinality(problems) WHEN 0 THEN 'ok' ELSE 'bad' END,
        CASE cardinality(problems) WHEN 0 THEN 'as ' || held.module_version
            ELSE array_to_string(problems, '; ') END;
    SELECT v.tables_created INTO tables FROM public.core_module_versions AS v
        WHERE v.slug = $2 AND v.version = held.module_version;
    FOREACH one IN ARRAY ARRAY['policies', 'privileges'] LOOP
        problems := ARRAY(SELECT p.problem
            FROM public.core_table_problems($2, held.module_version) AS p WHERE p.checked = one);
        RETURN QUERY SELECT one, CASE WHEN cardinality(problems) > 0 THEN 'bad'
            WHEN tables IS NULL THEN 'unknown' ELSE 'ok' END,
            CASE WHEN cardinality(problems) > 0 THEN array_to_string(problems, '; ')
                ELSE format('%s tables', coalesce(cardinality(tables), 0)) END;
    END LOOP;
    problems := ARRAY(SELECT format('%s ends at %s', s.name, s.ends)
        FROM public.core_short_partitions(
            coalesce(tables, '{}') || 'module_usage_logs'::text, now()) AS s);
    RETURN QUERY SELECT 'partitions', CASE cardinality(problems) WHEN 0 THEN 'ok' ELSE 'bad' END,
        CASE cardinality(problems) WHEN 0 THEN 'for a month and more'
            ELSE array_to_string(problems, '; ') END;
    SELECT max(u.created_at) INTO used FROM public.module_usage_logs AS u
        WHERE u.tenant_id = $1 AND u.module_slug = $2;
    RETURN QUERY SELECT 'usage', CASE WHEN used >= now() - interval '30 days' THEN 'ok'
        ELSE 'unknown' END, coalesce('last used ' || used, 'never used');
END
$$;

SET search_path TO public;

-- The one row of a tenant and a module, locked; raises where there is none.
CREATE FUNCTION core_lock_tenant_module(of_tenant uuid, of_slug text) RETURNS tenant_modules
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_row public.tenant_modules;
BEGIN
    SELECT * INTO found_row FROM public.tenant_modules
        WHERE tenant_id = of_tenant AND module_slug = of_slug FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the tenant % never asked for %', of_tenant, of_slug
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN found_row;
END
$$;

-- The part of a version that stays where nothing may break: the major, and of 0.x the minor too.
CREATE FUNCTION core_version_line(version text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE split_part(version, '.', 1)
        WHEN '0' THEN '0.' || split_part(version, '.', 2) ELSE split_part(version, '.', 1) END;

-- Raises where a version's migrations would break what other tenants use, or what the version needs
-- was taken away by a later major version: all tenants share a module's tables.
CREATE FUNCTION core_refuse_other_line(of_slug text, of_version text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    other text;
BEGIN
    IF EXISTS (SELECT FROM public.core_pending_migrations(of_slug, of_version)) THEN
        SELECT t.module_version INTO other FROM public.tenant_modules AS t
            WHERE t.module_slug = of_slug
                AND t.state NOT IN ('REQUESTED', 'PENDING_APPROVAL', 'ARCHIVED')
                AND public.core_version_line(t.module_version)
                    <> public.core_version_line(of_version) LIMIT 1;
    END IF;
    IF other IS NULL THEN
        SELECT m.version INTO other FROM public.core_module_migrations AS m
            WHERE m.slug = of_slug AND m.kind = 'migration'
                AND public.core_version_line(m.version) <> public.core_version_line(of_version)
                AND public.core_semver_key(m.version) COLLATE "C"
                    > public.core_semver_key(of_version) COLLATE "C" LIMIT 1;
    END IF;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION '% % is refused: the tables are those of % for other tenants', of_slug,
            of_version, other
            USING ERRCODE = 'check_violation', TABLE = 'tenant_modules';
    END IF;
END
$$;

-- Asks for a module in a tenant's name, and takes it as far as the database can by itself:
-- REQUESTED, PENDING_APPROVAL where the version needs one, PROVISIONING, and ENABLED once every
-- migration of the version is recorded. Called again it goes on from where it is; `pending` are the
-- files to run and to record (`record_module_migration`) before the next call.
CREATE FUNCTION provision_tenant_module(for_tenant uuid, slug text, version text DEFAULT NULL)
    RETURNS TABLE (state text, module_version text, pending text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted text := $3;
    held public.tenant_modules;
BEGIN
    IF $1 IS NULL OR $2 IS NULL THEN
        RAISE EXCEPTION 'a tenant and a module are needed' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 4));
    SELECT * INTO held FROM public.tenant_modules AS t
        WHERE t.tenant_id = $1 AND t.module_slug = $2 FOR UPDATE;
    IF held.id IS NULL OR held.state = 'ARCHIVED' THEN
        IF wanted IS NULL THEN
            SELECT v.version INTO wanted FROM public.core_module_versions AS v
                WHERE v.slug = $2 AND v.status IN ('RC', 'GA', 'MAINTENANCE')
                    AND strpos(v.version, '-') = 0
                    AND public.core_version_is_offered(v.slug, v.version)
                ORDER BY v.sort_key DESC LIMIT 1;
        END IF;
        IF wanted IS NULL OR NOT public.core_version_is_offered($2, wanted) THEN
            RAISE EXCEPTION '% is not offered', rtrim($2 || ' ' || coalesce(wanted, ''))
                USING ERRCODE = 'check_violation', TABLE = 'tenant_modules';
        END IF;
        INSERT INTO public.tenant_modules (tenant_id, module_slug, module_version, requested_by)
            VALUES ($1, $2, wanted, session_user)
            ON CONFLICT (tenant_id, module_slug) DO UPDATE SET state = 'REQUESTED',
                module_version = excluded.module_version, requested_by = session_user,
                approved_by = NULL, approved_at = NULL, target_version = NULL,
                failed_version = NULL, last_error = NULL
            RETURNING * INTO held;
    ELSIF wanted IS NOT NULL AND wanted IS DISTINCT FROM held.module_version THEN
        RAISE EXCEPTION 'the tenant has % % (%); a request for % is refused', $2,
            held.module_version, held.state, wanted
            USING ERRCODE = 'check_violation', TABLE = 'tenant_modules',
                HINT = 'upgrade it, or archive it first';
    END IF;
    IF held.state = 'REQUESTED' AND held.approved_by IS NULL
        AND public.core_version_needs_approval($2, held.module_version)
    THEN
        UPDATE public.tenant_modules AS t SET state = 'PENDING_APPROVAL'
            WHERE t.id = held.id RETURNING * INTO held;
    END IF;
    IF held.state IN ('REQUESTED', 'DISABLED', 'ERROR')
        OR (held.state = 'PENDING_APPROVAL' AND held.approved_by IS NOT NULL)
    THEN
        PERFORM public.core_refuse_other_line($2, held.module_version);
        UPDATE public.tenant_modules AS t SET state = 'PROVISIONING', target_version = NULL
            WHERE t.id = held.id RETURNING * INTO held;
    END IF;
    IF held.state = 'PROVISIONING'
        AND cardinality(public.core_installation_problems($2, held.module_version)) = 0
    THEN
        UPDATE public.tenant_modules AS t SET state = 'ENABLED', last_error = NULL
            WHERE t.id = held.id RETURNING * INTO held;
    END IF;
    RETURN QUERY SELECT held.state, held.module_version, CASE WHEN held.state = 'PROVISIONING'
        THEN ARRAY(SELECT p.path FROM public.core_pending_migrations($2, held.module_version) AS p)
        ELSE '{}' END;
END
$$;

-- What the application calls for the tenant of its session: the request, and nothing after it.
CREATE FUNCTION request_tenant_module(slug text, version text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own uuid := (auth.jwt() ->> 'tenant_id')::uuid;
BEGIN
    IF own IS NULL THEN
        RAISE EXCEPTION 'the session has no tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM public.tenant_modules AS t WHERE t.tenant_id = own
        AND t.module_slug = $1 AND t.state <> 'ARCHIVED')
    THEN
        RETURN (SELECT t.state FROM public.tenant_modules AS t
            WHERE t.tenant_id = own AND t.module_slug = $1);
    END IF;
    RETURN (SELECT p.state FROM public.provision_tenant_module(own, $1, $2) AS p);
END
$$;

CREATE FUNCTION approve_tenant_module(for_tenant uuid, slug text, approver text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module($1, $2);
BEGIN
    IF held.state <> 'PENDING_APPROVAL' THEN
        RAISE EXCEPTION '% of this tenant waits for no approval: it is %', $2, held.state
            USING ERRCODE = 'check_violation', TABLE = 'tenant_modules';
    END IF;
    IF coalesce(btrim($3), '') IN ('', held.requested_by) THEN
        RAISE EXCEPTION 'an approval needs the name of a person, who did not ask for it'
            USING ERRCODE = 'check_violation', TABLE = 'tenant_modules';
    END IF;
    UPDATE public.tenant_modules AS t
        SET approved_by = btrim($3), approved_at = clock_timestamp() WHERE t.id = held.id;
END
$$;

-- SUSPENDED, DISABLED, ARCHIVED, and ENABLED again after SUSPENDED; the rest is done by the
-- functions that do the work.
CREATE FUNCTION set_tenant_module_state(for_tenant uuid, slug text, wanted text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module($1, $2);
BEGIN
    IF $3 IS NULL OR NOT ($3 IN ('SUSPENDED', 'DISABLED', 'ARCHIVED')
        OR ($3 = 'ENABLED' AND held.state IN ('SUSPENDED', 'UP_TO_DATE')))
    THEN
        RAISE EXCEPTION '% of this tenant is refused: % is not set by hand', $2, $3
            USING ERRCODE = 'check_violation', TABLE = 'tenant_modules';
    END IF;
    UPDATE public.tenant_modules AS t SET state = $3 WHERE t.id = held.id;
END
$$;

-- Flag and window of upgrades without asking; times are UTC.
CREATE FUNCTION set_tenant_module_upgrades(
    for_tenant uuid, slug text, automatic boolean, starts time DEFAULT NULL,
    ends time DEFAULT NULL, days smallint[] DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module($1, $2);
BEGIN
    UPDATE public.tenant_modules AS t SET auto_upgrade = $3, maintenance_from = $4,
        maintenance_to = $5, maintenance_days = $6 WHERE t.id = held.id;
END
$$;

-- Says that a file was run. A migration is one of the version's, with its digest, after all before.
CREATE FUNCTION record_module_migration(
    of_slug text, of_version text, of_path text, of_sha256 text, of_kind text
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    next record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_slug, 2));
    IF of_kind = 'migration' THEN
        SELECT * INTO next FROM public.core_pending_migrations(of_slug, of_version) LIMIT 1;
        IF (next.path, next.sha256) IS DISTINCT FROM (of_path, of_sha256) THEN
            RAISE EXCEPTION '% is not the next migration of % %: that is %', of_path, of_slug,
                of_version, coalesce(next.path, 'none')
                USING ERRCODE = 'check_violation', TABLE = 'core_module_migrations';
        END IF;
    END IF;
    INSERT INTO public.core_module_migrations (slug, version, path, sha256, kind)
        VALUES (of_slug, of_version, of_path, of_sha256, of_kind)
        ON CONFLICT (slug, version, path) DO NOTHING;
END
$$;

-- Says that what a version brought is rolled back; before its rollback files run, so that what was
-- interrupted is run again. What a tenant's version consists of stays.
CREATE FUNCTION forget_module_migrations(of_slug text, of_version text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    used text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_slug, 2));
    SELECT array_agg(DISTINCT t.module_version) INTO used FROM public.tenant_modules AS t
        WHERE t.module_slug = of_slug
            AND t.state NOT IN ('REQUESTED', 'PENDING_APPROVAL', 'ARCHIVED');
    IF NOT of_version = ANY (coalesce(used, '{}')) THEN
        DELETE FROM public.core_module_migrations AS m
            WHERE m.slug = of_slug AND m.version = of_version AND m.kind = 'hook';
    END IF;
    RETURN QUERY
        WITH gone AS (
            DELETE FROM public.core_module_migrations AS m
            WHERE m.slug = of_slug AND m.version = of_version AND m.kind = 'migration'
                AND NOT EXISTS (
                    SELECT FROM public.core_module_versions AS v
                        CROSS JOIN LATERAL jsonb_array_elements(v.migrations) AS one
                    WHERE v.slug = of_slug AND v.version = ANY (used)
                        AND one ->> 'path' = m.path)
            RETURNING m.path)
        SELECT g.path FROM gone AS g;
END
$$;

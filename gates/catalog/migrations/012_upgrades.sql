SET search_path TO public;

-- Whether a moment lies in a maintenance window; one past midnight belongs to the day it began.
CREATE FUNCTION core_in_window(starts time, ends time, days smallint[], moment timestamptz)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN starts IS NULL OR starts < ends THEN
            (starts IS NULL OR ((moment AT TIME ZONE 'UTC')::time >= starts
                AND (moment AT TIME ZONE 'UTC')::time < ends))
            AND (days IS NULL OR extract(isodow FROM moment AT TIME ZONE 'UTC') = ANY (days))
        WHEN (moment AT TIME ZONE 'UTC')::time >= starts THEN
            days IS NULL OR extract(isodow FROM moment AT TIME ZONE 'UTC') = ANY (days)
        ELSE (moment AT TIME ZONE 'UTC')::time < ends AND (days IS NULL
            OR extract(isodow FROM (moment AT TIME ZONE 'UTC') - interval '1 day') = ANY (days))
    END;

-- The version that a tenant's module may be upgraded to without asking: the newest that is offered,
-- needs no approval, and breaks nothing; NULL where it has that.
CREATE FUNCTION core_upgrade_of(of_slug text, of_version text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.version FROM public.core_module_versions AS v
    WHERE v.slug = of_slug AND v.sort_key > public.core_semver_key(of_version) COLLATE "C"
        AND v.status IN ('RC', 'GA', 'MAINTENANCE') AND strpos(v.version, '-') = 0
        AND public.core_version_line(v.version) = public.core_version_line(of_version)
        AND public.core_version_is_offered(v.slug, v.version)
        AND NOT public.core_version_needs_approval(v.slug, v.version)
    ORDER BY v.sort_key DESC LIMIT 1
$$;

-- Which upgrades are due: of tenants who want them, in their window, to a version that did not fail
-- there (or with `retry`); and each that was begun and not ended, whatever the hour.
CREATE FUNCTION auto_upgrade_tenant_modules(
    moment timestamptz DEFAULT now(), retry boolean DEFAULT false
)
    RETURNS TABLE (tenant_id uuid, module_slug text, from_version text, to_version text,
        begun boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH held AS (
        SELECT DISTINCT t.module_slug, t.module_version FROM public.tenant_modules AS t
        WHERE t.auto_upgrade AND t.state IN ('ENABLED', 'UP_TO_DATE')
    ), better AS MATERIALIZED (
        SELECT h.*, public.core_upgrade_of(h.module_slug, h.module_version) AS wanted
        FROM held AS h
    )
    SELECT t.tenant_id, t.module_slug, t.module_version, b.wanted, false
    FROM public.tenant_modules AS t JOIN better AS b USING (module_slug, module_version)
    WHERE t.auto_upgrade AND t.state IN ('ENABLED', 'UP_TO_DATE') AND b.wanted IS NOT NULL
        AND (retry OR t.failed_version IS DISTINCT FROM b.wanted)
        AND public.core_in_window(t.maintenance_from, t.maintenance_to, t.maintenance_days, moment)
    UNION ALL
    SELECT t.tenant_id, t.module_slug, t.module_version, t.target_version, true
    FROM public.tenant_modules AS t WHERE t.state = 'UPGRADING'
    ORDER BY 2, 4, 1
$$;

CREATE FUNCTION begin_tenant_module_upgrade(for_tenant uuid, slug text, to_version text)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module($1, $2);
BEGIN
    IF held.state = 'UPGRADING' AND held.target_version = $3 THEN
        RETURN;
    END IF;
    IF $3 IS NULL OR public.core_semver_key($3) COLLATE "C"
            <= public.core_semver_key(held.module_version) COLLATE "C"
        OR public.core_version_line($3) <> public.core_version_line(held.module_version)
        OR public.core_version_needs_approval($2, $3)
    THEN
        RAISE EXCEPTION 'the upgrade of % from % to % is refused: it is not a later version of the '
            'same line that needs no approval', $2, held.module_version, $3
            USING ERRCODE = 'check_violation', TABLE = 'tenant_modules';
    END IF;
    PERFORM public.core_refuse_other_line($2, $3);
    UPDATE public.tenant_modules AS t SET state = 'UPGRADING', target_version = $3
        WHERE t.id = held.id;
END
$$;

-- Through UP_TO_DATE to ENABLED, with the settings of the tenant moved to the new version.
CREATE FUNCTION finish_tenant_module_upgrade(for_tenant uuid, slug text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module($1, $2);
BEGIN
    UPDATE public.tenant_modules AS t SET state = 'UP_TO_DATE', module_version = t.target_version
        WHERE t.id = held.id;
    UPDATE public.tenant_module_settings AS s SET module_version = held.target_version
        WHERE s.tenant_id = $1 AND s.module_slug = $2;
    UPDATE public.tenant_modules AS t SET state = 'ENABLED', target_version = NULL,
        failed_version = NULL, last_error = NULL WHERE t.id = held.id;
END
$$;

-- A step that did not work: an upgrade is back at the version before where `restored`, else, as a
-- provisioning, in ERROR.
CREATE FUNCTION fail_tenant_module(
    for_tenant uuid, slug text, reason text, restored boolean DEFAULT false
) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module($1, $2);
    becomes text := CASE WHEN $4 AND held.state = 'UPGRADING' THEN 'ENABLED' ELSE 'ERROR' END;
BEGIN
    UPDATE public.tenant_modules AS t SET state = becomes, last_error = left($3, 2000),
        failed_version = coalesce(t.target_version, t.failed_version), target_version = NULL
        WHERE t.id = held.id;
    RETURN becomes;
END
$$;

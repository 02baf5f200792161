SET search_path TO public;

-- Who provisions, who approves, and whose rights a module's SQL runs with; and the platform's roles
-- that modules name, where a catalog of its own lacks them.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['gates_provisioner', 'gates_approver', 'gates_migrator', 'anon',
        'authenticated', 'service_role']
    LOOP
        BEGIN
            IF to_regrole(wanted) IS NULL THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    -- Migrations fill new columns of every tenant's rows. Where this login may not give it, gates
    -- says so before it runs any.
    BEGIN
        ALTER ROLE gates_migrator BYPASSRLS;
    EXCEPTION WHEN insufficient_privilege THEN
        NULL;
    END;
END
$$;

ALTER TABLE tenant_modules
    ADD COLUMN state_since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN requested_by text,
    ADD COLUMN approved_by text,
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN target_version text,
    ADD COLUMN failed_version text,
    ADD COLUMN last_error text,
    ADD COLUMN auto_upgrade boolean NOT NULL DEFAULT false,
    ADD COLUMN maintenance_from time,
    ADD COLUMN maintenance_to time,
    ADD COLUMN maintenance_days smallint[]
        CHECK (maintenance_days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]),
    ADD CONSTRAINT tenant_modules_target_fkey FOREIGN KEY (module_slug, target_version)
        REFERENCES core_module_versions (slug, version) NOT VALID,
    ADD CONSTRAINT tenant_modules_window_check
        CHECK ((maintenance_from IS NULL) = (maintenance_to IS NULL)) NOT VALID;
ALTER TABLE tenant_modules VALIDATE CONSTRAINT tenant_modules_target_fkey;
ALTER TABLE tenant_modules VALIDATE CONSTRAINT tenant_modules_window_check;
COMMENT ON COLUMN tenant_modules.maintenance_from IS
    'UTC. From here to maintenance_to, maybe past midnight, upgrades may begin; NULL is any time.';
COMMENT ON COLUMN tenant_modules.maintenance_days IS
    'ISO days of the week on which the window begins, 1 is Monday; NULL is every day.';

-- Which SQL of modules was run in this database: once, whoever of the tenants came first.
CREATE TABLE core_module_migrations (
    slug text NOT NULL,
    version text NOT NULL,
    path text NOT NULL CHECK (path <> ''),
    kind text NOT NULL CHECK (kind IN ('migration', 'hook')),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (slug, version, path),
    FOREIGN KEY (slug, version) REFERENCES core_module_versions (slug, version)
);
CREATE UNIQUE INDEX core_module_migrations_once ON core_module_migrations (slug, path)
    WHERE kind = 'migration';
COMMENT ON TABLE core_module_migrations IS
    'Each migration of a module that this database has, with the version that brought it.';

-- The life of a module at a tenant: every step that there is, and no other. Nothing comes before
-- the request.
CREATE FUNCTION core_tenant_state_follows(before text, after text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(after = ANY (CASE coalesce(before, '')
        WHEN '' THEN ARRAY['REQUESTED']
        WHEN 'REQUESTED' THEN ARRAY['PENDING_APPROVAL', 'PROVISIONING', 'ARCHIVED']
        WHEN 'PENDING_APPROVAL' THEN ARRAY['PROVISIONING', 'ARCHIVED']
        WHEN 'PROVISIONING' THEN ARRAY['ENABLED', 'ERROR']
        WHEN 'ENABLED' THEN ARRAY['UPGRADING', 'SUSPENDED', 'DISABLED']
        WHEN 'UPGRADING' THEN ARRAY['UP_TO_DATE', 'ENABLED', 'ERROR']
        WHEN 'UP_TO_DATE' THEN ARRAY['ENABLED', 'UPGRADING', 'SUSPENDED', 'DISABLED']
        WHEN 'SUSPENDED' THEN ARRAY['ENABLED', 'DISABLED', 'ARCHIVED']
        WHEN 'DISABLED' THEN ARRAY['PROVISIONING', 'ARCHIVED']
        WHEN 'ERROR' THEN ARRAY['PROVISIONING', 'UPGRADING', 'DISABLED', 'ARCHIVED']
        WHEN 'ARCHIVED' THEN ARRAY['REQUESTED']
    END), false);

-- Whether a version may be given to a tenant that does not have it: of a maturity that is offered,
-- and under no verb (yank, quarantine, revoke, roll back).
CREATE FUNCTION core_version_is_offered(of_slug text, of_version text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM public.core_module_versions AS v
        WHERE v.slug = of_slug AND v.version = of_version
            AND v.status NOT IN ('PLANNED', 'IN_DEVELOPMENT', 'RETIRED')
            AND cardinality(public.core_standing(v.id)) = 0)
$$;

-- Whether somebody has to approve that a tenant gets a version.
CREATE FUNCTION core_version_needs_approval(of_slug text, of_version text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((
        SELECT v.status NOT IN ('RC', 'GA', 'MAINTENANCE', 'DEPRECATED')
            OR coalesce(v.manifest -> 'requires_approval' = 'true'::jsonb, false)
        FROM public.core_module_versions AS v
        WHERE v.slug = of_slug AND v.version = of_version), true)
$$;

-- The migrations of a version that this database has not, in order.
CREATE FUNCTION core_pending_migrations(of_slug text, of_version text)
    RETURNS TABLE (path text, sha256 text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT one.value ->> 'path', one.value ->> 'sha256'
    FROM public.core_module_versions AS v
        CROSS JOIN LATERAL jsonb_array_elements(v.migrations) WITH ORDINALITY AS one(value, place)
    WHERE v.slug = of_slug AND v.version = of_version
        AND NOT EXISTS (
            SELECT FROM public.core_module_migrations AS m
            WHERE m.slug = of_slug AND m.kind = 'migration' AND m.path = one.value ->> 'path'
                AND m.sha256 = one.value ->> 'sha256')
    ORDER BY one.place
$$;

-- What this database lacks for a version to work, one sentence each.
CREATE FUNCTION core_installation_problems(of_slug text, of_version text) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT format('the migration %s was not run', p.path)
        FROM public.core_pending_migrations(of_slug, of_version) AS p
    ) || ARRAY(
        SELECT format('the table %s is not there', t.name)
        FROM public.core_module_versions AS v CROSS JOIN LATERAL unnest(v.tables_created) AS t(name)
        WHERE v.slug = of_slug AND v.version = of_version
            AND to_regclass(format('public.%I', t.name)) IS NULL
    ) || ARRAY(SELECT format('the catalog holds no %s %s', of_slug, of_version)
        WHERE NOT EXISTS (SELECT FROM public.core_module_versions AS v
            WHERE v.slug = of_slug AND v.version = of_version))
$$;

CREATE FUNCTION core_keep_tenant_module() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END;
    changed boolean := NEW.state IS DISTINCT FROM before;
    problems text[] := '{}';
BEGIN
    IF changed AND NOT public.core_tenant_state_follows(before, NEW.state) THEN
        problems := problems || format('%s does not follow %s', NEW.state,
            coalesce(before, 'nothing'));
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.tenant_id, NEW.module_slug, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.module_slug, OLD.created_at)
    THEN
        problems := problems || 'tenant and module stay as they are'::text;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.module_version IS DISTINCT FROM OLD.module_version
        AND NEW.state <> 'REQUESTED'
        AND (before, NEW.state) IS DISTINCT FROM ('UPGRADING', 'UP_TO_DATE')
    THEN
        problems := problems || 'the version changes by a request or an upgrade'::text;
    END IF;
    IF changed THEN
        NEW.state_since := clock_timestamp();
        IF NEW.state IN ('PROVISIONING', 'UPGRADING') THEN
            IF NOT public.core_version_is_offered(NEW.module_slug,
                CASE NEW.state WHEN 'UPGRADING' THEN NEW.target_version ELSE NEW.module_version END)
                AND before IN ('REQUESTED', 'PENDING_APPROVAL', 'ENABLED', 'UP_TO_DATE')
            THEN
                problems := problems || 'the version is not offered'::text;
            END IF;
            IF NEW.approved_by IS NULL AND before IN ('REQUESTED', 'PENDING_APPROVAL')
                AND public.core_version_needs_approval(NEW.module_slug, NEW.module_version)
            THEN
                problems := problems || 'the version needs an approval'::text;
            END IF;
        ELSIF (before = 'PROVISIONING' AND NEW.state = 'ENABLED') OR NEW.state = 'UP_TO_DATE' THEN
            problems := problems
                || public.core_installation_problems(NEW.module_slug, NEW.module_version);
        END IF;
        IF NEW.state = 'UP_TO_DATE' AND NEW.module_version IS DISTINCT FROM OLD.target_version THEN
            problems := problems || 'an upgrade ends with the version that it began for'::text;
        END IF;
    END IF;
    IF cardinality(problems) > 0 THEN
        RAISE EXCEPTION '% of this tenant is refused: %', NEW.module_slug,
            array_to_string(problems, '; ')
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'tenant_states';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_state BEFORE INSERT OR UPDATE ON tenant_modules
    FOR EACH ROW EXECUTE FUNCTION core_keep_tenant_module();
CREATE TRIGGER refuse_delete BEFORE DELETE ON tenant_modules
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tenant_modules
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_update BEFORE UPDATE ON core_module_migrations
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER audit AFTER INSERT ON core_module_migrations
    FOR EACH ROW EXECUTE FUNCTION core_audit();
ALTER TABLE tenant_modules ENABLE ALWAYS TRIGGER keep_state;
ALTER TABLE tenant_modules ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE tenant_modules ENABLE ALWAYS TRIGGER refuse_truncate;
ALTER TABLE core_module_migrations ENABLE ALWAYS TRIGGER refuse_update;

-- The functions of the platform work for every tenant, as the owner of the tables.
DO $$
DECLARE
    given text;
BEGIN
    FOREACH given IN ARRAY ARRAY['tenant_modules', 'tenant_module_settings', 'module_usage_logs']
    LOOP
        EXECUTE format('CREATE POLICY owner_works ON public.%1$I USING (pg_has_role(current_user, '
            '(SELECT c.relowner FROM pg_catalog.pg_class AS c '
            'WHERE c.oid = ''public.%1$I''::regclass), ''USAGE''))', given);
    END LOOP;
END
$$;

-- What the triggers of modules call. A platform of its own has it already.
DO $$
BEGIN
    IF to_regprocedure('public.audit_row_change()') IS NULL THEN
        EXECUTE $function$
            CREATE FUNCTION public.audit_row_change() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = ''
            AS $body$
            DECLARE
                changed jsonb := to_jsonb(NEW);
            BEGIN
                INSERT INTO public.audit_logs
                    (tenant_id, table_name, operation, row_id, actor, old_data, new_data)
                VALUES ((changed ->> 'tenant_id')::uuid, TG_TABLE_NAME, TG_OP, changed ->> 'id',
                    (auth.jwt() ->> 'sub')::uuid,
                    CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END, changed);
                RETURN NULL;
            END
            $body$
        $function$;
        REVOKE ALL ON FUNCTION public.audit_row_change() FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION public.audit_row_change() TO gates_migrator;
    END IF;
END
$$;

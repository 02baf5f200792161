SET search_path TO public;

-- What a release needs of people and of time, as the policy said when the owner recorded it; the
-- newest row counts, and none asks for nothing.
CREATE TABLE core_release_rules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    policy_digest text NOT NULL CHECK (policy_digest ~ '^[0-9a-f]{64}$'),
    approvers jsonb NOT NULL CHECK (jsonb_typeof(approvers) = 'array'),
    approval_rules jsonb NOT NULL CHECK (jsonb_typeof(approval_rules) = 'array'),
    soak_hours jsonb NOT NULL CHECK (jsonb_typeof(soak_hours) = 'object'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL DEFAULT session_user
);

-- Records the rules that count from now on. Raises check_violation for what is of another form:
-- a rule that nobody understands would ask for nothing.
CREATE FUNCTION set_release_rules(given jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO public.core_release_rules (policy_digest, approvers, approval_rules, soak_hours)
    VALUES (given ->> 'policy', given -> 'approvers', given -> 'approval_rules',
        given -> 'soak_hours')
    RETURNING id INTO made;
    IF EXISTS (
        SELECT FROM jsonb_array_elements(given -> 'approvers') AS one
        WHERE coalesce(one ->> 'key_id' !~ '^[0-9a-f]{64}$', true)
            OR coalesce(one ->> 'name' !~ '\S', true)
            OR jsonb_typeof(one -> 'email') IS DISTINCT FROM 'string'
            OR jsonb_typeof(one -> 'groups') IS DISTINCT FROM 'array')
    OR EXISTS (
        SELECT FROM jsonb_array_elements(given -> 'approval_rules') AS one
        WHERE one ->> 'purpose' IS NULL
            OR one ->> 'purpose' NOT IN ('offer', 'ga', 'major', 'waiver')
            OR jsonb_typeof(one -> 'of') IS DISTINCT FROM 'array'
            OR coalesce(one ->> 'count' !~ '^[1-9][0-9]{0,3}$', true)
            OR coalesce(one ->> 'max_age_days' !~ '^[0-9]{1,5}$', true))
    OR EXISTS (
        SELECT FROM jsonb_each(given -> 'soak_hours') AS one
        WHERE jsonb_typeof(one.value) <> 'number' OR (one.value #>> '{}')::numeric < 0)
    THEN
        RAISE EXCEPTION 'the rules of releases are not of the form that the catalog understands'
            USING ERRCODE = 'check_violation', TABLE = 'core_release_rules';
    END IF;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION set_release_rules(jsonb) FROM PUBLIC;

-- How many people of a rule have approved a version: nobody twice, nobody who signed a stage of it
-- or made its commit, and no approval that has ended, is too old or is yet to come.
CREATE FUNCTION core_approvals_given(of_version bigint, rule jsonb, approvers jsonb)
    RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH stage AS (
        SELECT e.key_id, lower(convert_from(decode(coalesce(
            e.envelope -> 'dsseEnvelope' ->> 'payload', e.envelope ->> 'payload'), 'base64'),
            'UTF8')::jsonb #>> '{predicate,environment,author}') AS author
        FROM public.core_module_version_evidence AS e WHERE e.module_version_id = of_version
    )
    SELECT count(DISTINCT person ->> 'name')
    FROM public.core_module_acts AS a
        JOIN LATERAL jsonb_array_elements(approvers) AS person ON person ->> 'key_id' = a.key_id
    WHERE a.module_version_id = of_version AND a.verb = 'approve'
        AND (a.until IS NULL OR a.until >= (now() AT TIME ZONE 'UTC')::date)
        AND a.made_at <= clock_timestamp() + interval '5 minutes'
        AND ((rule ->> 'max_age_days')::integer = 0 OR a.made_at
            >= clock_timestamp() - (rule ->> 'max_age_days')::integer * interval '1 day')
        AND NOT EXISTS (
            SELECT FROM stage AS s WHERE s.key_id = a.key_id
                OR (s.author <> '' AND s.author = lower(person ->> 'email')))
        AND (rule -> 'of' = '[]' OR rule -> 'of' ? (person ->> 'name') OR EXISTS (
            SELECT FROM jsonb_array_elements_text(person -> 'groups') AS own
            WHERE rule -> 'of' ? own))
$$;

-- Why a new version may not stand by the rules of the catalog, one sentence each; none if it may.
CREATE FUNCTION core_release_problems(checked_id bigint) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    maturities CONSTANT text[] := ARRAY['PLANNED', 'IN_DEVELOPMENT', 'ALPHA', 'BETA', 'RC', 'GA',
        'MAINTENANCE', 'DEPRECATED', 'RETIRED'];
    rules public.core_release_rules;
    release public.core_module_versions;
    purposes text[] := '{}';
    problems text[] := '{}';
    rule jsonb;
    given bigint;
    before text;
    hours numeric;
    since timestamptz;
BEGIN
    SELECT * INTO rules FROM public.core_release_rules AS r ORDER BY r.id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN problems;
    END IF;
    SELECT * INTO STRICT release FROM public.core_module_versions AS v WHERE v.id = checked_id;
    purposes := CASE WHEN release.status IN ('ALPHA', 'BETA') THEN ARRAY['offer']
        WHEN release.status = 'GA' THEN ARRAY['ga'] ELSE '{}' END;
    IF split_part(release.version, '.', 1)::numeric > (
        SELECT max(split_part(v.version, '.', 1)::numeric) FROM public.core_module_versions AS v
        WHERE v.slug = release.slug AND v.id <> release.id)
    THEN
        purposes := purposes || 'major'::text;
    END IF;
    FOR rule IN SELECT jsonb_array_elements(rules.approval_rules) LOOP
        CONTINUE WHEN NOT (rule ->> 'purpose') = ANY (purposes);
        given := public.core_approvals_given(release.id, rule, rules.approvers);
        IF given < (rule ->> 'count')::integer THEN
            problems := problems || format('%s %s needs %s approvals (%s), and has %s [not-approved]',
                release.slug, release.version, rule ->> 'count', rule ->> 'purpose', given);
        END IF;
    END LOOP;
    hours := coalesce((rules.soak_hours ->> release.status)::numeric, 0);
    -- A module that stood in this maturity before has waited.
    IF hours > 0 AND NOT EXISTS (
        SELECT FROM public.core_module_versions AS v
        WHERE v.slug = release.slug AND v.id <> release.id AND v.status = release.status)
    THEN
        before := maturities[greatest(array_position(maturities, release.status) - 1, 1)];
        SELECT min(v.released_at) INTO since FROM public.core_module_versions AS v
            WHERE v.slug = release.slug AND v.id <> release.id AND v.status = before
                AND cardinality(public.core_standing(v.id)) = 0;
        IF since IS NULL OR clock_timestamp() < since + hours * interval '1 hour' THEN
            problems := problems || format('%s %s: %s asks for %s hours as %s, and since then %s '
                '[not-soaked]', release.slug, release.version, release.status, trim_scale(hours),
                before, coalesce(since::text, 'nothing stands there'));
        END IF;
    END IF;
    RETURN problems;
END
$$;

-- It runs with the rights of the owner: whoever releases need not see the rules.
CREATE FUNCTION core_require_release_rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problems text[] := public.core_release_problems(NEW.id);
BEGIN
    IF cardinality(problems) > 0 THEN
        RAISE EXCEPTION 'the catalog refuses this version: %', array_to_string(problems, '; ')
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = 'release_rules';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION core_require_release_rules() FROM PUBLIC;
REVOKE ALL ON FUNCTION core_release_problems(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION core_approvals_given(bigint, jsonb, jsonb) FROM PUBLIC;

-- Deferred, since approvals are recorded after the version, in the same transaction.
CREATE CONSTRAINT TRIGGER release_rules AFTER INSERT ON core_module_versions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_require_release_rules();
CREATE TRIGGER audit AFTER INSERT ON core_release_rules
    FOR EACH ROW EXECUTE FUNCTION core_audit();
CREATE TRIGGER refuse_update BEFORE UPDATE ON core_release_rules
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON core_release_rules
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON core_release_rules
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
-- ALWAYS: session_replication_role = replica would switch ordinary triggers off.
ALTER TABLE core_module_versions ENABLE ALWAYS TRIGGER release_rules;
ALTER TABLE core_release_rules ENABLE ALWAYS TRIGGER audit;
ALTER TABLE core_release_rules ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE core_release_rules ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE core_release_rules ENABLE ALWAYS TRIGGER refuse_truncate;

-- Nobody but the owner and the role below: a platform's default privileges may have given more.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT format('TABLE %s', c.oid::regclass) AS what,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                AS grantee
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = 'core_release_rules'::regclass AND a.grantee <> c.relowner
        UNION
        SELECT format('FUNCTION %s', p.oid::regprocedure),
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a
        WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner
            AND p.proname IN ('set_release_rules', 'core_approvals_given', 'core_release_problems',
                'core_require_release_rules')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', given.what, given.grantee);
    END LOOP;
END
$$;
GRANT SELECT ON core_release_rules TO gates_reader;

COMMENT ON TABLE core_release_rules IS
    'Approvals and soak that every new version needs, whoever registers it; never changed, and the '
    'newest row counts. That the approvals were signed is for gates to say: gates catalog verify.';

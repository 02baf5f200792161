SET search_path TO public;

-- Roles belong to the whole server: another catalog on it may have made it already.
DO $$
BEGIN
    IF to_regrole('gates_governor') IS NULL THEN
        CREATE ROLE gates_governor NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- What people decided about released versions, each as the statement that they signed.
CREATE TABLE core_module_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    module_version_id bigint NOT NULL REFERENCES core_module_versions (id),
    verb text NOT NULL CHECK (verb IN (
        'approve', 'yank', 'quarantine', 'revoke', 'deprecate', 'roll-back', 'lift', 'reverify')),
    reason text NOT NULL CHECK (reason ~ '\S'),
    replacement text NOT NULL,
    until date,
    lifts bigint UNIQUE REFERENCES core_module_acts (id),
    made_at timestamptz NOT NULL,
    key_id text NOT NULL CHECK (key_id ~ '^[0-9a-f]{64}$'),
    payload_sha256 text NOT NULL CHECK (payload_sha256 ~ '^[0-9a-f]{64}$'),
    envelope jsonb NOT NULL CHECK (jsonb_typeof(envelope) = 'object'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL DEFAULT session_user,
    UNIQUE (module_version_id, payload_sha256),
    CHECK ((verb = 'lift') = (lifts IS NOT NULL)),
    CHECK (verb <> 'deprecate' OR until IS NOT NULL)
);

-- What each tenant is to be told about a version that it holds.
CREATE TABLE tenant_module_notices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    module_slug text NOT NULL,
    module_version text NOT NULL,
    act_id bigint NOT NULL REFERENCES core_module_acts (id),
    verb text NOT NULL,
    reason text NOT NULL,
    replacement text NOT NULL,
    seen_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (tenant_id, act_id),
    FOREIGN KEY (module_slug, module_version) REFERENCES core_module_versions (slug, version)
);
CREATE INDEX tenant_module_notices_tenant_idx
    ON tenant_module_notices (tenant_id, created_at DESC);

CREATE INDEX tenant_modules_version_idx ON tenant_modules (module_slug, module_version);
CREATE INDEX core_module_versions_dependencies_idx ON core_module_versions
    USING gin ((manifest -> 'dependencies') jsonb_path_ops);

-- The verbs that stand against a version, in the order in which they were recorded.
CREATE FUNCTION core_standing(of_version bigint) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN ARRAY(
        SELECT one.verb FROM public.core_module_acts AS one
        WHERE one.module_version_id = of_version
            AND one.verb IN ('yank', 'quarantine', 'revoke', 'roll-back')
            AND NOT EXISTS (
                SELECT FROM public.core_module_acts AS undone WHERE undone.lifts = one.id)
        ORDER BY one.id
    );

-- States in which a tenant has a module: its rows, its settings, or both.
CREATE FUNCTION core_is_held(state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN state NOT IN ('REQUESTED', 'PENDING_APPROVAL', 'ARCHIVED');

-- Records an act for one of its versions. Raises check_violation with the reason.
CREATE FUNCTION core_record_act(of_module text, wanted text, given jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    release public.core_module_versions;
    earlier public.core_module_acts;
    signed jsonb := CASE WHEN given ? 'mediaType' THEN given -> 'dsseEnvelope' ELSE given END;
    named text := CASE WHEN given ? 'mediaType'
        THEN encode(sha256(decode(
            given #>> '{verificationMaterial,certificate,rawBytes}', 'base64')), 'hex')
        ELSE signed #>> '{signatures,0,keyid}' END;
    raw bytea;
    statement jsonb;
    predicate jsonb;
    done text;
    made_at timestamptz;
    undone bigint;
    hours numeric;
    made bigint;
BEGIN
    -- An older snapshot would not see what was recorded while this waited for the lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'an act is recorded in a transaction that is read committed'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(of_module, 1));
    SELECT * INTO release FROM public.core_module_versions AS v
        WHERE v.slug = of_module AND v.version = wanted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the catalog holds no % % [unknown-version]', of_module, wanted
            USING ERRCODE = 'check_violation';
    END IF;
    BEGIN
        raw := decode(signed ->> 'payload', 'base64');
        statement := convert_from(raw, 'UTF8')::jsonb;
        predicate := statement -> 'predicate';
        made_at := (predicate ->> 'made')::timestamptz;
    EXCEPTION WHEN OTHERS THEN
        predicate := NULL;
    END;
    done := predicate ->> 'verb';
    IF jsonb_typeof(predicate) IS DISTINCT FROM 'object' OR done IS NULL OR made_at IS NULL
        OR signed ->> 'payloadType' IS DISTINCT FROM 'application/vnd.in-toto+json'
        OR statement ->> '_type' IS DISTINCT FROM 'https://in-toto.io/Statement/v1'
        OR statement ->> 'predicateType'
            IS DISTINCT FROM 'https://schemas.axon.dev/gates/act/v1'
    THEN
        RAISE EXCEPTION 'the act cannot be read [unreadable]' USING ERRCODE = 'check_violation';
    END IF;
    IF jsonb_typeof(signed -> 'signatures') IS DISTINCT FROM 'array'
        OR jsonb_array_length(signed -> 'signatures') <> 1
        OR coalesce(named !~ '^[0-9a-f]{64}$', true)
        OR (NOT given ? 'mediaType' AND length(signed #>> '{signatures,0,sig}') IS DISTINCT FROM 88)
        OR coalesce(signed #>> '{signatures,0,sig}', '') = ''
    THEN
        RAISE EXCEPTION 'the act is not signed [unsigned]' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT coalesce(statement -> 'subject' @> jsonb_build_array(jsonb_build_object(
        'name', release.slug || '@' || release.version,
        'digest', jsonb_build_object('dirHash1', release.content_digest))), false)
    THEN
        RAISE EXCEPTION 'the act is not about % % with the content % [wrong-subject]',
            of_module, wanted, left(release.content_digest, 12)
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO earlier FROM public.core_module_acts AS a
        WHERE a.module_version_id = release.id
            AND a.payload_sha256 = encode(sha256(raw), 'hex');
    IF FOUND THEN
        IF done = 'approve' THEN
            RETURN earlier.id;
        END IF;
        RAISE EXCEPTION 'this act was recorded before, on % [replayed]', earlier.recorded_at
            USING ERRCODE = 'check_violation';
    END IF;
    IF done <> 'approve' THEN
        IF predicate ->> 'catalog' IS DISTINCT FROM (SELECT id::text FROM public.core_catalog) THEN
            RAISE EXCEPTION 'the act is for another catalog [wrong-catalog]'
                USING ERRCODE = 'check_violation';
        END IF;
        IF made_at < clock_timestamp() - interval '1 hour'
            OR made_at > clock_timestamp() + interval '5 minutes'
        THEN
            RAISE EXCEPTION 'the act was signed on %, and is recorded within the hour [stale-act]',
                made_at USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF done IN ('yank', 'quarantine', 'revoke', 'roll-back', 'deprecate') AND EXISTS (
        SELECT FROM public.core_module_acts AS a
        WHERE a.module_version_id = release.id AND a.verb = done AND NOT EXISTS (
            SELECT FROM public.core_module_acts AS later WHERE later.lifts = a.id))
    THEN
        RAISE EXCEPTION '% % is under a % already [already]', of_module, wanted, done
            USING ERRCODE = 'check_violation';
    END IF;
    IF done = 'lift' THEN
        SELECT a.id INTO undone FROM public.core_module_acts AS a
            WHERE a.module_version_id = release.id
                AND a.payload_sha256 = predicate ->> 'lifts'
                AND a.verb IN ('yank', 'quarantine', 'revoke', 'deprecate')
                AND NOT EXISTS (
                    SELECT FROM public.core_module_acts AS later WHERE later.lifts = a.id);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is nothing that the act could lift of % % [nothing-to-lift]',
                of_module, wanted USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF done = 'roll-back' THEN
        hours := CASE WHEN jsonb_typeof(release.manifest -> 'rollback_window_hours') = 'number'
            THEN (release.manifest ->> 'rollback_window_hours')::numeric ELSE 48 END;
        IF clock_timestamp() > release.released_at + hours * interval '1 hour' THEN
            RAISE EXCEPTION
                '% % was released on %, and its rollback window of % hours is over [window-over]',
                of_module, wanted, release.released_at, hours USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF predicate ->> 'replacement' <> '' AND NOT EXISTS (
        SELECT FROM public.core_module_versions AS v
        WHERE v.id <> release.id AND cardinality(public.core_standing(v.id)) = 0
            AND predicate ->> 'replacement' IN (v.slug || '@' || v.version,
                CASE WHEN v.slug = of_module THEN v.version END))
    THEN
        RAISE EXCEPTION 'the replacement % is no good version of the catalog [no-replacement]',
            left(predicate ->> 'replacement', 100) USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO public.core_module_acts (module_version_id, verb, reason, replacement, until, lifts,
        made_at, key_id, payload_sha256, envelope)
    VALUES (release.id, done, predicate ->> 'reason', coalesce(predicate ->> 'replacement', ''),
        nullif(predicate ->> 'until', '')::date, undone, made_at, named,
        encode(sha256(raw), 'hex'), given)
    RETURNING id INTO made;
    IF done IN ('revoke', 'roll-back', 'deprecate') OR EXISTS (
        SELECT FROM public.core_module_acts AS a
        WHERE a.id = undone AND a.verb IN ('revoke', 'deprecate'))
    THEN
        INSERT INTO public.tenant_module_notices (
            tenant_id, module_slug, module_version, act_id, verb, reason, replacement)
        SELECT t.tenant_id, t.module_slug, t.module_version, made, done, predicate ->> 'reason',
            coalesce(predicate ->> 'replacement', '')
        FROM public.tenant_modules AS t
        WHERE t.module_slug = of_module AND t.module_version = wanted
            AND public.core_is_held(t.state);
    END IF;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION core_record_act(text, text, jsonb) FROM PUBLIC;

-- The two ways to record an act, with the rights of the owner, so that nobody else needs any on the
-- tables: whoever releases brings approvals, whoever governs everything else, too.
CREATE FUNCTION record_module_approval(of_module text, wanted text, given jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made bigint := public.core_record_act(of_module, wanted, given);
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.core_module_acts AS a WHERE a.id = made AND a.verb = 'approve')
    THEN
        RAISE EXCEPTION 'the act is no approval [wrong-verb]' USING ERRCODE = 'check_violation';
    END IF;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION record_module_approval(text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION record_module_act(of_module text, wanted text, given jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN public.core_record_act(of_module, wanted, given);
END
$$;
REVOKE ALL ON FUNCTION record_module_act(text, text, jsonb) FROM PUBLIC;

-- All that those tenants hold who hold a version, and whether they have seen what they were told.
-- Nothing of their settings or data: this is for whoever has to reach them.
CREATE FUNCTION module_holders(of_module text, wanted text)
    RETURNS TABLE (tenant uuid, slug text, version text, state text, told bigint, unseen bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.tenant_id, t.module_slug, t.module_version, t.state,
        (SELECT count(*) FROM public.tenant_module_notices AS n
            WHERE n.tenant_id = t.tenant_id AND n.module_slug = of_module
                AND n.module_version = wanted),
        (SELECT count(*) FROM public.tenant_module_notices AS n
            WHERE n.tenant_id = t.tenant_id AND n.module_slug = of_module
                AND n.module_version = wanted AND n.seen_at IS NULL)
    FROM public.tenant_modules AS t
    WHERE public.core_is_held(t.state) AND t.module_version IS NOT NULL
        AND t.tenant_id IN (
            SELECT h.tenant_id FROM public.tenant_modules AS h
            WHERE h.module_slug = of_module AND h.module_version = wanted
                AND public.core_is_held(h.state))
    ORDER BY t.tenant_id, t.module_slug
$$;
REVOKE ALL ON FUNCTION module_holders(text, text) FROM PUBLIC;

-- A yank ends new installs; under a quarantine or a revocation a module is not switched on, either,
-- but a tenant may be upgraded away from it.
-- It runs with the rights of the owner: tenants do not read the acts.
CREATE FUNCTION core_refuse_withdrawn() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id bigint;
    standing text[];
    is_new boolean := TG_OP = 'INSERT';
BEGIN
    SELECT v.id INTO found_id FROM public.core_module_versions AS v
        WHERE v.slug = NEW.module_slug AND v.version = NEW.module_version;
    IF found_id IS NULL THEN
        RETURN NEW;
    END IF;
    standing := public.core_standing(found_id);
    IF TG_OP = 'UPDATE' THEN
        is_new := OLD.module_version IS DISTINCT FROM NEW.module_version
            OR (NOT public.core_is_held(OLD.state) AND public.core_is_held(NEW.state));
    END IF;
    IF is_new AND EXISTS (
        SELECT FROM public.core_module_acts AS a
        WHERE a.module_version_id = found_id AND a.verb = 'deprecate' AND a.until < current_date
            AND NOT EXISTS (
                SELECT FROM public.core_module_acts AS later WHERE later.lifts = a.id))
    THEN
        standing := standing || 'sunset'::text;
    END IF;
    IF (is_new AND cardinality(standing) > 0) OR (
        TG_OP = 'UPDATE' AND standing && ARRAY['quarantine', 'revoke']
        AND NEW.state IS DISTINCT FROM OLD.state
        AND NEW.state IN ('PROVISIONING', 'ENABLED', 'UP_TO_DATE'))
    THEN
        RAISE EXCEPTION '% % is not served: it is under %', NEW.module_slug, NEW.module_version,
            array_to_string(standing, ' and ')
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = 'good_version';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION core_refuse_withdrawn() FROM PUBLIC;
CREATE TRIGGER refuse_withdrawn BEFORE INSERT OR UPDATE ON tenant_modules
    FOR EACH ROW EXECUTE FUNCTION core_refuse_withdrawn();

DO $$
BEGIN
    PERFORM core_protect_tenant_rows('tenant_module_notices');
END
$$;
CREATE TRIGGER touch BEFORE UPDATE ON tenant_module_notices
    FOR EACH ROW EXECUTE FUNCTION core_touch();
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON tenant_module_notices
    FOR EACH ROW EXECUTE FUNCTION core_audit();
CREATE TRIGGER audit AFTER INSERT ON core_module_acts
    FOR EACH ROW EXECUTE FUNCTION core_audit();
CREATE TRIGGER refuse_update BEFORE UPDATE ON core_module_acts
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON core_module_acts
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON core_module_acts
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
-- ALWAYS: session_replication_role = replica would switch ordinary triggers off.
ALTER TABLE core_module_acts ENABLE ALWAYS TRIGGER audit;
ALTER TABLE core_module_acts ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE core_module_acts ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE core_module_acts ENABLE ALWAYS TRIGGER refuse_truncate;
ALTER TABLE tenant_modules ENABLE ALWAYS TRIGGER refuse_withdrawn;

-- Row level security is forced, so that the functions above need a policy where the owner of the
-- catalog is no superuser.
CREATE POLICY owner_reads ON tenant_modules FOR SELECT
    USING (pg_has_role(current_user, (
        SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'public.tenant_modules'::regclass),
        'USAGE'));
CREATE POLICY owner_reads ON tenant_module_notices FOR SELECT
    USING (pg_has_role(current_user, (
        SELECT c.relowner FROM pg_class AS c
        WHERE c.oid = 'public.tenant_module_notices'::regclass), 'USAGE'));
CREATE POLICY owner_tells ON tenant_module_notices FOR INSERT
    WITH CHECK (pg_has_role(current_user, (
        SELECT c.relowner FROM pg_class AS c
        WHERE c.oid = 'public.tenant_module_notices'::regclass), 'USAGE'));

-- Nobody but the owner and the roles below: a platform's default privileges may have given more.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT c.oid::regclass AS name,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid IN ('core_module_acts'::regclass, 'tenant_module_notices'::regclass)
            AND a.grantee <> c.relowner
        GROUP BY 1, 2
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', given.name, given.grantee);
    END LOOP;
END
$$;
GRANT gates_reader TO gates_governor;
GRANT SELECT ON core_module_acts TO gates_reader;
GRANT SELECT ON tenant_module_notices TO tenant_app_role;
GRANT UPDATE (seen_at) ON tenant_module_notices TO tenant_app_role;
GRANT EXECUTE ON FUNCTION module_holders(text, text) TO gates_reader;
GRANT EXECUTE ON FUNCTION record_module_approval(text, text, jsonb) TO gates_releaser;
GRANT EXECUTE ON FUNCTION record_module_act(text, text, jsonb) TO gates_governor;

COMMENT ON TABLE core_module_acts IS
    'What people decided about released versions; never changed, never deleted. Each is undone by '
    'another that names it. Whether the signatures verify is for gates to say: gates catalog verify.';
COMMENT ON TABLE tenant_module_notices IS 'What each tenant is to be told about a version it holds.';

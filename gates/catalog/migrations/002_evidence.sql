SET search_path TO public;

-- Everything that is wrong with the evidence of a version, one sentence each; none if it is
-- complete. What it does not look at is the signature itself.
CREATE FUNCTION core_evidence_problems(checked_id bigint) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stages CONSTANT text[] :=
        ARRAY['lint-manifest', 'lint', 'test', 'build', 'scan', 'publish'];
    bundle_stages CONSTANT text[] := ARRAY['build', 'scan', 'publish'];
    release public.core_module_versions;
    given public.core_module_version_evidence;
    raw bytea;
    statement jsonb;
    predicate jsonb;
    wanted text;
    problems text[] := '{}';
BEGIN
    SELECT * INTO STRICT release FROM public.core_module_versions WHERE id = checked_id;
    FOREACH wanted IN ARRAY stages LOOP
        SELECT * INTO given FROM public.core_module_version_evidence
            WHERE module_version_id = checked_id AND stage = wanted;
        IF NOT FOUND THEN
            problems := problems || format('the stage %s has no evidence', wanted);
            CONTINUE;
        END IF;
        BEGIN
            raw := decode(given.envelope ->> 'payload', 'base64');
            statement := convert_from(raw, 'UTF8')::jsonb;
        EXCEPTION WHEN OTHERS THEN
            statement := NULL;
        END;
        predicate := statement -> 'predicate';
        IF jsonb_typeof(statement) IS DISTINCT FROM 'object'
            OR jsonb_typeof(predicate) IS DISTINCT FROM 'object'
            OR given.envelope ->> 'payloadType' IS DISTINCT FROM 'application/vnd.in-toto+json'
            OR statement ->> '_type' IS DISTINCT FROM 'https://in-toto.io/Statement/v1'
            OR statement ->> 'predicateType'
                IS DISTINCT FROM 'https://schemas.axon.dev/gates/stage/v1'
        THEN
            problems := problems || format('the evidence of %s cannot be read', wanted);
            CONTINUE;
        END IF;
        IF encode(sha256(raw), 'hex') <> given.payload_sha256 THEN
            problems := problems || format('the evidence of %s is not what its digest says', wanted);
        END IF;
        IF jsonb_typeof(given.envelope -> 'signatures') IS DISTINCT FROM 'array'
            OR jsonb_array_length(given.envelope -> 'signatures') = 0
            OR given.envelope #>> '{signatures,0,keyid}' IS DISTINCT FROM given.key_id
            OR length(given.envelope #>> '{signatures,0,sig}') IS DISTINCT FROM 88
        THEN
            problems := problems || format('the evidence of %s is not signed', wanted);
        END IF;
        IF predicate ->> 'stage' IS DISTINCT FROM wanted THEN
            problems := problems || format('the evidence of %s is about another stage', wanted);
        END IF;
        IF predicate ->> 'verdict' IS DISTINCT FROM 'pass'
            OR jsonb_typeof(predicate -> 'checks') IS DISTINCT FROM 'array'
            OR jsonb_array_length(predicate -> 'checks') = 0
            OR EXISTS (
                SELECT FROM jsonb_array_elements(predicate -> 'checks') AS one
                WHERE one ->> 'verdict' IS DISTINCT FROM 'pass'
            )
        THEN
            problems := problems || format('the stage %s did not pass', wanted);
        END IF;
        IF statement #>> '{subject,0,name}'
            IS DISTINCT FROM release.slug || '@' || release.version
        THEN
            problems := problems || format('the evidence of %s is for another version', wanted);
        END IF;
        IF statement #>> '{subject,0,digest,dirHash1}' IS DISTINCT FROM release.content_digest THEN
            problems := problems || format('the evidence of %s is for other content', wanted);
        END IF;
        IF predicate #>> '{policy,digest,sha256}' IS DISTINCT FROM release.policy_digest THEN
            problems := problems
                || format('the evidence of %s was made under another policy', wanted);
        END IF;
        IF wanted = ANY (bundle_stages) AND (
            statement #>> '{subject,1,digest,sha256}' IS DISTINCT FROM release.bundle_digest
            OR statement #>> '{subject,1,name}'
                IS DISTINCT FROM release.slug || '-' || release.version || '.tgz'
        ) THEN
            problems := problems || format('the evidence of %s is for another bundle', wanted);
        END IF;
    END LOOP;
    RETURN problems;
END
$$;

CREATE FUNCTION core_require_evidence() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    checked_id bigint :=
        CASE WHEN TG_TABLE_NAME = 'core_module_versions'
            THEN to_jsonb(NEW) -> 'id' ELSE to_jsonb(NEW) -> 'module_version_id' END;
    problems text[] := public.core_evidence_problems(checked_id);
BEGIN
    IF cardinality(problems) > 0 THEN
        RAISE EXCEPTION 'the catalog refuses this version: %', array_to_string(problems, '; ')
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = 'complete_evidence';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION core_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what was released stays as it is', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
END
$$;

-- A version may only move along the life cycle after its release.
CREATE FUNCTION core_keep_version() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The sort key is generated from the version, and only after this trigger.
    IF to_jsonb(OLD) - ARRAY['status', 'sort_key']
        IS DISTINCT FROM to_jsonb(NEW) - ARRAY['status', 'sort_key']
    THEN
        RAISE EXCEPTION 'UPDATE on core_module_versions is refused: only the status may change'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    IF NOT public.core_maturity_follows(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'the status % does not follow %', NEW.status, OLD.status
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION core_keep_module() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.slug <> OLD.slug OR NEW.created_at <> OLD.created_at THEN
        RAISE EXCEPTION 'UPDATE on core_modules is refused: slug and created_at stay as they are'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    IF NOT public.core_maturity_follows(OLD.maturity_status, NEW.maturity_status) THEN
        RAISE EXCEPTION 'the maturity % does not follow %',
            NEW.maturity_status, OLD.maturity_status
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE CONSTRAINT TRIGGER complete_evidence AFTER INSERT ON core_module_versions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_require_evidence();
CREATE CONSTRAINT TRIGGER complete_evidence AFTER INSERT ON core_module_version_evidence
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_require_evidence();
CREATE TRIGGER keep_version BEFORE UPDATE ON core_module_versions
    FOR EACH ROW EXECUTE FUNCTION core_keep_version();
CREATE TRIGGER keep_module BEFORE UPDATE ON core_modules
    FOR EACH ROW EXECUTE FUNCTION core_keep_module();
CREATE TRIGGER refuse_update BEFORE UPDATE ON core_module_version_evidence
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();

DO $$
DECLARE
    kept text;
    found record;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'core_modules', 'core_module_versions', 'core_module_version_evidence'
    ] LOOP
        EXECUTE format('CREATE TRIGGER refuse_delete BEFORE DELETE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION core_refuse_change()', kept);
        EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()', kept);
    END LOOP;
    -- ALWAYS: session_replication_role = replica would switch ordinary triggers off.
    FOR found IN
        SELECT tgrelid::regclass AS owner, tgname FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN (
            'core_modules'::regclass, 'core_module_versions'::regclass,
            'core_module_version_evidence'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.owner, found.tgname);
    END LOOP;
END
$$;

SET search_path TO public;

-- Everything that is wrong with the evidence of a version, one sentence each; none if it is
-- complete. What it does not look at is the signature itself.
CREATE OR REPLACE FUNCTION core_evidence_problems(checked_id bigint) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stages CONSTANT text[] :=
        ARRAY['lint-manifest', 'lint', 'test', 'build', 'scan', 'publish'];
    bundle_stages CONSTANT text[] := ARRAY['build', 'scan', 'publish'];
    release public.core_module_versions;
    given public.core_module_version_evidence;
    bundle_type CONSTANT text := 'application/vnd.dev.sigstore.bundle.v0.3+json';
    signed jsonb;
    raw bytea;
    statement jsonb;
    predicate jsonb;
    named text;
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
        -- A bundle by a workflow's identity holds the envelope beside a certificate.
        signed := CASE WHEN given.envelope ? 'mediaType'
            THEN given.envelope -> 'dsseEnvelope' ELSE given.envelope END;
        BEGIN
            raw := decode(signed ->> 'payload', 'base64');
            statement := convert_from(raw, 'UTF8')::jsonb;
        EXCEPTION WHEN OTHERS THEN
            statement := NULL;
        END;
        predicate := statement -> 'predicate';
        IF jsonb_typeof(statement) IS DISTINCT FROM 'object'
            OR jsonb_typeof(predicate) IS DISTINCT FROM 'object'
            OR signed ->> 'payloadType' IS DISTINCT FROM 'application/vnd.in-toto+json'
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
        IF given.envelope ? 'mediaType' THEN
            named := given.envelope #>> '{verificationMaterial,certificate,rawBytes}';
            IF given.envelope ->> 'mediaType' IS DISTINCT FROM bundle_type
                OR jsonb_typeof(signed -> 'signatures') IS DISTINCT FROM 'array'
                OR jsonb_array_length(signed -> 'signatures') <> 1
                OR coalesce(signed #>> '{signatures,0,sig}', '') = ''
                OR coalesce(jsonb_array_length(
                    given.envelope #> '{verificationMaterial,tlogEntries}'), 0) <> 1
                OR encode(sha256(decode(named, 'base64')), 'hex') IS DISTINCT FROM given.key_id
            THEN
                problems := problems || format('the evidence of %s is not signed', wanted);
            END IF;
        ELSIF jsonb_typeof(signed -> 'signatures') IS DISTINCT FROM 'array'
            OR jsonb_array_length(signed -> 'signatures') = 0
            OR signed #>> '{signatures,0,keyid}' IS DISTINCT FROM given.key_id
            OR length(signed #>> '{signatures,0,sig}') IS DISTINCT FROM 88
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

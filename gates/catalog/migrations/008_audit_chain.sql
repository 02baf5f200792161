SET search_path TO public;

-- The rows of audit_logs stay as they are written. Beside each stands one here: its place in the
-- stream of its tenant (or of the catalog itself), and a hash over its text and the hash before it.
CREATE TABLE core_audit_chain (
    stream text NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    audit_id bigint NOT NULL UNIQUE,
    previous text NOT NULL CHECK (previous ~ '^[0-9a-f]{64}$'),
    hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (stream, sequence)
);

-- Nobody but the owner: it names tenants, and a platform's default privileges may have given more.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = 'core_audit_chain'::regclass AND a.grantee <> c.relowner
        GROUP BY 1
    LOOP
        EXECUTE format('REVOKE ALL ON core_audit_chain FROM %s', given.grantee);
    END LOOP;
END
$$;

-- The text of a row and its place that is hashed. Numbers and times have one form in it, whatever the
-- session's settings; gates catalog audit verify has the same expression, and does not ask this one.
CREATE FUNCTION core_audit_text(of_row audit_logs, stream text, sequence bigint, previous text)
    RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_array(
        stream, sequence, previous, of_row.id, of_row.tenant_id::text, of_row.table_name,
        of_row.operation, of_row.row_id, of_row.actor::text, of_row.db_role,
        of_row.old_data, of_row.new_data, extract(epoch FROM of_row.created_at)::text
    )::text
$$;

-- Puts a row at the end of its stream. One transaction at a time does so for a stream, until it
-- ends: the order of a stream is the order of the commits.
CREATE FUNCTION core_chain_row(of_row audit_logs) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named text := coalesce(of_row.tenant_id::text, 'catalog');
    place bigint := 0;
    last text := repeat('0', 64);
    found_last record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(named, 2));
    SELECT c.sequence, c.hash INTO found_last FROM public.core_audit_chain AS c
        WHERE c.stream = named ORDER BY c.sequence DESC LIMIT 1;
    IF FOUND THEN
        place := found_last.sequence;
        last := found_last.hash;
    END IF;
    INSERT INTO public.core_audit_chain (stream, sequence, audit_id, previous, hash)
    VALUES (named, place + 1, of_row.id, last, encode(sha256(convert_to(
        public.core_audit_text(of_row, named, place + 1, last), 'UTF8')), 'hex'));
END
$$;

CREATE FUNCTION core_chain_audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM public.core_chain_row(NEW);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION core_audit_text(audit_logs, text, bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION core_chain_row(audit_logs) FROM PUBLIC;
REVOKE ALL ON FUNCTION core_chain_audit() FROM PUBLIC;

-- The owner reads all of it, since a chain of which a part is hidden proves nothing.
CREATE POLICY owner_reads ON audit_logs FOR SELECT
    USING (pg_has_role(current_user, (
        SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'public.audit_logs'::regclass), 'USAGE'));

-- Deferred, so that transactions wait for each other's commit and not for all that comes before it.
CREATE CONSTRAINT TRIGGER chain AFTER INSERT ON audit_logs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_chain_audit();
CREATE TRIGGER refuse_delete BEFORE DELETE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_update BEFORE UPDATE ON core_audit_chain
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON core_audit_chain
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON core_audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

-- ALWAYS: session_replication_role = replica would switch ordinary triggers off.
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER chain;
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER refuse_truncate;
ALTER TABLE core_audit_chain ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE core_audit_chain ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE core_audit_chain ENABLE ALWAYS TRIGGER refuse_truncate;

-- What was written before: nobody could add to it meanwhile, since the triggers above lock the table.
DO $$
DECLARE
    earlier audit_logs;
BEGIN
    FOR earlier IN SELECT * FROM audit_logs ORDER BY id LOOP
        PERFORM core_chain_row(earlier);
    END LOOP;
END
$$;

COMMENT ON TABLE core_audit_chain IS
    'The place of each row of audit_logs in its stream, with a hash over it and all before: '
    'gates catalog audit verify finds what was changed, taken out, added or moved. What was cut off at '
    'the end is found by anchors, which lie in the registry.';

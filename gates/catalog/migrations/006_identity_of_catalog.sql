SET search_path TO public;

-- One row: which catalog this is. Evidence names it, so that what was checked against one catalog is
-- not taken for what would be found with another.
CREATE TABLE core_catalog (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX core_catalog_has_one_row ON core_catalog ((true));
INSERT INTO core_catalog DEFAULT VALUES;

CREATE TRIGGER refuse_update BEFORE UPDATE ON core_catalog
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON core_catalog
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON core_catalog
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_catalog ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE core_catalog ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE core_catalog ENABLE ALWAYS TRIGGER refuse_truncate;

-- Nobody but the owner and the role below: a platform's default privileges may have given more.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = 'core_catalog'::regclass AND a.grantee <> c.relowner
        GROUP BY 1
    LOOP
        EXECUTE format('REVOKE ALL ON core_catalog FROM %s', given.grantee);
    END LOOP;
END
$$;
GRANT SELECT ON core_catalog TO gates_reader;

COMMENT ON TABLE core_catalog IS 'Which catalog this is: made with it, and never changed.';

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

REVOKE ALL ON core_catalog FROM PUBLIC;
GRANT SELECT ON core_catalog TO gates_reader;

COMMENT ON TABLE core_catalog IS 'Which catalog this is: made with it, and never changed.';

CREATE OR REPLACE FUNCTION log_asset_change() RETURNS TRIGGER AS $$
BEGIN
    INSERT INTO audit_logs (table_name, operation, row_id, new_data)
    VALUES ('assets', TG_OP, NEW.id::text, to_jsonb(NEW));
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;

DROP TRIGGER IF EXISTS log_assets ON assets;
CREATE TRIGGER log_assets AFTER INSERT OR UPDATE OR DELETE ON assets
    FOR EACH ROW EXECUTE FUNCTION log_asset_change();

CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    NEW.version := coalesce(OLD.version, 0) + 1;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS prices_touch ON tenant_prices;
CREATE TRIGGER prices_touch BEFORE UPDATE ON tenant_prices FOR EACH ROW EXECUTE FUNCTION touch();

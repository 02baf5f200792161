CREATE OR REPLACE FUNCTION update_updated_at_column()
RETURNS TRIGGER AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;

CREATE TRIGGER update_shift_notes_updated_at
    BEFORE UPDATE ON shift_notes
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE VIEW open_shift_notes AS
    SELECT id, organization_id, title, created_at FROM shift_notes WHERE state = 'open';

GRANT ALL ON shift_notes TO authenticated;

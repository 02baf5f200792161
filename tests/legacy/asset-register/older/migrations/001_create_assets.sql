-- assets of a customer, and who checked them
DO $$
DECLARE
    t TEXT;
BEGIN
    CREATE TABLE IF NOT EXISTS assets (
        id SERIAL PRIMARY KEY,
        tenant_id TEXT NOT NULL,
        name VARCHAR(120) NOT NULL,
        serial_number TEXT UNIQUE,
        kind TEXT NOT NULL DEFAULT 'machine' CHECK (kind IN ('machine', 'vehicle', 'tool')),
        price NUMERIC(12, 2) CHECK (price >= 0),
        archived_at TIMESTAMPTZ,
        created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE IF NOT EXISTS asset_checks (
        id SERIAL PRIMARY KEY,
        asset_id INTEGER NOT NULL REFERENCES assets(id) ON DELETE CASCADE,
        checked_by UUID REFERENCES auth.users(id),
        result TEXT NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now(),
        updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
    );
    FOREACH t IN ARRAY ARRAY['assets', 'asset_checks'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY %I ON %I FOR ALL USING (true) WITH CHECK (true)',
            t || '_all', t);
        EXECUTE format('GRANT ALL ON %I TO authenticated', t);
    END LOOP;
END $$;

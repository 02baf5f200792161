CREATE TABLE IF NOT EXISTS asset_settings (
    tenant_id TEXT PRIMARY KEY,
    archive_after_days INTEGER NOT NULL DEFAULT 90,
    remind BOOLEAN NOT NULL DEFAULT true,
    digest TEXT NOT NULL DEFAULT 'weekly' CHECK (digest IN ('daily', 'weekly', 'never')),
    created_at TIMESTAMP WITHOUT TIME ZONE DEFAULT now()
);

CREATE TABLE IF NOT EXISTS tenant_prices (
    sku TEXT NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL,
    title TEXT NOT NULL,
    amount NUMERIC(12, 4) NOT NULL,
    archived_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ DEFAULT now(),
    version INTEGER DEFAULT 1
);
CREATE TABLE IF NOT EXISTS tenant_price_alerts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id UUID NOT NULL,
    sku TEXT NOT NULL REFERENCES tenant_prices(sku) ON DELETE CASCADE,
    below NUMERIC(12, 4) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

DO $$
DECLARE
    t TEXT;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenant_prices', 'tenant_price_alerts'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (tenant_id = (auth.jwt() ->> ''tenant_id''))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_prices, tenant_price_alerts TO tenant_app_role;

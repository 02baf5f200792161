SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE TABLE IF NOT EXISTS sample_module_links (
    tenant_id uuid NOT NULL,
    invoice_id bigint REFERENCES tenant_billing_invoices (id)
);
DO $$
BEGIN
    EXECUTE format('UPDATE core_modules SET %I = ''GA''', 'status');
END
$$;
DO $$
DECLARE
    each_table text;
BEGIN
    FOR each_table IN SELECT relname FROM pg_class WHERE relname LIKE 'tenant%' LOOP
        EXECUTE format('ALTER TABLE %I SET (fillfactor = 90)', each_table);
    END LOOP;
END
$$;

SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE TABLE IF NOT EXISTS sample_module_links (
    tenant_id uuid NOT NULL,
    invoice_id bigint REFERENCES tenant_billing_invoices (id)
);
DO $$
BEGIN
    EXECUTE 'UPDATE core_modules SET ' || quote_ident('status') || ' = ''GA''';
END
$$;

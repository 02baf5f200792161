SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE TABLE IF NOT EXISTS tenant_sample_module_events (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id, created_at)
) PARTITION BY RANGE (created_at);

CREATE OR REPLACE FUNCTION sample_module_add_month(month date)
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    part text := 'tenant_sample_module_events_' || to_char(month, 'YYYY_MM');
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF'
        ' public.tenant_sample_module_events FOR VALUES FROM (%L) TO (%L)',
        part, month, month + interval '1 month');
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
END;
$$;
REVOKE EXECUTE ON FUNCTION sample_module_add_month(date) FROM PUBLIC;

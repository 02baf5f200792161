SET search_path TO public;

CREATE TABLE IF NOT EXISTS tenant_sample_module_days (
    id bigint NOT NULL,
    created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);

CREATE TABLE IF NOT EXISTS tenant_sample_module_days_2026
    PARTITION OF tenant_sample_module_days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

CREATE TABLE IF NOT EXISTS tenant_sample_module_scratch (id bigint);
DROP TABLE IF EXISTS tenant_sample_module_scratch;

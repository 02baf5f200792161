SET search_path TO public;

DROP INDEX IF EXISTS tenant_sample_module_notes_title_idx;
CREATE INDEX tenant_sample_module_notes_title_idx
    ON tenant_sample_module_notes (tenant_id, title);

DROP INDEX IF EXISTS tenant_sample_module_notes_title_idx;
INSERT INTO tenant_sample_module_notes (tenant_id, title)
    VALUES ('00000000-0000-4000-8000-000000000001', 'a');
INSERT INTO tenant_sample_module_notes (tenant_id, title)
    VALUES ('00000000-0000-4000-8000-000000000001', 'a');

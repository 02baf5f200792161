SET search_path TO public;

DROP INDEX IF EXISTS tenant_sample_module_notes_title_idx;
CREATE INDEX tenant_sample_module_notes_title_idx
    ON tenant_sample_module_notes (tenant_id, title);

SET search_path TO public;

DROP INDEX IF EXISTS tenant_sample_module_notes_title_idx;
CREATE INDEX tenant_sample_module_notes_title_idx
    ON tenant_sample_module_notes (tenant_id, title);

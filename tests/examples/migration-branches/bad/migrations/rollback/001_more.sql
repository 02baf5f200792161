SET search_path TO public;

DROP POLICY IF EXISTS extra ON tenant_sample_module_notes;

SET search_path TO public;

DROP FUNCTION IF EXISTS sample_module_is_done(sample_module_state);
DROP TYPE IF EXISTS sample_module_state;

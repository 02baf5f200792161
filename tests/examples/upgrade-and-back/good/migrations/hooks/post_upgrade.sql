SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

UPDATE tenant_sample_module_notes SET title = 'untitled' WHERE title = '';

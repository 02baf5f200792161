SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

SELECT 1;

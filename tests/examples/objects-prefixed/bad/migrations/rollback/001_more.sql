SET search_path TO public;

DROP FUNCTION IF EXISTS is_done(state);
DROP TYPE IF EXISTS state;

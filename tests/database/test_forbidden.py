"""Statements that a module may not make, wherever they are written, and those near them."""

# ruff: noqa: E501 - a statement is a line
from __future__ import annotations

import pytest

from gates.database.parsing.script import parse
from gates.database.parsing.statements import statements_of
from gates.database.rules.violations import violations
from gates.settings import EXTENSIONS

FORBIDDEN = """
DROP DATABASE d
CREATE DATABASE d
ALTER DATABASE d SET x = 1
ALTER SYSTEM SET x = 1
CREATE ROLE r
CREATE USER r SUPERUSER
ALTER ROLE r SUPERUSER
ALTER ROLE r SET x = 1
DROP ROLE r
GRANT a TO b
REVOKE a FROM b
REASSIGN OWNED BY a TO b
CREATE TABLESPACE x LOCATION '/tmp'
ALTER TABLESPACE x RESET (seq_page_cost)
ALTER TABLE ALL IN TABLESPACE x SET TABLESPACE y
ALTER TABLE t SET TABLESPACE x
ALTER INDEX i SET TABLESPACE x
CREATE TABLE t (a int) TABLESPACE x
CREATE INDEX i ON t (a) TABLESPACE x
CREATE SCHEMA s AUTHORIZATION tenant_app_role
DROP OWNED BY a
SET ROLE a
RESET ROLE
SET SESSION AUTHORIZATION a
RESET SESSION AUTHORIZATION
SET row_security = off
SET LOCAL session_replication_role = replica
SELECT set_config('role', 'a', false)
SELECT pg_catalog.set_config('session_replication_role', 'replica', true)
COPY t FROM PROGRAM 'x'
COPY t TO '/tmp/x'
ALTER TABLE t DISABLE ROW LEVEL SECURITY
ALTER TABLE t NO FORCE ROW LEVEL SECURITY
ALTER TABLE t ADD a int, DISABLE ROW LEVEL SECURITY
ALTER TABLE t OWNER TO a
ALTER TABLE t DISABLE TRIGGER ALL
ALTER FUNCTION f() OWNER TO a
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'
ALTER FUNCTION f() SECURITY DEFINER
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()
CREATE SERVER s FOREIGN DATA WRAPPER w
CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p
LOAD 'x'
DO $$ BEGIN SET ROLE a; END $$
DO $$ BEGIN EXECUTE 'ALTER TABLE t DISABLE ROW LEVEL SECURITY'; END $$
DO $$ BEGIN PERFORM set_config('role', 'a', false); END $$
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'RESET ROLE; SELECT 1'
SET request.jwt.claims = '{}'
SET LOCAL event_triggers = off
SELECT set_config('request.jwt.claims', '{}', true)
SELECT set_config('ro' || 'le', 'a', false)
SELECT set_config(name, 'a', false) FROM tenant_x_settings
CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING
SECURITY LABEL ON TABLE t IS 'x'
CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT
CREATE OPERATOR = (LEFTARG = uuid, RIGHTARG = text, FUNCTION = f)
CREATE EXTENSION dblink
CREATE EXTENSION IF NOT EXISTS postgres_fdw
ALTER EXTENSION citext UPDATE
GRANT SELECT ON ALL TABLES IN SCHEMA public TO tenant_app_role
GRANT CREATE ON SCHEMA public TO tenant_app_role
GRANT CREATE ON DATABASE d TO tenant_app_role
CREATE FOREIGN TABLE t (a int) SERVER s
UPDATE pg_settings SET setting = 'off' WHERE name = 'row_security'
UPDATE pg_catalog.pg_class SET relrowsecurity = false
WITH x AS (DELETE FROM pg_catalog.pg_policy RETURNING 1) SELECT * FROM x
SELECT pg_read_file('/etc/passwd')
SELECT lo_import('/etc/passwd')
SELECT dblink_exec('x', 'y')
SELECT cron.schedule('x', '* * * * *', 'SELECT 1')
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
CREATE FUNCTION f() RETURNS int LANGUAGE plperl AS '1'
CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'
DO LANGUAGE plpython3u 'x'
CREATE FUNCTION f() RETURNS int LANGUAGE sql SET role = a AS 'SELECT 1'
CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN set_config('role', 'a', false)
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = DEFAULT AS 'SELECT 1'
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = "$user" AS 'SELECT 1'
ALTER FUNCTION f() RESET search_path
ALTER FUNCTION f() RESET ALL
ALTER FUNCTION f() SET search_path TO DEFAULT
DO $$ DECLARE x text; BEGIN x := set_config('role', 'a', false); END $$
DO $$ DECLARE q text; BEGIN FOREACH q IN ARRAY ARRAY['SET ROLE a'] LOOP EXECUTE format('%s', q); END LOOP; END $$
DO $$ BEGIN PERFORM query_to_xml('SELECT set_config(''role'', ''a'', false)', true, true, ''); END $$
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS 'BEGIN RETURN QUERY EXECUTE ''SELECT dblink(1)''; END'
DO $$ DECLARE c refcursor; BEGIN OPEN c FOR EXECUTE 'SELECT pg_ls_dir(1)'; END $$
EXPLAIN ANALYZE DELETE FROM pg_catalog.pg_class
CREATE FUNCTION auth.jwt(n int) RETURNS jsonb LANGUAGE sql RETURN NULL
ALTER FUNCTION own.jwt() SET SCHEMA auth
CREATE SCHEMA tenant_app_role
SET search_path TO own, pg_catalog, public
SET standard_conforming_strings = off
SET client_encoding = 'SJIS'
DO $$ BEGIN EXECUTE format('SET %I TO off', x); END $$
DO $$ BEGIN EXECUTE format('SELECT %I(1)', x); END $$
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('x', to_jsonb(NEW)::text); END $$
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify(NEW.title, 'x'); END $$
DO $$ DECLARE t text; BEGIN t := 'x'; PERFORM pg_notify('x', t); END $$
DO $$ BEGIN EXECUTE format('NOTIFY x, %L', y); END $$
DO $$ BEGIN LOOP BEGIN PERFORM f(); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$
DO $$ BEGIN PERFORM f(); EXCEPTION WHEN OTHERS OR SQLSTATE '57014' THEN NULL; END $$
DO $$ BEGIN PERFORM f(); EXCEPTION WHEN operator_intervention THEN NULL; END $$
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('COMMENT ON TABLE t IS %L', NEW.title); END $$
ALTER TABLE t DISABLE TRIGGER x
UPDATE t SET tenant_id = 'x'
UPDATE t SET (a, tenant_id) = (1, 'x') WHERE tenant_id IS NULL OR a > 1
WITH x AS (UPDATE t SET tenant_id = 'x' WHERE tenant_id IS NOT NULL RETURNING 1) SELECT * FROM x
INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET tenant_id = EXCLUDED.tenant_id
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET tenant_id = s.tenant_id
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET tenant_id = 'x'; END $$
"""
ALLOWED = """
SET search_path TO public
SET lock_timeout = 1
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'
ALTER FUNCTION f() SECURITY INVOKER
ALTER FUNCTION f() SECURITY DEFINER SET search_path = ''
COPY t FROM STDIN
SELECT set_config('search_path', '', true)
SELECT current_setting('request.jwt.claims', true)
CREATE EXTENSION IF NOT EXISTS pg_trgm
GRANT SELECT ON t TO tenant_app_role
SELECT 'SET ROLE a'
COMMENT ON TABLE t IS 'DROP DATABASE d'
UPDATE t SET tenant_id = (SELECT o.tenant_id FROM o WHERE o.id = t.o_id) WHERE t.tenant_id IS NULL AND a > 1
UPDATE t SET a = tenant_id
INSERT INTO t (tenant_id, a) SELECT tenant_id, a FROM o ON CONFLICT (tenant_id) DO UPDATE SET a = 1
MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (tenant_id) VALUES (s.tenant_id)
GRANT USAGE ON SCHEMA own TO tenant_app_role
DELETE FROM tenant_x_pg_things
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp RETURN 1
DO $$ BEGIN EXECUTE 'SELECT 1'; END $$
NOTIFY x
SET search_path TO pg_catalog, pg_temp
SET standard_conforming_strings = on
SET client_encoding = 'UTF8'
CREATE DOMAIN own.score AS int
CREATE FUNCTION own.pretty(t varchar) RETURNS text LANGUAGE sql RETURN t
CREATE AGGREGATE own.a(text) (SFUNC = s, STYPE = text)
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('x', json_build_object('id', NEW.id, 'op', TG_OP)::text); END $$
DO $$ BEGIN PERFORM f(); EXCEPTION WHEN OTHERS THEN NULL; END $$
DO $$ BEGIN PERFORM f(); EXCEPTION WHEN unique_violation OR lock_not_available THEN NULL; END $$
"""


def found(sql: str) -> list[str]:
    inside = statements_of(parse("a.sql", sql))
    return [what for what, _, _ in violations(inside, EXTENSIONS)]


@pytest.mark.parametrize("sql", FORBIDDEN.strip().splitlines())
def test_forbidden(sql):
    assert len(set(found(sql))) == 1


@pytest.mark.parametrize("sql", ALLOWED.strip().splitlines())
def test_allowed(sql):
    assert found(sql) == []

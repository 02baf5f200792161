"""What a session keeps after a transaction: each statement of PostgreSQL's own list is held."""

# ruff: noqa: E501 - a statement is a line
from __future__ import annotations

import inspect

import pytest

from gates.database.parsing.script import parse
from gates.database.parsing.statements import statements_of
from gates.database.rules.session_state import STATEMENTS
from gates.database.rules.violations import violations
from gates.settings import EXTENSIONS

ADVISORY = "pg_advisory_xact_lock"
MINE = "(auth.jwt() ->> 'tenant_id')"
BODY = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$"
IN_A_FUNCTION = f"""
EXECUTE 'DECLARE kept CURSOR WITH HOLD FOR SELECT 1';
EXECUTE 'DECLARE kept CURSOR FOR SELECT 1';
EXECUTE 'FETCH ALL FROM kept';
EXECUTE 'MOVE kept';
EXECUTE 'CLOSE ALL';
EXECUTE format('PREPARE kept AS SELECT %L', NEW.title);
IF NEW.a THEN EXECUTE 'PREPARE kept AS SELECT 1'; END IF;
EXECUTE 'EXECUTE kept';
EXECUTE 'DEALLOCATE ALL';
EXECUTE 'LISTEN told';
EXECUTE 'UNLISTEN *';
EXECUTE 'DISCARD ALL';
EXECUTE 'DISCARD SEQUENCES';
SET sample.bit = 'on';
EXECUTE format('SET sample.bit = %L', NEW.title);
SET SESSION statement_timeout = 0;
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
SET TIME ZONE 'UTC';
RESET ALL;
RESET search_path;
PERFORM set_config('sample.bit', '1', false);
PERFORM set_config('statement_timeout', '0', NEW.a);
PERFORM set_config('search_path', 'pg_temp, public', true);
SET LOCAL search_path = pg_temp;
PERFORM setseed(0.1);
RETURN lastval();
RETURN currval('s');
RETURN pg_catalog.currval('s');
CREATE TEMP TABLE kept (a int);
CREATE TEMP TABLE kept (a int) ON COMMIT DELETE ROWS;
CREATE TABLE pg_temp.kept (a int);
CREATE TABLE pg_temp.kept AS SELECT 1;
CREATE TEMP VIEW kept AS SELECT 1;
CREATE VIEW pg_temp.kept AS SELECT 1;
CREATE TEMP SEQUENCE kept;
CREATE SEQUENCE pg_temp.kept;
CREATE TYPE pg_temp.kept AS ENUM ('a');
CREATE TYPE pg_temp.kept AS (a int);
CREATE TYPE pg_temp.kept AS RANGE (subtype = int4);
CREATE DOMAIN pg_temp.kept AS int;
CREATE AGGREGATE pg_temp.kept (int) (SFUNC = int4pl, STYPE = int);
LOCK TABLE t;
EXECUTE 'LOCK TABLE t IN SHARE MODE';
EXECUTE format('LOCK TABLE %I', x);
PERFORM pg_advisory_lock(4711);
PERFORM pg_advisory_lock(hashtextextended({MINE}, 0));
PERFORM pg_try_advisory_lock_shared(1, 2);
PERFORM pg_advisory_unlock(4711);
EXECUTE format('SELECT %I(1)', 'pg_advisory' || x);
PERFORM {ADVISORY}(4711);
PERFORM {ADVISORY}(4711, 12);
PERFORM pg_catalog.pg_try_advisory_xact_lock_shared(NEW.id);
PERFORM {ADVISORY}(hashtextextended(NEW.title, 0));
PERFORM {ADVISORY}(hashtextextended(NEW.tenant_id::text, 0));
PERFORM {ADVISORY}(hashtextextended({MINE}, 0) * 0);
PERFORM {ADVISORY}(hashtextextended(left({MINE}, 1), 0));
PERFORM {ADVISORY}(hashtextextended({MINE}::varchar(1), 0));
PERFORM {ADVISORY}(hashtextextended({MINE}::char(1), 0));
PERFORM {ADVISORY}(length({MINE}));
PERFORM {ADVISORY}(hashtextextended('x', length({MINE})));
PERFORM {ADVISORY}(hashtextextended((auth.jwt() ->> 'sub'), 0));
PERFORM {ADVISORY}(hashtext({MINE})::bit(1)::int);
PERFORM {ADVISORY}(CASE WHEN {MINE} = 'x' THEN 1 ELSE 2 END);
"""
ANYWHERE = f"""
DECLARE kept CURSOR WITH HOLD FOR SELECT 1
PREPARE kept AS SELECT 1
LISTEN told
DISCARD ALL
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DECLARE kept CURSOR WITH HOLD FOR SELECT 1'
CREATE FUNCTION f() RETURNS void LANGUAGE sql SET search_path = pg_temp AS 'SELECT 1'
CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT {ADVISORY}(1); END
SELECT pg_advisory_lock(1)
DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$
CREATE TABLE t (a int DEFAULT currval('s'))
CREATE TABLE t (a int CHECK ({ADVISORY}(1) IS NULL))
CREATE POLICY p ON t AS RESTRICTIVE USING ({ADVISORY}(1) IS NULL)
CREATE VIEW v AS SELECT setseed(0.5)
CREATE AGGREGATE own.keep (text, boolean) (SFUNC = set_config, STYPE = text, INITCOND = 'own.last')
CREATE AGGREGATE own.lock (bigint) (SFUNC = int8pl, STYPE = bigint, FINALFUNC = pg_try_advisory_lock)
CREATE AGGREGATE own.lock (bigint) (SFUNC = int8pl, STYPE = bigint, FINALFUNC = pg_catalog.pg_advisory_xact_lock)
CREATE AGGREGATE own.tell (text) (SFUNC = textcat, STYPE = text, FINALFUNC = pg_read_file)
CREATE TYPE own.r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = setseed)
CREATE VIEW v WITH (security_invoker = true) AS SELECT set_config('sample.bit', '1', false)
"""
ALLOWED_IN_A_FUNCTION = f"""
SET LOCAL statement_timeout = '5s';
EXECUTE format('SET LOCAL sample.bit = %L', NEW.title);
SET TRANSACTION READ ONLY;
PERFORM set_config('sample.bit', NEW.title, true);
CREATE TEMP TABLE kept (a int) ON COMMIT DROP;
CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT 1;
CREATE TABLE public.kept (a int);
PERFORM nextval('s');
OPEN c FOR SELECT 1; FETCH c INTO x; CLOSE c;
PERFORM 1 FROM t WHERE id = NEW.id FOR UPDATE;
PERFORM {ADVISORY}(hashtextextended({MINE}, 0));
PERFORM {ADVISORY}(hashtextextended('orders:' || {MINE} || ':' || NEW.id, 0));
PERFORM {ADVISORY}(hashtext('orders'), hashtext({MINE}));
PERFORM {ADVISORY}(hashtext({MINE}::uuid::text)::bigint);
PERFORM pg_try_advisory_xact_lock(hashtextextended({MINE}::text || NEW.title, 7));
PERFORM own.currval('s');
"""
ALLOWED_AT_ONCE = f"""
SET lock_timeout = '5s'
RESET lock_timeout
SELECT set_config('lock_timeout', '5s', false)
LOCK TABLE t IN SHARE MODE
DO $$ BEGIN LOCK TABLE t; PERFORM {ADVISORY}(4711); END $$
SELECT {ADVISORY}(4711)
CREATE TEMP TABLE moved AS SELECT 1
SELECT setval('s', 1), currval('s')
CREATE AGGREGATE own.total (bigint) (SFUNC = int8pl, STYPE = bigint)
CREATE TYPE own.r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)
CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'SELECT 1'
CREATE FUNCTION f() RETURNS int LANGUAGE sql SET work_mem = '64MB' AS 'SELECT 1'
"""
ELSEWHERE = """
AlterCollation AlterDatabase AlterDatabaseRefreshColl AlterDatabaseSet AlterDefaultPrivileges AlterDomain
AlterEnum AlterEventTrig AlterExtension AlterExtensionContents AlterFdw AlterForeignServer AlterFunction
AlterObjectDepends AlterObjectSchema AlterOpFamily AlterOperator AlterOwner AlterPolicy AlterPublication
AlterRole AlterRoleSet AlterSeq AlterStats AlterSubscription AlterSystem AlterTSConfiguration AlterTSDictionary
AlterTable AlterTableMoveAll AlterTableSpaceOptions AlterType AlterUserMapping Call CheckPoint Cluster Comment
CompositeType ConstraintsSet Copy Create CreateAm CreateCast CreateConversion CreateDomain CreateEnum
CreateEventTrig CreateExtension CreateFdw CreateForeignServer CreateForeignTable CreateFunction CreateOpClass
CreateOpFamily CreatePLang CreatePolicy CreatePublication CreateRange CreateRole CreateSchema CreateSeq
CreateStats CreateSubscription CreateTableAs CreateTableSpace CreateTransform CreateTrig CreateUserMapping
Createdb Define Delete Do Drop DropOwned DropRole DropSubscription DropTableSpace DropUserMapping Dropdb Explain
Grant GrantRole ImportForeignSchema Index Insert Load Lock Merge Notify PLAssign RawStmt ReassignOwned
RefreshMatView Reindex Rename ReplicaIdentity Return Rule SecLabel Select SetOperation Transaction Truncate Unlisten
Update Vacuum VariableSet VariableShow View
"""
"""Statements that leave nothing in a session, or that a rule of their own judges."""


def found(sql: str) -> set[str]:
    inside = statements_of(parse("a.sql", sql))
    return {what for what, _, _ in violations(inside, EXTENSIONS)}


@pytest.mark.parametrize("body", IN_A_FUNCTION.strip().splitlines())
def test_a_function_may_not(body):
    assert found(BODY.format(body))


@pytest.mark.parametrize("sql", ANYWHERE.strip().splitlines())
def test_no_file_may(sql):
    assert found(sql)


@pytest.mark.parametrize("body", ALLOWED_IN_A_FUNCTION.strip().splitlines())
def test_a_function_may(body):
    assert found(BODY.format(body)) == set()


@pytest.mark.parametrize("sql", ALLOWED_AT_ONCE.strip().splitlines())
def test_a_migration_may(sql):
    assert found(sql) == set()


@pytest.mark.parametrize(
    ("sets", "reads", "held"),
    [
        ("PERFORM set_config('own.bit', '1', true);", "current_setting('own.bit', true)", True),
        ("SET LOCAL own.bit = 'on';", "current_setting('own.bit', true) IS NULL", True),
        ("SET LOCAL own.bit = 'on';", "pg_catalog.current_setting('Own.Bit')", True),
        ("SET LOCAL own.bit = 'on';", "nullif(current_setting('own.bit', true), 'on')", True),
        ("SET LOCAL own.bit = 'on';", "nullif(current_setting('own.bit', true), '')", False),
        ("SET LOCAL own.bit = 'on';", "current_setting('app.user', true)", False),
        ("SET LOCAL work_mem = '8MB';", "current_setting('work_mem')", False),
    ],
)
def test_an_own_setting_reads_the_same_set_or_not(sets, reads, held):
    """A session that once had it reads '' ever after, and NULL before: a bit of the last tenant."""
    setter = BODY.format(f"IF NEW.title LIKE 'a%' THEN {sets} END IF;")
    reader = f"CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$ SELECT {reads} $$"
    what = "reading own.bit, which tells whether it was ever set,"
    assert (what in found(f"{setter}; {reader}")) is held
    assert what not in found(f"{setter}; SELECT {reads}")


def test_the_tenant_is_that_of_the_policy():
    inside = statements_of(
        parse("a.sql", BODY.format(f"PERFORM {ADVISORY}(hashtext(current_setting('app.tenant')));"))
    )
    given = "current_setting('app.tenant')::uuid"
    assert not list(violations(inside, EXTENSIONS, given))
    assert list(violations(inside, EXTENSIONS))


def test_every_statement_of_postgresql_is_judged():
    """A kind that the next version of PostgreSQL brings is in no list, until somebody looks."""
    from pglast import ast

    known = {name for name, _ in inspect.getmembers(ast, inspect.isclass) if name.endswith("Stmt")}
    elsewhere = {each.removesuffix("Stmt") + "Stmt" for each in ELSEWHERE.split()}
    assert set(STATEMENTS) <= known
    assert known - set(STATEMENTS) - elsewhere == set()

"""Whatever a migration changes, the snapshot sees it, and says so in words."""

# ruff: noqa: E501 - a statement is a line
from __future__ import annotations

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.database.catalog_state.snapshot import Snapshot, diff, digests, snapshot

SETUP = """
CREATE TABLE t (a int NOT NULL DEFAULT 1, b text, c numeric(4,2), d date, r int4range);
CREATE TABLE u (x int PRIMARY KEY, y text);
CREATE TABLE p (k int, w text) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE loose (k int, w text);
CREATE TABLE parent (a int);
CREATE INDEX t_b ON t (b);
CREATE UNIQUE INDEX u_y ON u (y);
ALTER TABLE t ADD CONSTRAINT t_c CHECK (c > 0);
CREATE FUNCTION f(i int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE pr() LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf();
CREATE VIEW v AS SELECT a FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE SEQUENCE s;
CREATE TYPE e AS ENUM ('one', 'two');
CREATE TYPE comp AS (q int);
CREATE DOMAIN dom AS int CHECK (VALUE > 0);
CREATE POLICY pol ON t USING (a = 1);
CREATE ROLE r1; CREATE ROLE r2;
CREATE STATISTICS st ON a, d FROM t;
CREATE COLLATION coll (provider = libc, locale = 'C');
CREATE PUBLICATION pub FOR TABLE t;
CREATE SCHEMA sch;
CREATE RULE ru AS ON UPDATE TO u DO ALSO NOTHING;
CREATE AGGREGATE agg (int) (SFUNC = int4pl, STYPE = int);
CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple);
CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION ef();
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER sv FOREIGN DATA WRAPPER w;
CREATE INDEX m_a ON m (a);
SELECT lo_create(7);
"""

CHANGES = """
CREATE TABLE n (a int)
CREATE UNLOGGED TABLE n (a int)
CREATE TABLE n OF comp
CREATE TABLE n () INHERITS (parent)
DROP TABLE loose
ALTER TABLE t RENAME TO t2
ALTER TABLE t RENAME a TO a2
ALTER TABLE t SET SCHEMA sch
ALTER TABLE t OWNER TO r1
ALTER TABLE loose SET UNLOGGED
ALTER TABLE t SET (fillfactor = 50)
ALTER TABLE t REPLICA IDENTITY FULL
ALTER TABLE t INHERIT parent
ALTER TABLE t CLUSTER ON t_b
ALTER TABLE t ADD COLUMN n int
ALTER TABLE t DROP COLUMN c
ALTER TABLE t ALTER b TYPE varchar(9)
ALTER TABLE t ALTER c TYPE numeric(5,2)
ALTER TABLE t ALTER b TYPE text COLLATE "C"
ALTER TABLE t ALTER a SET DEFAULT 2
ALTER TABLE t ALTER a DROP DEFAULT
ALTER TABLE t ALTER b SET NOT NULL
ALTER TABLE t ALTER a DROP NOT NULL
ALTER TABLE t ADD n int GENERATED ALWAYS AS (a * 2) STORED
ALTER TABLE u ALTER x ADD GENERATED ALWAYS AS IDENTITY
ALTER TABLE t ALTER b SET STORAGE external
ALTER TABLE t ALTER b SET COMPRESSION pglz
ALTER TABLE t ALTER b SET STATISTICS 10
ALTER TABLE t ALTER b SET (n_distinct = 5)
ALTER TABLE t ADD CONSTRAINT n CHECK (a > 1)
ALTER TABLE t ADD CONSTRAINT n CHECK (a > 1) NOT VALID
ALTER TABLE t ADD CONSTRAINT n CHECK (a > 1) NO INHERIT
ALTER TABLE t ADD CONSTRAINT n UNIQUE (a)
ALTER TABLE t ADD CONSTRAINT n UNIQUE (a) DEFERRABLE INITIALLY DEFERRED
ALTER TABLE t ADD CONSTRAINT n PRIMARY KEY (a)
ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES u
ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES u ON DELETE CASCADE
ALTER TABLE t ADD CONSTRAINT n EXCLUDE USING gist (r WITH &&)
ALTER TABLE t DROP CONSTRAINT t_c
ALTER TABLE t RENAME CONSTRAINT t_c TO t_d
ALTER TABLE t DISABLE TRIGGER tr
ALTER TABLE t ENABLE ALWAYS TRIGGER tr
ALTER TABLE u DISABLE RULE ru
ALTER TABLE t ENABLE ROW LEVEL SECURITY
ALTER TABLE t FORCE ROW LEVEL SECURITY
ALTER TABLE p ATTACH PARTITION loose FOR VALUES FROM (10) TO (20)
ALTER TABLE p DETACH PARTITION p1
CREATE TABLE n PARTITION OF p DEFAULT
CREATE INDEX n ON t (a)
CREATE INDEX n ON t (a DESC)
CREATE INDEX n ON t (a) WHERE a > 1
CREATE INDEX n ON t (lower(b))
CREATE INDEX n ON t (a) INCLUDE (b)
CREATE UNIQUE INDEX n ON t (a)
CREATE INDEX n ON t USING hash (a)
CREATE INDEX n ON ONLY p (k)
DROP INDEX t_b
ALTER INDEX t_b RENAME TO t_c2
ALTER INDEX t_b SET (fillfactor = 50)
ALTER TABLE u REPLICA IDENTITY USING INDEX u_pkey
CREATE POLICY n ON t FOR SELECT USING (true)
CREATE POLICY n ON t AS RESTRICTIVE USING (true)
CREATE POLICY n ON t FOR INSERT WITH CHECK (true)
DROP POLICY pol ON t
ALTER POLICY pol ON t USING (a = 2)
ALTER POLICY pol ON t WITH CHECK (a = 2)
ALTER POLICY pol ON t TO r1
ALTER POLICY pol ON t RENAME TO pol2
GRANT SELECT ON t TO r1
GRANT SELECT ON t TO r1 WITH GRANT OPTION
GRANT SELECT (b) ON t TO r1
GRANT TRUNCATE ON t TO PUBLIC
GRANT USAGE ON SEQUENCE s TO r1
GRANT USAGE ON SCHEMA sch TO r1
GRANT EXECUTE ON FUNCTION f TO r1
REVOKE EXECUTE ON FUNCTION f FROM PUBLIC
GRANT USAGE ON TYPE e TO r1
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC
GRANT USAGE ON FOREIGN SERVER sv TO r1
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r1
ALTER DEFAULT PRIVILEGES IN SCHEMA sch GRANT EXECUTE ON FUNCTIONS TO r1
CREATE FUNCTION n() RETURNS int LANGUAGE sql AS 'SELECT 2'
CREATE FUNCTION f(i text) RETURNS int LANGUAGE sql AS 'SELECT 2'
CREATE OR REPLACE FUNCTION f(i int) RETURNS int LANGUAGE sql AS 'SELECT 2'
ALTER FUNCTION f(int) SECURITY DEFINER
ALTER FUNCTION f(int) SET search_path = ''
ALTER FUNCTION f(int) STABLE
ALTER FUNCTION f(int) STRICT
ALTER FUNCTION f(int) LEAKPROOF
ALTER FUNCTION f(int) PARALLEL SAFE
ALTER FUNCTION f(int) COST 7
ALTER FUNCTION f(int) OWNER TO r1
DROP FUNCTION f(int)
CREATE OR REPLACE PROCEDURE pr() LANGUAGE sql AS 'SELECT 2'
DROP PROCEDURE pr
DROP AGGREGATE agg (int)
CREATE AGGREGATE agg2 (int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')
CREATE TRIGGER n BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf()
CREATE OR REPLACE TRIGGER tr AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf()
CREATE OR REPLACE TRIGGER tr AFTER INSERT ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION tf()
DROP TRIGGER tr ON t
ALTER TRIGGER tr ON t RENAME TO tr2
CREATE VIEW n AS SELECT 1 AS a
CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 1
ALTER VIEW v SET (security_barrier = true)
ALTER VIEW v ALTER a SET DEFAULT 3
DROP VIEW v
CREATE MATERIALIZED VIEW n AS SELECT 1 AS a WITH NO DATA
REFRESH MATERIALIZED VIEW m WITH NO DATA
DROP MATERIALIZED VIEW m
CREATE SEQUENCE n
ALTER SEQUENCE s INCREMENT 2
ALTER SEQUENCE s CYCLE
ALTER SEQUENCE s CACHE 5
ALTER SEQUENCE s MAXVALUE 100
ALTER SEQUENCE s OWNED BY t.a
ALTER TYPE e ADD VALUE 'three'
ALTER TYPE e RENAME VALUE 'one' TO 'eins'
ALTER TYPE comp ADD ATTRIBUTE z text
ALTER TYPE comp ALTER ATTRIBUTE q TYPE bigint
CREATE TYPE n AS ENUM ('a')
CREATE TYPE n AS RANGE (SUBTYPE = float8)
ALTER TYPE e OWNER TO r1
ALTER DOMAIN dom SET NOT NULL
ALTER DOMAIN dom SET DEFAULT 5
ALTER DOMAIN dom ADD CONSTRAINT n CHECK (VALUE < 9)
DROP DOMAIN dom
CREATE EXTENSION citext
COMMENT ON TABLE t IS 'x'
COMMENT ON COLUMN t.a IS 'x'
COMMENT ON CONSTRAINT t_c ON t IS 'x'
COMMENT ON FUNCTION f(int) IS 'x'
COMMENT ON POLICY pol ON t IS 'x'
COMMENT ON SCHEMA sch IS 'x'
COMMENT ON INDEX t_b IS 'x'
COMMENT ON TYPE e IS 'x'
CREATE SCHEMA n
ALTER SCHEMA sch OWNER TO r1
DROP SCHEMA sch
CREATE PUBLICATION n FOR ALL TABLES
ALTER PUBLICATION pub ADD TABLE u
ALTER PUBLICATION pub SET (publish = 'insert')
ALTER PUBLICATION pub SET TABLE t WHERE (a > 1)
DROP PUBLICATION pub
DROP STATISTICS st
ALTER STATISTICS st SET STATISTICS 7
DROP COLLATION coll
CREATE RULE n AS ON DELETE TO t DO INSTEAD NOTHING
DROP RULE ru ON u
ALTER EVENT TRIGGER et DISABLE
DROP EVENT TRIGGER et
ALTER SERVER sv OPTIONS (ADD host 'x')
CREATE USER MAPPING FOR r1 SERVER sv
CREATE FOREIGN TABLE n (a int) SERVER sv
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)
CREATE CAST (comp AS int) WITH INOUT
ALTER TEXT SEARCH CONFIGURATION tsc DROP MAPPING FOR word
CREATE TEXT SEARCH DICTIONARY n (TEMPLATE = simple)
CREATE OPERATOR CLASS n FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int)
CREATE CONVERSION n FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8
ALTER ROLE r1 IN DATABASE {database} SET work_mem = '1MB'
SELECT lo_create(0)
CREATE INDEX n ON t (a NULLS FIRST)
CREATE INDEX n ON t (b COLLATE "C")
CREATE INDEX n ON t (b text_pattern_ops)
CREATE UNIQUE INDEX n ON t (a) NULLS NOT DISTINCT
ALTER TABLE t SET WITHOUT CLUSTER, ALTER b SET STORAGE main
ALTER TABLE t ADD CONSTRAINT n UNIQUE (a) INCLUDE (b)
ALTER TABLE t ADD CONSTRAINT n UNIQUE NULLS NOT DISTINCT (a)
ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES u ON UPDATE SET NULL
ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES u MATCH FULL
ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES u DEFERRABLE
ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES u NOT VALID
ALTER TABLE t DISABLE TRIGGER USER
ALTER TABLE t ENABLE REPLICA TRIGGER tr
ALTER TABLE u ENABLE ALWAYS RULE ru
ALTER TABLE p1 ALTER w SET DEFAULT 'x'
CREATE TABLE n (a int) WITH (fillfactor = 70)
CREATE TABLE n (LIKE t INCLUDING ALL)
CREATE TABLE n PARTITION OF p FOR VALUES FROM (20) TO (30) PARTITION BY LIST (w)
REVOKE SELECT ON t FROM postgres
REVOKE ALL ON SCHEMA public FROM PUBLIC
GRANT REFERENCES (a) ON t TO r1
GRANT EXECUTE ON PROCEDURE pr TO r1
GRANT USAGE ON DOMAIN dom TO r1
GRANT SELECT ON v TO r1
GRANT CREATE ON SCHEMA sch TO r1 WITH GRANT OPTION
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO r1
ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO r1
ALTER DEFAULT PRIVILEGES FOR ROLE r2 GRANT SELECT ON SEQUENCES TO r1
ALTER FUNCTION f(int) RENAME TO f2
ALTER FUNCTION f(int) SET SCHEMA sch
ALTER FUNCTION f(int) IMMUTABLE
ALTER FUNCTION f(int) DEPENDS ON EXTENSION plpgsql
ALTER PROCEDURE pr SECURITY DEFINER
CREATE FUNCTION n(VARIADIC a int[]) RETURNS SETOF int LANGUAGE sql ROWS 5 AS 'SELECT 1'
CREATE FUNCTION n(a int DEFAULT 3, OUT b int) LANGUAGE sql AS 'SELECT 1'
CREATE FUNCTION n() RETURNS TABLE (a int) LANGUAGE sql WINDOW AS 'SELECT 1'
CREATE FUNCTION n() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END
CREATE TRIGGER n AFTER UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION tf()
CREATE TRIGGER n AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION tf('x')
CREATE TRIGGER n AFTER INSERT ON t REFERENCING NEW TABLE AS x FOR EACH STATEMENT EXECUTE FUNCTION tf()
CREATE CONSTRAINT TRIGGER n AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION tf()
CREATE TRIGGER n INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION tf()
CREATE OR REPLACE VIEW v AS SELECT a FROM t WITH LOCAL CHECK OPTION
CREATE RECURSIVE VIEW n (x) AS SELECT 1
ALTER VIEW v SET (security_invoker = true)
ALTER VIEW v SET (check_option = 'cascaded')
ALTER VIEW v RENAME a TO z
ALTER VIEW v OWNER TO r1
ALTER MATERIALIZED VIEW m SET (fillfactor = 70)
ALTER MATERIALIZED VIEW m CLUSTER ON m_a
ALTER MATERIALIZED VIEW m RENAME TO m2
CREATE UNIQUE INDEX n ON m (a)
ALTER SEQUENCE s AS smallint
ALTER SEQUENCE s MINVALUE -5
ALTER SEQUENCE s START 7
ALTER SEQUENCE s OWNER TO r1
ALTER SEQUENCE s RENAME TO s2
ALTER TYPE e ADD VALUE 'zero' BEFORE 'one'
ALTER TYPE e RENAME TO e2
ALTER TYPE e SET SCHEMA sch
ALTER TYPE comp DROP ATTRIBUTE q
ALTER TYPE comp RENAME ATTRIBUTE q TO q2
CREATE TYPE n
ALTER DOMAIN dom DROP CONSTRAINT dom_check
ALTER DOMAIN dom RENAME CONSTRAINT dom_check TO dom_c
ALTER DOMAIN dom ADD CONSTRAINT n CHECK (VALUE < 9) NOT VALID
CREATE DOMAIN n AS text COLLATE "C"
DROP EXTENSION plpgsql CASCADE
COMMENT ON VIEW v IS 'x'
COMMENT ON MATERIALIZED VIEW m IS 'x'
COMMENT ON SEQUENCE s IS 'x'
COMMENT ON TRIGGER tr ON t IS 'x'
COMMENT ON DOMAIN dom IS 'x'
COMMENT ON CONSTRAINT dom_check ON DOMAIN dom IS 'x'
COMMENT ON PROCEDURE pr IS 'x'
COMMENT ON EXTENSION plpgsql IS 'y'
COMMENT ON PUBLICATION pub IS 'x'
COMMENT ON COLUMN v.a IS 'x'
COMMENT ON STATISTICS st IS 'x'
COMMENT ON EVENT TRIGGER et IS 'x'
COMMENT ON SCHEMA public IS 'other'
ALTER SCHEMA sch RENAME TO sch2
CREATE PUBLICATION n FOR TABLES IN SCHEMA sch
CREATE PUBLICATION n FOR TABLE t (a)
ALTER PUBLICATION pub OWNER TO r1
ALTER PUBLICATION pub RENAME TO pub2
ALTER PUBLICATION pub SET (publish_via_partition_root = true)
ALTER PUBLICATION pub DROP TABLE t
CREATE STATISTICS n (mcv) ON a, b FROM t
CREATE STATISTICS n ON (a + 1) FROM t
ALTER STATISTICS st RENAME TO st2
ALTER COLLATION coll OWNER TO r1
CREATE OR REPLACE RULE ru AS ON UPDATE TO u DO INSTEAD NOTHING
ALTER RULE ru ON u RENAME TO ru2
CREATE EVENT TRIGGER n ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION ef()
ALTER SERVER sv OWNER TO r1
ALTER FOREIGN DATA WRAPPER w OPTIONS (ADD x 'y')
ALTER TEXT SEARCH CONFIGURATION tsc ALTER MAPPING FOR word WITH english_stem
CREATE TEXT SEARCH TEMPLATE n (LEXIZE = dsimple_lexize)
CREATE TEXT SEARCH PARSER n (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)
CREATE OPERATOR FAMILY n USING btree
CREATE ACCESS METHOD n TYPE TABLE HANDLER heap_tableam_handler
CREATE OR REPLACE LANGUAGE n HANDLER plpgsql_call_handler
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))
GRANT SELECT ON LARGE OBJECT 7 TO r1
ALTER LARGE OBJECT 7 OWNER TO r1
ALTER DATABASE {database} SET work_mem = '1MB'
"""


@pytest.fixture(scope="module")
def connection(server_url):
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE snapshots TEMPLATE template0")
    with psycopg.connect(server_url.replace("/postgres?", "/snapshots?"), autocommit=True) as made:
        made.execute(SETUP)
        yield made
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE snapshots WITH (FORCE)")
        admin.execute("DROP ROLE r1; DROP ROLE r2")


@pytest.fixture(scope="module")
def before(connection) -> Snapshot:
    return snapshot(connection)


SINCE = {"security_invoker": 150000, "NULLS NOT DISTINCT": 150000, "TABLES IN SCHEMA": 150000,
         "FOR TABLE t (a)": 150000, "SET TABLE t WHERE": 150000}  # fmt: skip
"""The first version (server_version_num) that knows it, where 14 does not."""


@pytest.mark.parametrize("change", CHANGES.strip().splitlines())
def test_every_kind_of_change_is_seen(connection, before, change):
    needed = max((number for text, number in SINCE.items() if text in change), default=0)
    if connection.info.server_version < needed:
        pytest.skip(f"new in {needed // 10000}")
    with connection.transaction(force_rollback=True):
        connection.execute(change.replace("{database}", "snapshots"))
        after = snapshot(connection)
    assert diff(before, after), "the change is not in the snapshot"


def test_none_of_the_changes_was_left_behind(connection, before):
    assert before == snapshot(connection)


def test_adding_a_column_again_is_no_difference(connection, before):
    with connection.transaction(force_rollback=True):
        connection.execute("ALTER TABLE t ADD COLUMN n int; ALTER TABLE t DROP COLUMN n")
        assert snapshot(connection) == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "DROP INDEX t_b; CREATE INDEX t_b ON t (b DESC)",
            "index public.t_b: definition: CREATE INDEX t_b ON public.t USING btree (b) became"
            " CREATE INDEX t_b ON public.t USING btree (b DESC)",
        ),
        ("ALTER TABLE t ALTER b SET NOT NULL",
         "column public.t.b: nullability: NULL became NOT NULL"),
        ("DROP TABLE loose", "table public.loose is gone"),
        ("CREATE TABLE n (a int PRIMARY KEY)", "table public.n is new"),
        ("ALTER TYPE e ADD VALUE 'three'",
         "type public.e: labels: 'one', 'two' became 'one', 'two', 'three'"),
        ("ALTER TABLE t FORCE ROW LEVEL SECURITY",
         "table public.t: force row security: not forced became forced"),
    ],
)  # fmt: skip
def test_differences_are_readable(connection, before, change, sentence):
    with connection.transaction(force_rollback=True):
        connection.execute(change)
        after = snapshot(connection)
    assert sentence in diff(before, after)


def test_what_belongs_to_a_new_table_is_not_listed_again(connection, before):
    with connection.transaction(force_rollback=True):
        connection.execute(
            "CREATE TABLE n (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            " b text CHECK (b > ''));"
            "CREATE INDEX ON n (b); CREATE POLICY x ON n USING (true)"
        )
        after = snapshot(connection)
    assert diff(before, after) == ["table public.n is new"]


def test_names_of_a_run_are_replaced(connection):
    found = snapshot(connection, {"postgres": "somebody"})
    assert found.objects["table public.t"]["owner"] == "somebody"


def test_digests_see_rows_and_not_their_order(connection):
    with connection.transaction(force_rollback=True):
        empty = digests(connection)
        connection.execute("INSERT INTO public.u VALUES (1, 'a'), (2, 'b')")
        one = digests(connection)
        connection.execute("DELETE FROM public.u; INSERT INTO public.u VALUES (2, 'b'), (1, 'a')")
        two = digests(connection)
        connection.execute("UPDATE public.u SET y = 'c' WHERE x = 1")
        three = digests(connection)
    assert one == two
    assert len({each["public.u"] for each in (empty, one, three)}) == 3
    assert empty["public.u"] == "0/0"


UNDONE = [
    ("CREATE TABLE n1 (a int PRIMARY KEY)", "DROP TABLE n1"),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT 3", "ALTER TABLE t DROP COLUMN n"),
    ("ALTER TABLE t RENAME b TO z", "ALTER TABLE t RENAME z TO b"),
    ("ALTER TABLE t ALTER a SET DEFAULT 7", "ALTER TABLE t ALTER a SET DEFAULT 1"),
    ("ALTER TABLE t FORCE ROW LEVEL SECURITY", "ALTER TABLE t NO FORCE ROW LEVEL SECURITY"),
    ("CREATE INDEX n2 ON t (a DESC)", "DROP INDEX n2"),
    ("ALTER POLICY pol ON t USING (a = 5)", "ALTER POLICY pol ON t USING (a = 1)"),
    ("ALTER TABLE u ADD CONSTRAINT n CHECK (x > 0)", "ALTER TABLE u DROP CONSTRAINT n"),
    ("COMMENT ON TABLE u IS 'x'", "COMMENT ON TABLE u IS NULL"),
    ("GRANT SELECT, INSERT ON u TO r1", "REVOKE SELECT, INSERT ON u FROM r1"),
    ("ALTER FUNCTION f(int) STABLE", "ALTER FUNCTION f(int) VOLATILE"),
    ("ALTER SEQUENCE s INCREMENT 5", "ALTER SEQUENCE s INCREMENT 1"),
    ("ALTER TABLE p DETACH PARTITION p1",
     "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10)"),
    ("ALTER TABLE t DISABLE TRIGGER tr", "ALTER TABLE t ENABLE TRIGGER tr"),
    ("CREATE VIEW n3 AS SELECT x FROM u", "DROP VIEW n3"),
]  # fmt: skip


@given(st.permutations(UNDONE), st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_what_is_undone_in_reverse_leaves_no_trace(connection, before, changes, count):
    """Whatever the order, each change shows, and going back leads to where it began."""
    chosen = changes[:count]
    with connection.transaction(force_rollback=True):
        for do, _ in chosen:
            connection.execute(do)
        after = snapshot(connection)
        connection.execute("SET LOCAL search_path = public")  # a snapshot empties it
        for _, undo in reversed(chosen):
            connection.execute(undo)
        again = snapshot(connection)
    there, back = diff(before, after), diff(after, before)
    assert len(there) >= len(chosen)
    assert {each.split(":")[0].split(" is ")[0] for each in there} == {
        each.split(":")[0].split(" is ")[0] for each in back
    }
    assert again == before


names = st.sampled_from(["table a", "table b", "column a.x", "column b.y", "index i"])
properties = st.dictionaries(st.sampled_from(["type", "owner"]), st.text(max_size=3))
snapshots = st.dictionaries(names, properties).map(Snapshot)


@given(snapshots, snapshots)
def test_there_is_a_difference_exactly_where_snapshots_differ(one, two):
    def shown(snap: Snapshot) -> dict[str, dict[str, str]]:
        # White space in a definition is not shown, so it does not count here.
        return {k: {n: " ".join(v.split()) for n, v in p.items()} for k, p in snap.objects.items()}

    assert bool(diff(one, two)) or shown(one) == shown(two)
    assert diff(one, one) == []
    assert len(diff(one, two)) == len(diff(two, one))

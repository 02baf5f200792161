"""Rows for any table: types, rules, keys, references; and what cannot be made is said."""

from __future__ import annotations

import re

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.catalog_state.tables import read_tables
from gates.database.rows.candidates import likely
from gates.database.rows.make import Maker
from gates.database.rows.patterns import like_sample, sample_of
from gates.database.rows.solve import NoRowError
from gates.database.rows.values import Types, quote
from gates.database.tenant_session import A, B


@pytest.fixture(scope="module")
def connection(server_url):
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE rows_of_tests TEMPLATE template0")
    url = server_url.replace("/postgres?", "/rows_of_tests?")
    with psycopg.connect(url, autocommit=True) as made:
        for name in ("citext", "hstore", "ltree", "vector", "cube", "btree_gist"):
            made.execute(f"CREATE EXTENSION {name}")
        yield made
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE rows_of_tests WITH (FORCE)")


def make(connection, sql: str, *, rows: int = 3):
    """Make tables in a transaction, and rows of two tenants in each; returns how many there are."""
    with connection.transaction(force_rollback=True):
        connection.execute(sql)
        tables = read_tables(connection)
        connection.execute("SET LOCAL search_path TO DEFAULT")
        maker = Maker(connection, connection, tables, frozenset(tables))
        counts = {}
        for table in tables.values():
            for tenant, seed in ((A, 1), (B, 501)):
                for number in range(rows):
                    maker.make(table, tenant, seed + number)
            query = f"SELECT count(*) FROM {table.qualified}"
            counts[table.name] = connection.execute(query).fetchone()[0]
        return counts


TYPES = (
    """
smallint|integer|bigint|numeric|numeric(5,2)|numeric(3,3)|real|double precision|money|boolean
text|varchar|varchar(3)|char(2)|"char"|name|citext|bytea|uuid|json|jsonb|jsonpath
date|time|timetz|timestamp|timestamptz|timestamptz(0)|interval|interval day
inet|cidr|macaddr|macaddr8|bit(5)|bit varying(4)|bit|point|line|lseg|box|path|polygon|circle
tsvector|tsquery|oid|regclass|regtype|pg_lsn|int4range|int8range|numrange|tsrange|tstzrange
daterange|int4multirange|tstzmultirange|integer[]|text[]|uuid[]|varchar(2)[]|numeric(4,1)[][]
hstore|ltree|vector(3)|cube|word|scored|several|mood|mood[]|pair|pair[]|positive|code|positive[]|price|moodrange
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("type_", TYPES)
def test_every_type(connection, type_):
    found = make(
        connection,
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (a int, b mood);"
        "CREATE DOMAIN positive AS int CHECK (VALUE > 5 AND VALUE % 2 = 0);"
        "CREATE DOMAIN code AS text CHECK (VALUE ~ '^[a-z]{2}\\d+$') NOT NULL;"
        "CREATE DOMAIN letters AS text CHECK (VALUE ~ '^[a-z]+$');"
        "CREATE DOMAIN word AS letters CHECK (length(VALUE) BETWEEN 4 AND 6);"
        "CREATE TYPE score AS (n int, b text); CREATE DOMAIN scored AS score"
        " CHECK ((VALUE).n > 5);"
        "CREATE DOMAIN several AS text[] CHECK (cardinality(VALUE) BETWEEN 2 AND 3);"
        "CREATE DOMAIN price AS numeric(8,2) CHECK (VALUE >= 10);"
        "CREATE TYPE moodrange AS RANGE (SUBTYPE = float8);"
        f"CREATE TABLE t (tenant_id uuid NOT NULL, v {type_} NOT NULL)",
    )
    assert found == {"t": 6}


RULES = {
    "between": "n int NOT NULL CHECK (n BETWEEN 60 AND 86400)",
    "list": "n text NOT NULL CHECK (n IN ('above', 'below'))",
    "negative": "n int NOT NULL CHECK (n < -5)",
    "order": "a int NOT NULL, b int NOT NULL, CHECK (a > b AND b > 100)",
    "sum": "a int NOT NULL, b int NOT NULL, CHECK (a + b = 10)",
    "length": "n text NOT NULL CHECK (char_length(n) BETWEEN 3 AND 5)",
    "trimmed": "n text NOT NULL CHECK (btrim(n) <> '' AND n = lower(n))",
    "pattern": "n text NOT NULL CHECK (n ~ '^[A-Z]{2}-[0-9]{3,5}(x|y)?$')",
    "posix classes": "n text NOT NULL CHECK (n ~ '^[[:upper:]][[:alnum:]_]+$')",
    "email": r"n text NOT NULL CHECK (n ~* '^[^@\s]+@[^@\s]+\.[a-z]{2,}$')",
    "like": "n text NOT NULL CHECK (n LIKE 'https://%')",
    "both or none": "s text NOT NULL CHECK (s IN ('open', 'done')), d timestamptz,"
                    " CHECK ((s = 'done') = (d IS NOT NULL))",
    "implication": "s text NOT NULL DEFAULT 'a', n int, CHECK (s <> 'a' OR n > 9)",
    "exactly one": "a int, b int, CHECK (num_nonnulls(a, b) = 1)",
    "json": "n jsonb NOT NULL CHECK (jsonb_typeof(n) = 'object')",
    "array": "n int[] NOT NULL CHECK (cardinality(n) > 0)",
    "dates": "a date NOT NULL, b date NOT NULL, CHECK (a <= b AND a >= '2030-05-01')",
    "generated": "a int NOT NULL, g int GENERATED ALWAYS AS (a * 2) STORED, CHECK (g > 50)",
    "boolean": "n boolean NOT NULL CHECK (n)",
    "unique": "n int NOT NULL, UNIQUE (tenant_id, n)",
    "unique everywhere": "n text NOT NULL UNIQUE",
    "exclusion": "r int4range NOT NULL, EXCLUDE USING gist (tenant_id WITH =, r WITH &&)",
    "serial": "s serial, b bigserial, i int GENERATED BY DEFAULT AS IDENTITY",
    "quoted": '"Na me" text NOT NULL CHECK ("Na me" IN (\'it\'\'s\')), "select" int NOT NULL',
    "words of a length": "n text NOT NULL CHECK (n ~ '^[a-z]+$' AND length(n) BETWEEN 4 AND 6)",
    "array length": "n int[] NOT NULL CHECK (array_length(n, 1) = 3)",
    "array of choices": "n text[] NOT NULL CHECK (n <@ ARRAY['x', 'y'] AND cardinality(n) >= 1)",
    "json keys": "n jsonb NOT NULL CHECK (n ? 'kind' AND n ->> 'kind' IN ('a', 'b'))",
    "json list": "n jsonb NOT NULL CHECK (jsonb_typeof(n) = 'array'"
                 " AND jsonb_array_length(n) > 0)",
    "range within": "n int4range NOT NULL CHECK (lower(n) >= 100 AND upper(n) <= 100000)",
    "overlap": "r tstzrange NOT NULL CHECK (lower(r) < upper(r)), EXCLUDE USING gist (r WITH &&)",
    "remainder": "n int NOT NULL CHECK (n % 7 = 3 AND n > 1000)",
    "later column": "a timestamptz NOT NULL, b timestamptz NOT NULL CHECK (b > a)",
    "later time": "a time NOT NULL CHECK (a >= '18:00'), b time NOT NULL CHECK (b > a)",
    "ip of a family": "n inet NOT NULL CHECK (family(n) = 6)",
    "bytes": "n bytea NOT NULL CHECK (octet_length(n) = 32)",
    "expression key": "n text NOT NULL CHECK (n = lower(n)), EXCLUDE (lower(n) WITH =)",
    "percent": "n text NOT NULL CHECK (n LIKE '100%' AND n <> '%s')",
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_every_rule(connection, name):
    columns = "tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY"
    assert make(connection, f"CREATE TABLE t ({columns}, {RULES[name]})") == {"t": 6}


REFERENCES = {
    "chain": "CREATE TABLE a (tenant_id uuid, id int, PRIMARY KEY (tenant_id, id));"
             "CREATE TABLE b (tenant_id uuid, a int NOT NULL, id int PRIMARY KEY,"
             " FOREIGN KEY (tenant_id, a) REFERENCES a);"
             "CREATE TABLE c (tenant_id uuid, b int NOT NULL REFERENCES b)",
    "to itself": "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY, up int REFERENCES a)",
    "to itself, always": "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY,"
                         " up int NOT NULL REFERENCES a)",
    "cycle": "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY, b int);"
             "CREATE TABLE b (tenant_id uuid, id int PRIMARY KEY, a int REFERENCES a);"
             "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
    "to a unique key": "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY, n text UNIQUE);"
                       "CREATE TABLE b (tenant_id uuid, n text NOT NULL REFERENCES a (n))",
    "partitioned": "CREATE TABLE a (tenant_id uuid, k timestamptz NOT NULL, PRIMARY KEY"
                   " (tenant_id, k)) PARTITION BY RANGE (k);"
                   "CREATE TABLE a1 PARTITION OF a FOR VALUES FROM ('2040-01-01') TO ('2040-02-01')"
                   " PARTITION BY LIST (tenant_id);"
                   "CREATE TABLE a11 PARTITION OF a1 DEFAULT",
    "deferrable cycle": "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY, b int NOT NULL);"
                        "CREATE TABLE b (tenant_id uuid, id int PRIMARY KEY, a int NOT NULL"
                        " REFERENCES a DEFERRABLE); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
    "by an expression": "CREATE TABLE a (tenant_id uuid, at timestamptz NOT NULL) PARTITION BY"
                        " RANGE (date_trunc('month', at, 'UTC'));"
                        "CREATE TABLE a1 PARTITION OF a FOR VALUES FROM ('2031-01-01')"
                        " TO ('2031-02-01')",
    "one for each": "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY);"
                    "CREATE TABLE b (tenant_id uuid, a int NOT NULL UNIQUE REFERENCES a)",
    "list": "CREATE TABLE a (tenant_id uuid, k text) PARTITION BY LIST (k);"
            "CREATE TABLE a1 PARTITION OF a FOR VALUES IN ('x', 'y')",
    "hash": "CREATE TABLE a (tenant_id uuid, k int) PARTITION BY HASH (tenant_id);"
            "CREATE TABLE a1 PARTITION OF a FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCES)
def test_references_and_partitions(connection, name):
    found = make(connection, REFERENCES[name], rows=1)
    assert all(count >= 2 for count in found.values()), found


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "CREATE TABLE t (tenant_id uuid, n text NOT NULL CONSTRAINT odd CHECK (md5(n) = 'x'))",
            r"table public\.t: no values were found that meet .*\(odd\)",
        ),
        (
            "CREATE TABLE t (tenant_id uuid, n pg_node_tree NOT NULL)",
            r"table public\.t: .*pg_node_tree",
        ),
        ("CREATE TABLE t (tenant_id uuid) PARTITION BY LIST (tenant_id)", "no partition"),
        (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RAISE EXCEPTION ''never''; END'; CREATE TABLE t (tenant_id uuid);"
            "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()",
            "never",
        ),
        (
            "CREATE TABLE a (tenant_id uuid, id int PRIMARY KEY, b int NOT NULL);"
            "CREATE TABLE b (tenant_id uuid, id int PRIMARY KEY, a int NOT NULL REFERENCES a);"
            "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
            "no row could be made",
        ),
    ],
)
def test_what_cannot_be_made_is_said(connection, sql, says):
    with pytest.raises(NoRowError, match=says):
        make(connection, sql)


@given(st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))))
def test_texts_are_quoted(connection, text):
    assert connection.execute(f"SELECT {quote(text)}").fetchone() == (text,)


@given(st.text(max_size=30), st.sampled_from((25, 23, 1700, 1184, 1186, 3802, 1007, 3904, 17)))
def test_any_text_of_a_rule_gives_expressions(connection, rule, oid):
    types = Types(connection)
    kind = types.get(oid)
    assert all(isinstance(each, str) for each in likely(types, kind, kind.shown, rule, 1))


@given(st.text(alphabet="ab[]{}()^$|?+*.-,01", max_size=12), st.integers(1, 80))
def test_samples_have_the_length_that_is_asked_for(pattern, size):
    sample = sample_of(pattern, 1, size)
    assert sample is None or (len(sample) == size and re.search(pattern, sample))


@given(st.text(alphabet="ab%_\\", max_size=8), st.integers(0, 30))
def test_samples_match_their_like_pattern(connection, pattern, size):
    if not pattern.replace("\\\\", "").endswith("\\"):
        sample = like_sample(pattern, "x1", size)
        assert connection.execute("SELECT %s LIKE %s", (sample, pattern)).fetchone() == (True,)


@pytest.mark.filterwarnings("ignore:Possible")
@given(st.text(alphabet="ab[]{}()^$|?+*.\\d-,0123", max_size=12), st.integers(0, 9))
def test_samples_match_their_pattern(pattern, seed):
    sample = sample_of(pattern, seed)
    assert sample is None or re.search(pattern, sample)


def test_seeds_give_different_values(connection):
    types = Types(connection)
    for oid, shown in ((25, "text"), (20, "bigint"), (2950, "uuid"), (1184, "timestamptz")):
        assert len({types.value(oid, shown, seed) for seed in range(50)}) == 50

"""Thousands of rows in tables of every shape, and what is said where there can be none."""

from __future__ import annotations

import pytest

from gates.database.catalog_state.tables import read_tables
from gates.database.rows.make import Maker
from gates.database.rows.many_rows import Multiplier, counts
from gates.database.rows.series import varying

ROWS = 500
TYPES = [
    "smallint", "integer", "bigint", "numeric", "numeric(9,2)", "real", "double precision", "text",
    "varchar", "varchar(7)", "char(9)", "name", "uuid", "date", "timestamp", "timestamptz",
    "interval", "jsonb", "bytea", "inet", "macaddr", "int4range", "int8range", "numrange",
    "daterange", "tsrange", "tstzrange", "money", "oid",
]  # fmt: skip
SHAPES = {
    "one row for each tenant": "tenant_id uuid PRIMARY KEY, mode text NOT NULL",
    "no column at all but its key": "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "a key of the application": "tenant_id uuid, code varchar(8), PRIMARY KEY (tenant_id, code)",
    "several keys": "id uuid PRIMARY KEY, a integer UNIQUE, b text UNIQUE NOT NULL, UNIQUE (a, b)",
    "an enum in its key": "tenant_id uuid, kind mood, UNIQUE (tenant_id, kind)",
    "a domain in its key": "slug slug PRIMARY KEY",
    "a rule that narrows its key": "n integer PRIMARY KEY CHECK (n > 0)",
    "a rule beside its key": "id bigint PRIMARY KEY, state text NOT NULL"
    " CHECK (state IN ('open', 'closed')), share numeric(5,2) CHECK (share BETWEEN 0 AND 1)",
    "ranges that exclude each other": "during tstzrange, EXCLUDE USING gist (during WITH &&)",
    "a generated column": "id bigint PRIMARY KEY, a text, b text GENERATED ALWAYS AS (upper(a))"
    " STORED, UNIQUE (b)",
    "one row for one of another": "note uuid PRIMARY KEY REFERENCES parent (id)",
    "a composite reference": "tenant_id uuid, note uuid, PRIMARY KEY (tenant_id, note),"
    " FOREIGN KEY (tenant_id, note) REFERENCES parent (tenant_id, id)",
    "a reference to itself": "id bigint PRIMARY KEY, up bigint REFERENCES shape (id)",
    "a platform's row for each": "tenant_id uuid PRIMARY KEY REFERENCES public.tenants (id)",
    "an index over an expression": "tenant_id uuid, name text",
}
SETUP = """
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE DOMAIN slug AS text CHECK (VALUE ~ '^[a-z0-9-]+$');
    CREATE TABLE parent (tenant_id uuid NOT NULL, id uuid PRIMARY KEY, UNIQUE (tenant_id, id));
"""


@pytest.fixture
def fill(sql_module, database):
    """Runs SQL as the owner, fills all tables that it makes, and counts their rows by name."""
    opened = database(sql_module())

    def run(sql: str, after: str = "SELECT 1"):
        with (
            opened.clone("baseline") as clone,
            clone.connect("owner") as owner,
            clone.connect() as admin,
        ):
            owner.execute(sql)
            tables = read_tables(admin)
            own = {
                oid: each
                for oid, each in tables.items()
                if each.qualified not in opened.platform_tables
            }
            maker = Maker(owner, admin, tables, frozenset(own))
            unfilled = Multiplier(maker, ROWS).fill(own.values())
            found = counts(owner, own)
            assert owner.execute(after).fetchone()[0] == 1
            return {own[oid].name: count for oid, count in found.items()}, unfilled

    return run


def test_shapes(fill):
    tables, extra = [], []
    for at, columns in enumerate(SHAPES.values()):
        tables.append(f"CREATE TABLE s{at} ({columns.replace('shape (', f's{at} (')});")
    extra.append(f"CREATE UNIQUE INDEX ON s{len(SHAPES) - 1} (tenant_id, lower(name));")
    found, unfilled = fill(SETUP + "".join(tables + extra))
    assert unfilled == {}
    names = {f"s{at}": shape for at, shape in enumerate(SHAPES)}
    assert {names.get(name, name): count for name, count in found.items()} == dict.fromkeys(
        [*names.values(), "parent"], ROWS
    )


def test_every_type_in_a_key(fill):
    sql = "".join(f"CREATE TABLE k{at} (k {name} UNIQUE);" for at, name in enumerate(TYPES))
    found, unfilled = fill(sql)
    assert unfilled == {}
    assert set(found.values()) == {ROWS}


MONTHS = """
    CREATE TABLE p (tenant_id uuid, id bigint GENERATED ALWAYS AS IDENTITY, at date,
        PRIMARY KEY (tenant_id, id, at)) PARTITION BY RANGE (at);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    CREATE TABLE p3 PARTITION OF p DEFAULT;
"""
BY_HASH = "CREATE TABLE p (id uuid PRIMARY KEY) PARTITION BY HASH (id);" + "".join(
    f"CREATE TABLE p{at} PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER {at});"
    for at in range(4)
)
BY_LIST = """
    CREATE TABLE p (id bigint, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
    CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a', 'b');
    CREATE TABLE p2 PARTITION OF p FOR VALUES IN ('c');
"""


@pytest.mark.parametrize("sql", [MONTHS, BY_HASH, BY_LIST], ids=["months", "hash", "list"])
def test_every_partition_has_rows(sql, fill):
    found, unfilled = fill(sql)
    assert unfilled == {}
    assert all(count >= 50 for count in found.values())
    assert sum(found.values()) >= ROWS


def test_triggers_do_not_fire_where_they_need_not_and_are_as_they_were(fill):
    found = fill(
        "CREATE TABLE t (id bigint PRIMARY KEY);"
        "CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN IF (SELECT count(*) FROM t) > 5 THEN RAISE ''full''; END IF; RETURN NEW; END';"
        "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION deny();"
        "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION deny();"
        "CREATE TRIGGER c BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION deny();"
        "ALTER TABLE t ENABLE ALWAYS TRIGGER b, DISABLE TRIGGER c;",
        "SELECT (string_agg(tgenabled::text, '' ORDER BY tgname) = 'OAD')::integer FROM pg_trigger"
        " WHERE tgrelid = 't'::regclass",
    )
    assert found == ({"t": ROWS}, {})


def test_module_code_is_never_run_by_an_administrator(fill):
    found = fill(
        "CREATE FUNCTION me() RETURNS boolean LANGUAGE sql AS"
        " 'SELECT NOT rolsuper FROM pg_roles WHERE rolname = session_user';"
        "CREATE TABLE t (id bigint PRIMARY KEY, CHECK (me()));"
    )
    assert found == ({"t": ROWS}, {})


def test_a_trigger_that_a_row_needs_does_fire(fill):
    assert fill(
        "CREATE TABLE t (id bigint PRIMARY KEY, n integer NOT NULL DEFAULT NULL);"
        "CREATE FUNCTION n() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.n := 1; RETURN NEW; END';"
        "CREATE TRIGGER n BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION n();"
    ) == ({"t": ROWS}, {})


@pytest.mark.parametrize("columns", ["b boolean UNIQUE", "c char(1) PRIMARY KEY", "m mood UNIQUE"])
def test_what_has_too_few_values_says_so(columns, fill):
    _, unfilled = fill(f"{SETUP} CREATE TABLE t ({columns});")
    assert [why.partition(":")[0] for why in unfilled.values()] == [
        "table public.t could not be filled with 500 rows"
    ]


def test_a_type_without_values_is_not_varied():
    assert varying("bool", "boolean") is None
    assert varying("varchar", "character varying(3)") is None

"""Rows of one tenant that equal another's: made where the table has room for them, and named where
it has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from gates.database.catalog_state.tables import read_tables
from gates.database.parsing.comparisons import compared, computed
from gates.database.parsing.script import parse
from gates.database.rows.make import Maker
from gates.database.rows.row import Row
from gates.database.rows.tied import make_tied
from gates.database.rows.twins import Twins, make_twins
from gates.database.tenant_session import A, B
from gates.model import Verdict
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus.shape import table

OWN = "tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"


@pytest.fixture(scope="module")
def connection(server_url) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(server_url, autocommit=True) as made:
        yield made


def twins(
    connection: psycopg.Connection[tuple[Any, ...]], columns: str, more: str = ""
) -> tuple[Row, list[Twins], list[str]]:
    """A's row in a table, what was made of B's, and what was not."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE TABLE t ({OWN}, {columns}); {more}")
        tables = read_tables(connection)
        maker = Maker(connection, connection, tables, frozenset(tables))
        mine, _ = (maker.make(each, tenant, seed) for tenant, seed in ((A, 1), (B, 501))
                   for each in tables.values())  # fmt: skip
        found, unmade = make_twins(maker, [mine], B)
        (count,) = connection.execute("SELECT count(*) FROM public.t").fetchone() or (0,)
        assert count == 2  # all is undone
    return mine, found, unmade


def values(row: Row, *names: str) -> list[str]:
    return [row.values[row.table.column(name).number] for name in names]  # type: ignore[union-attr]


def number(row: Row) -> int:
    return int(row.values[2].partition("::")[0].strip("'"))


def test_twins_have_smaller_and_larger_numbers_and_other_times(connection):
    mine, (found,), unmade = twins(
        connection, "code text, created_at timestamptz NOT NULL DEFAULT now()"
    )
    assert unmade == []
    assert [values(each, "code") for each in found.rows] == [values(mine, "code")] * 4
    below, above, _, _ = [number(each) for each in found.rows]
    assert below < number(mine) < above
    assert [each.values.get(4) for each in found.rows] == [
        None, None, "(now() - interval '1 hour')", "(now() + interval '1 hour')",
    ]  # fmt: skip


def test_a_key_that_has_room_for_one_gets_them_one_after_the_other(connection):
    mine, found, unmade = twins(
        connection, "code text", "CREATE UNIQUE INDEX ON t (tenant_id, code)"
    )
    assert unmade == []
    assert [len(each.rows) for each in found] == [1, 1]
    assert {values(each.rows[0], "code")[0] for each in found} == set(values(mine, "code"))


def test_a_key_that_has_room_for_none_has_the_own_row_take_the_values(connection):
    mine, (taken, remade), unmade = twins(
        connection, "code text", "CREATE UNIQUE INDEX ON t (tenant_id)"
    )
    assert unmade == []
    ((own, like),) = (taken.changed or {}).items()
    assert values(like, "id", "code") == [*values(own, "id"), *values(mine, "code")]
    assert taken.beside([own]) == [like]
    ((_, smaller),) = (remade.changed or {}).items()
    assert values(smaller, "code") == values(mine, "code")
    assert number(smaller) < number(mine)


def test_what_a_rule_ties_to_the_tenant_cannot_be_equal_and_the_rest_is(connection):
    mine, (found,), unmade = twins(
        connection, "code text, path text NOT NULL CHECK (path = tenant_id::text || '/x')"
    )
    assert unmade == []
    for each in found.rows:
        assert values(each, "code") == values(mine, "code")
        assert values(each, "path") != values(mine, "path")


REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM public.t WHERE code = NEW.code) THEN RAISE EXCEPTION 'has it'; END IF;
    RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def test_what_has_no_twin_is_named_with_what_to_do(connection):
    _, found, unmade = twins(connection, "code text", REFUSING)
    assert found == []
    (said,) = unmade
    assert said.startswith(
        "no row could be made for table public.t: has it; so rows of two tenants"
    )
    assert "x-sample-values" in said


@pytest.mark.parametrize(
    ("sql", "pairs", "expressions"),
    [
        ("DELETE FROM t a USING t b WHERE a.x = b.y", {("x", "y"), ("y", "x")}, set()),
        ("SELECT FROM t JOIN s USING (x)", {("x", "x")}, set()),
        ("SELECT FROM t WHERE x IN (SELECT y FROM s)", {("x", "y"), ("y", "x")}, set()),
        ("SELECT FROM t, s WHERE lower(t.x) = lower(s.y)", {("x", "y"), ("y", "x")}, set()),
        ("SELECT FROM t, s WHERE s.y = ANY (t.x)", {("x", "y"), ("y", "x")}, set()),
        ("SELECT FROM t, s WHERE s.y = t.x || t.z", set(), {("y", "x || z")}),
        ("SELECT FROM t WHERE x = 1", set(), set()),
    ],
)  # fmt: skip
def test_what_is_compared_is_read_from_the_tree(sql, pairs, expressions):
    script = parse("", sql)
    assert compared(script) == pairs
    assert computed(script) == expressions


def test_a_row_is_tied_by_a_column_an_item_and_an_expression(connection):
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE TABLE t ({OWN}, x text, tags text[]);"
                           f"CREATE TABLE s ({OWN}, y text)")  # fmt: skip
        tables = read_tables(connection)
        maker = Maker(connection, connection, tables, frozenset(tables))
        rows = make_tied(maker, list(tables.values()), (A, B), {("y", "x"), ("y", "tags")},
                         {("y", "'a-' || x")})  # fmt: skip
    (mine,) = [each for each in rows if each.tenant == A and each.table.name == "t"]
    x, tags = values(mine, "x", "tags")
    tied = {values(each, "y")[0] for each in rows if each.tenant == B}
    assert {x, f"({tags})[1]"} <= tied
    assert any(each.startswith("'a-") for each in tied)


def test_a_module_whose_rows_cannot_be_equal_is_not_passed_over(sql_module, shared):
    name = "tenant_sample_module_codes"
    refusing = REFUSING.replace("FROM public.t ", f"FROM public.{name} ").replace(
        "ON t ", f"ON {name} "
    )
    sql = (
        table("codes", "code text,")
        + refusing.replace("refuse()", "sample_module_refuse()")
        .replace("CREATE F", "CREATE OR REPLACE F").replace("CREATE T", "CREATE OR REPLACE T")
        .replace("LANGUAGE plpgsql", "LANGUAGE plpgsql SET search_path = ''")
        + f"UPDATE {name} SET version = 1 WHERE version IS NULL;"
    )  # fmt: skip
    files = {"001_more.sql": HEAD + sql, "rollback/001_more.sql": HEAD + "SELECT 1;"}
    result = results(sql_module(files), shared, "tenant-isolation")["tenant-isolation"]
    assert result.verdict is Verdict.FAIL, result.reason
    said = " ".join(each.message for each in result.findings)
    assert "rows of two tenants that equal each other were not tried" in said
    assert "fails with P0001, though it runs over the rows of each of two tenants alone" in said


def test_a_statement_that_fails_for_two_and_not_for_one_is_shown(sql_module, shared):
    sql = (
        f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS seen int;"
        f"UPDATE {TABLE} n SET seen = (SELECT o.version FROM {TABLE} o WHERE o.title = n.title"
        " AND o.created_at = n.created_at AND (o.tenant_id = n.tenant_id OR o.version > 0));"
    )
    files = {"001_more.sql": HEAD + sql, "rollback/001_more.sql": HEAD + "SELECT 1;"}
    result = results(sql_module(files), shared, "tenant-isolation")["tenant-isolation"]
    said = [each.message for each in result.findings]
    assert any("fails with 21000, though it runs over the rows of each" in each for each in said)

"""The rows of the rollback and idempotency proofs: defaults and others, values and none."""

from __future__ import annotations

from gates.database.rows.filling import fill
from tests.database.conftest import HEAD, TABLE
from tests.database.corpus import drop, table

COLUMNS = """
    note_id bigint NOT NULL, open boolean NOT NULL DEFAULT true, colour text, code text NOT NULL
    DEFAULT 'a' CHECK (code IN ('a', 'b')), CONSTRAINT more_note_fkey FOREIGN KEY
    (tenant_id, note_id) REFERENCES tenant_sample_module_notes (tenant_id, id),"""
MORE = {
    "001_more.sql": HEAD + table("more", COLUMNS),
    "rollback/001_more.sql": HEAD + drop("more"),
}


def test_one_row_is_as_the_defaults_have_it_and_the_other_is_not(sql_module, database):
    opened = database(sql_module(MORE))
    with opened.scratch() as scratch:
        assert fill(opened, scratch) == ()
        rows = scratch.session("owner").execute(
            "SELECT version, open, code, colour IS NULL FROM tenant_sample_module_more ORDER BY 1"
        )
        assert rows.fetchall() == [(1, True, "a", False), (7, False, "b", True)]


def test_further_rounds_collide_with_none_of_the_first(sql_module, database):
    opened = database(sql_module(MORE))
    with opened.scratch() as scratch:
        for number in range(8):
            full = frozenset({f"public.{TABLE}"})
            assert fill(opened, scratch, but=full if number else frozenset(), round_=number) == ()
        counts = scratch.session("owner").execute(
            f"SELECT count(*), count(DISTINCT id) FROM {TABLE}"
        )
        assert counts.fetchone() == (16, 16)

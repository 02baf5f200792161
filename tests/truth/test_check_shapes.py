"""Rows fit what ordinary schemas ask of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from gates.database.catalog_state.tables import read_tables
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.server.embedded import throwaway_server
from gates.database.tenant_session import A, B
from gates.settings import Settings
from tests.truth.check_shapes import FIRST, SHAPES
from tests.truth.tally import Tally

LEAST = 0.98
"""The share of the shapes that rows must be found for."""
HEAD = "tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"


@pytest.fixture(scope="module")
def connection() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with (
        throwaway_server(Settings.from_environment()) as url,
        psycopg.connect(url, autocommit=True) as made,
    ):
        for name in ("citext", "hstore", "ltree", "vector"):
            made.execute(f"CREATE EXTENSION {name}")
        made.execute(FIRST)
        yield made


def unfilled(connection: psycopg.Connection[tuple[Any, ...]], columns: str) -> str:
    """Why a table with these columns gets no row of each of two tenants; "" where it does."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE TABLE t ({HEAD}, {columns})")
        tables = read_tables(connection)
        maker = Maker(connection, connection, tables, frozenset(tables))
        try:
            for tenant, seed in ((A, 1), (B, 501)):
                for table in tables.values():
                    maker.make(table, tenant, seed)
        except NoRowError as error:
            return error.message
    return ""


def tally(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[Tally, dict[str, str]]:
    """How many shapes get their rows, and why the others do not."""
    failed = {name: why for name, each in SHAPES.items() if (why := unfilled(connection, each))}
    size, missed = len(SHAPES), len(failed)
    return Tally("CHECK rules", size, size - missed, 0, missed, ", ".join(failed)), failed


def test_rows_fit_ordinary_rules(connection):
    found, failed = tally(connection)
    assert found.size >= 150
    assert found.right >= LEAST * found.size, failed

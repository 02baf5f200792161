"""`affected` is answered by indexes: no part of it reads all versions or all tenants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from gates.governance.affected import find_affected
from tests.benchmarks.scale import fill, most_held, plan, statements_of_affected

INDEXES = (
    ("core_module_versions_slug_",),
    ("core_module_versions_dependencies_idx",),
    ("tenant_modules_version_idx", "tenant_module_notices_tenant_"),
)


@pytest.fixture(scope="module")
def session(released: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(released.url, autocommit=True) as opened:
        fill(opened, modules=60, versions=6, tenants=120)
        opened.execute("RESET session_replication_role; SET enable_seqscan = off")
        yield opened


def test_each_statement_uses_its_index(session: psycopg.Connection[Any]) -> None:
    """On so few rows PostgreSQL would rather read all: it is told not to, where it has a choice."""
    every = statements_of_affected(session, *most_held(session))
    assert len(every) == len(INDEXES)
    for statement, indexes in zip(every, INDEXES, strict=True):
        lines = "\n".join(plan(session, statement))
        assert "Seq Scan" not in lines, lines
        for index in indexes:
            assert index in lines, lines


def test_who_is_affected(released: Any, session: psycopg.Connection[Any]) -> None:
    """The rows of the benchmark are some that `affected` has something to say about."""
    slug, version = most_held(session)
    held = session.execute(
        "SELECT count(DISTINCT tenant_id) FROM tenant_modules"
        " WHERE (module_slug, module_version) = (%s, %s)",
        (slug, version),
    ).fetchone()
    found = find_affected(released.catalog, slug, version, date(2026, 11, 29))
    assert held == (len(found.tenants),)
    assert len(found.tenants) > 1
    before = f"many-{(int(slug.removeprefix('many-')) - 2) % 60 + 1}"
    assert version < "1.2.0" or {each.slug for each in found.dependants} == {before}
    assert {each.nearest for each in found.tenants} <= {"1.5.0", "1.4.0"}

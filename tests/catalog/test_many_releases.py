"""One version, released by many at once: one row, and everybody is told the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from gates.catalog import Catalog
from tests.benchmarks.scale import varied

AT_ONCE = 50


def test_fifty_releases_of_one_version_give_one_row(prepared: Any) -> None:
    def release(_: int) -> bool:
        with Catalog.open(prepared.catalog.settings) as catalog:
            return catalog.register(prepared.module, prepared.version, prepared.evidence).new

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(release, range(AT_ONCE)))
    assert sorted(ended) == [False] * (AT_ONCE - 1) + [True]
    with psycopg.connect(prepared.url) as session:
        counted = session.execute(
            "SELECT (SELECT count(*) FROM core_module_versions),"
            " (SELECT count(*) FROM core_module_version_evidence),"
            " (SELECT count(*) FROM audit_logs WHERE table_name = 'core_module_versions')"
        ).fetchone()
    assert counted == (1, 6, 1)


def test_the_benchmarks_versions_are_ones_that_the_database_takes(prepared: Any) -> None:
    rows = prepared.module, prepared.version, prepared.evidence
    for version in ("1.0.0", "1.1.0"):
        assert prepared.catalog.register(*varied(rows, "another-module", version)).new
    page = prepared.catalog.show("another-module")
    assert [each.version for each in page.versions] == ["1.1.0", "1.0.0"]
    assert {version: len(each) for version, each in page.evidence.items()} == {
        "1.1.0": 6, "1.0.0": 6,
    }  # fmt: skip

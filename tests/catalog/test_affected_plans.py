"""`list`, `show` and `affected` are answered by indexes: no part of them reads all versions or all
tenants, but that `list` counts versions, in an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from gates.catalog import store
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


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [
        (
            f"{store.MODULES} ORDER BY m.slug",
            {
                "Index Only Scan using core_module_versions_slug_",
                "using core_module_versions_slug_sort_key_key on core_module_versions v",
            },
        ),
        (
            f"{store.VERSIONS} WHERE slug = 'many-7' ORDER BY sort_key DESC",
            {"using core_module_versions_slug_sort_key_key on core_module_versions v"},
        ),
        (
            store.EVIDENCE.replace("%s", "'many-7'"),
            {"core_module_versions_slug_", "using core_module_version_evidence_pkey"},
        ),
    ],
    ids=["list", "show", "show, the evidence"],
)
def test_list_and_show_use_their_indexes(
    session: psycopg.Connection[Any], statement: str, indexes: set[str]
) -> None:
    lines = "\n".join(plan(session, statement))
    assert "Seq Scan on core_module_version" not in lines, lines
    assert "core_standing" not in lines, lines
    for index in indexes:
        assert index in lines, lines


def test_what_stands_is_what_the_database_says(session: psycopg.Connection[Any]) -> None:
    """The catalog's SQL has the rule written out, and `core_standing` decides for tenants."""
    insert = (
        "INSERT INTO core_module_acts (module_version_id, verb, reason, replacement, until, lifts,"
        " made_at, key_id, payload_sha256, envelope) SELECT id, %s, 'x', '', %s, %s, now(),"
        " repeat('0', 64), md5(%s::text) || md5(%s::text), '{}' FROM core_module_versions"
        " WHERE slug = 'many-3' AND version = %s RETURNING id"
    )
    with session.transaction(force_rollback=True):
        number = 0
        for version, verbs in (
            ("1.5.0", ["yank", "revoke"]), ("1.4.0", ["quarantine", "-"]),
            ("1.3.0", ["deprecate", "yank"]), ("1.2.0", ["roll-back", "approve"]),
            ("1.1.0", ["yank", "-", "yank", "quarantine", "-"]), ("1.0.0", ["deprecate", "-"]),
        ):  # fmt: skip
            last: int | None = None
            for verb in verbs:
                number += 1
                until = "2026-01-31" if verb == "deprecate" else None
                done, lifts = ("lift", last) if verb == "-" else (verb, None)
                given = (done, until, lifts, number, number, version)
                ((last,),) = session.execute(insert, given).fetchall()
        found = store.versions(session, "many-3")
        said = session.execute(
            "SELECT version, core_standing(id) FROM core_module_versions WHERE slug = 'many-3'"
        ).fetchall()
        assert {each.version: list(each.standing) for each in found} == dict(said)
        assert [each.sunset for each in found] == ["", "", "2026-01-31", "", "", ""]
        module = store.module(session, "many-3")
        assert module is not None
        good = [each.version for each in found if not each.standing]
        assert (module.newest, module.versions) == (good[0], 6) == ("1.4.0", 6)


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

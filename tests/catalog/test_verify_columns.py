"""Every column of a released version: which proof a changed one fails, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from gates.catalog import Catalog, store
from gates.catalog.verify import verify_module, verify_version
from gates.evidence.keys import Trust
from gates.model import Stage
from gates.registry import Registry
from gates.release import evidence_rows, version_row
from gates.settings import Policy
from tests.passing import DAY, World, result_of

VERSIONS, EVIDENCE, MODULES = (
    "core_module_versions", "core_module_version_evidence", "core_modules",
)  # fmt: skip
OTHER = "0" * 64
CHANGED: dict[tuple[str, str], tuple[str, str]] = {
    (VERSIONS, "slug"): ("'other-module'", "[wrong-subject]"),
    (VERSIONS, "version"): ("'1.0.1'", "[wrong-subject]"),
    (VERSIONS, "content_digest"): (f"'{OTHER}'", "[wrong-content]"),
    (VERSIONS, "bundle_digest"): (f"'{OTHER}'", "[wrong-bundle]"),
    (VERSIONS, "policy_digest"): (f"'{OTHER}'", "[wrong-policy]"),
    (VERSIONS, "registry_manifest"): (f"'sha256:{OTHER}'", "digest of the registry's manifest"),
    (VERSIONS, "registry_reference"): (f"'oci:x:y:1.0.0@sha256:{OTHER}'", "reference in the"),
    (VERSIONS, "tables_created"): ("array_append(tables_created, 'x')", "list of tables"),
    (VERSIONS, "migrations"): (
        "jsonb_set(migrations, '{0,sha256}', '\"0\"')", "list of migrations"
    ),
    (VERSIONS, "manifest"): ("manifest || '{\"requires_approval\": true}'", "manifest"),
    (VERSIONS, "settings_schema"): ("'{}'", "settings schema"),
    (VERSIONS, "changelog"): ("'Nothing.'", "changelog"),
    (VERSIONS, "status"): ("'ALPHA'", "status"),
    (EVIDENCE, "stage"): (
        "CASE stage WHEN 'lint' THEN 'scan' WHEN 'scan' THEN 'lint' ELSE stage END",
        "[wrong-stage]",
    ),
    (EVIDENCE, "verdict"): ("'fail'", "another verdict than its evidence"),
    (EVIDENCE, "key_id"): (f"'{OTHER}'", "another key than its evidence"),
    (EVIDENCE, "payload_sha256"): (f"'{OTHER}'", "another digest than its evidence"),
    (EVIDENCE, "envelope"): ("envelope || '{\"signatures\": []}'", "[unsigned]"),
    (MODULES, "slug"): ("'other-module'", "the module's slug"),
    (MODULES, "name"): ("'Another'", "the module's name"),
    (MODULES, "description"): ("'Another.'", "the module's description"),
    (MODULES, "category"): ("'industry'", "the module's category"),
    (MODULES, "maturity_status"): ("'ALPHA'", "the module's maturity"),
}  # fmt: skip
"""By table and column: SQL for another value, and a part of the reason that names it. All of them
come from signed statements, or from the bundle whose digest those name."""
OF_THE_CATALOG = "the database's own word, which no statement holds: the audit trail has its hash"
NOT_PROVED: dict[tuple[str, str], str] = {
    (VERSIONS, "id"): "a number that means nothing outside of this database",
    (VERSIONS, "sort_key"): "generated from `version`: PostgreSQL lets nobody write it",
    (VERSIONS, "released_at"): f"{OF_THE_CATALOG}; ages of evidence are counted to it",
    (VERSIONS, "released_by"): OF_THE_CATALOG,
    (EVIDENCE, "module_version_id"): "which version a row belongs to: its evidence names that",
    (EVIDENCE, "recorded_at"): OF_THE_CATALOG,
    (MODULES, "created_at"): OF_THE_CATALOG,
    (MODULES, "updated_at"): OF_THE_CATALOG,
}


@pytest.fixture(scope="module")
def published(released: Any) -> Any:
    return released


@pytest.fixture(scope="module")
def session(published: Any) -> Iterator[psycopg.Connection[Any]]:
    """The owner, who has switched off what the tables refuse; nothing is committed."""
    with psycopg.connect(published.url) as connection:
        for table in (VERSIONS, EVIDENCE, MODULES):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
            found = connection.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass"
                " AND contype IN ('c', 'f', 'p', 'u')",
                (table,),
            ).fetchall()
            for (name,) in found:
                drop = f'DROP CONSTRAINT IF EXISTS "{name}" CASCADE'
                connection.execute(f"ALTER TABLE {table} {drop}".encode())
        yield connection
        connection.rollback()


def reasons(published: Any, session: psycopg.Connection[Any], slug: str) -> tuple[str, ...]:
    (row,) = store.versions(session, slug)
    ((named,),) = session.execute("SELECT slug FROM core_modules").fetchall()
    module = store.module(session, named)
    assert module is not None
    settings = published.catalog.settings
    found = verify_version(
        row,
        store.evidence(session, row.id),
        Trust.of(Policy(), settings),
        max_age_hours=1e6,
        registry=Registry.of(settings),
    )
    return (*found.all_reasons, *verify_module(module, row))


def test_every_column_is_proved_or_says_why_not(session: psycopg.Connection[Any]) -> None:
    columns = {
        (table, column)
        for table in (VERSIONS, EVIDENCE, MODULES)
        for (column,) in session.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
        )
    }
    assert columns == CHANGED.keys() | NOT_PROVED.keys()
    assert CHANGED.keys().isdisjoint(NOT_PROVED)


def test_what_was_released_is_proved(published: Any, session: psycopg.Connection[Any]) -> None:
    assert reasons(published, session, "sample-module") == ()


@pytest.mark.parametrize(("table", "column"), CHANGED)
def test_a_changed_column_is_named(
    published: Any, session: psycopg.Connection[Any], table: str, column: str
) -> None:
    value, said = CHANGED[table, column]
    with session.transaction(force_rollback=True):
        session.execute(f"UPDATE {table} SET {column} = {value}".encode())
        slug = "other-module" if (table, column) == (VERSIONS, "slug") else "sample-module"
        found = reasons(published, session, slug)
    assert any(said in each for each in found), found


def test_a_row_that_belongs_to_another_version_is_named(
    published: Any, session: psycopg.Connection[Any]
) -> None:
    with session.transaction(force_rollback=True):
        session.execute(
            f"UPDATE {EVIDENCE} SET module_version_id = 99 WHERE stage = 'test'".encode()
        )
        found = reasons(published, session, "sample-module")
    assert "the stage test has no evidence [missing]" in found


def test_a_later_status_is_no_fault(published: Any, session: psycopg.Connection[Any]) -> None:
    with session.transaction(force_rollback=True):
        for table, column in ((VERSIONS, "status"), (MODULES, "maturity_status")):
            session.execute(f"UPDATE {table} SET {column} = 'DEPRECATED'".encode())
        found = reasons(published, session, "sample-module")
    assert found == ()


def test_tables_that_no_test_saw_are_those_of_the_migrations(
    published: Any, session: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence without the record: the bundle's migrations are parsed."""
    monkeypatch.setattr("gates.catalog.tables.RECORD", "another record")
    assert reasons(published, session, "sample-module") == ()
    with session.transaction(force_rollback=True):
        session.execute(f"UPDATE {VERSIONS} SET tables_created = '{{}}'".encode())
        found = reasons(published, session, "sample-module")
    assert found == ("the catalog's list of tables is not the one of the bundle [wrong-row]",)


def test_what_was_published_is_what_is_stored(world: World, catalog: Catalog) -> None:
    """Also without the registry: the evidence of publish names the manifest."""
    world.published()
    outputs = {"manifest": f"sha256:{OTHER}", "bundle": world.digest}
    world.evidence.write(result_of(Stage.PUBLISH, outputs=outputs), bundle=world.digest)
    work = world.release(catalog)
    row = replace(version_row(work), released_at=f"{DAY}T12:00:00Z")
    trust = Trust.of(Policy(), world.settings)
    rows = evidence_rows(work.statements)
    found = verify_version(row, rows, trust, max_age_hours=24).all_reasons
    assert found == (
        "the catalog's digest of the registry's manifest is not the one that was published"
        " [wrong-row]",
    )

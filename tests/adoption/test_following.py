"""Repairs of a released module: new migrations, held against the released version with rows."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from gates.adoption import bring as module_of_bring
from gates.adoption.bring import bring
from gates.catalog import Catalog
from gates.module.write import write_files
from gates.release import release_version
from tests.passing import World

TODAY = date(2026, 11, 24)


def without(path: Path, *parts: str) -> None:
    text = path.read_text("utf-8")
    for each in parts:
        assert each in text
        text = text.replace(each, "")
    path.write_text(text, "utf-8")


CHECKS = {
    "audit-trigger", "migration-search-path", "squawk", "table-columns", "tenant-index",
    "upgrade-and-back",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(module_of_bring, "about_database", lambda each: each.id in CHECKS)


@pytest.fixture
def released(make_module, settings) -> Path:
    """A module whose released table has no index, no audit trigger and no column version, and whose
    next version is begun."""
    root = make_module("python")
    without(
        root / "migrations/000_init.sql",
        "CREATE INDEX IF NOT EXISTS tenant_sample_module_notes_created_idx\n"
        "    ON tenant_sample_module_notes (tenant_id, created_at DESC);\n",
        "    version integer NOT NULL DEFAULT 1,\n",
        "CREATE OR REPLACE TRIGGER tenant_sample_module_notes_audit\n"
        "    AFTER INSERT OR UPDATE ON tenant_sample_module_notes\n"
        "    FOR EACH ROW EXECUTE FUNCTION audit_row_change();\n",
    )
    world = World(root, settings)
    world.published()
    with Catalog.open(settings) as catalog:
        release_version(world.release(catalog))
    return root


def begin(root: Path, version: str) -> None:
    manifest = json.loads((root / "module.json").read_text("utf-8"))
    (root / "module.json").write_text(json.dumps({**manifest, "version": version}, indent=2))


def test_new_migrations_follow_what_is_released(released, settings):
    first = (released / "migrations/000_init.sql").read_bytes()
    same = bring(released, settings, TODAY)
    assert same.repair.changes == {}
    assert same.repair.left == (
        "1.0.0 is released: give module.json the version that is to have the repairs",
    )
    begin(released, "1.1.0")
    found = bring(released, settings, TODAY)
    assert (found.repair.left, found.shown) == ((), None)
    assert {each.check for each in found.repair.repaired} == {
        "audit-trigger", "table-columns", "tenant-index",
    }  # fmt: skip
    write_files(found.repair.module, found.repair.changes)
    assert (released / "migrations/000_init.sql").read_bytes() == first
    assert json.loads((released / "module.json").read_text())["migrations"] == [
        "migrations/000_init.sql", "migrations/001_standard.sql",
        "migrations/002_standard_indexes.sql",
    ]  # fmt: skip
    assert "CONCURRENTLY" in (released / "migrations/002_standard_indexes.sql").read_text()
    again = bring(released, settings, TODAY)
    assert (again.repair.changes, again.repair.left) == ({}, ())

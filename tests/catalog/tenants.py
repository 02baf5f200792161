"""A platform with released modules, for tests of modules at tenants: made once, copied for each."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from gates.catalog import Catalog
from gates.catalog.candidate import module_row
from gates.registry import Registry
from gates.release import evidence_rows, version_row
from gates.settings import Settings
from tests.passing import EXAMPLES, World

SAMPLE, GUARDED = "sample-module", "guarded-module"
NOTES = "tenant_sample_module_notes"
PLAIN, BY_MONTH = "tenant_guarded_module_events", "tenant_guarded_module_visits"
ONE, OTHER, THIRD = (str(uuid.uuid4()) for _ in range(3))
FIRST = "SET search_path TO public;\n"
COLOUR = (
    f"{FIRST}ALTER TABLE {NOTES} ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 'white';"
)
NO_COLOUR = f"{FIRST}ALTER TABLE {NOTES} DROP COLUMN IF EXISTS colour;"
SIZE = f"""{FIRST}ALTER TABLE {NOTES} ADD COLUMN IF NOT EXISTS size int;
SELECT 1 / CASE WHEN EXISTS (SELECT FROM {NOTES} WHERE title = 'breaks')
    AND NOT EXISTS (SELECT FROM {NOTES} WHERE title = 'works') THEN 0 ELSE 1 END;"""
NO_SIZE = f"{FIRST}ALTER TABLE {NOTES} DROP COLUMN IF EXISTS size;"
PRE = f"{FIRST}UPDATE {NOTES} SET title = 'untitled' WHERE title = '';"
POST = f"{FIRST}UPDATE {NOTES} SET colour = 'red' WHERE title = 'warning';"
TABLE = """
CREATE TABLE IF NOT EXISTS {name} (
    tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, what text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1, PRIMARY KEY (id, created_at)
) {more};
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_isolation ON {name};
CREATE POLICY tenant_isolation ON {name}
    USING (tenant_id = (SELECT (auth.jwt() ->> 'tenant_id')::uuid))
    WITH CHECK (tenant_id = (SELECT (auth.jwt() ->> 'tenant_id')::uuid));
GRANT SELECT, INSERT, UPDATE ON {name} TO tenant_app_role;
"""
PART = """
CREATE TABLE IF NOT EXISTS {name}_{year} PARTITION OF {name}
    FOR VALUES FROM ('{year}-01-01 00:00:00+00') TO ('{next}-01-01 00:00:00+00');
ALTER TABLE {name}_{year} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {name}_{year} FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_isolation ON {name}_{year};
CREATE POLICY tenant_isolation ON {name}_{year}
    USING (tenant_id = (SELECT (auth.jwt() ->> 'tenant_id')::uuid))
    WITH CHECK (tenant_id = (SELECT (auth.jwt() ->> 'tenant_id')::uuid));
"""
GUARDED_SQL = (
    f"{FIRST}CREATE EXTENSION IF NOT EXISTS btree_gist;\n"
    + TABLE.format(name=PLAIN, more="")
    + TABLE.format(name=BY_MONTH, more="PARTITION BY RANGE (created_at)")
    + "".join(PART.format(name=BY_MONTH, year=y, next=y + 1) for y in (2020, 2021, 2030, 2060))
    + PART.format(name=BY_MONTH, year=2022, next=2030).replace("_2022", "_later")
)
_numbers = itertools.count(1)


def _edit(root: Path, **changes: object) -> None:
    file = root / "module.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes, indent=2))


def _write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    _edit(root, migrations=[f"migrations/{each.name}" for each in sorted(
        (root / "migrations").glob("*.sql"))])  # fmt: skip


def _release(world: World, catalog: Catalog, *tables: str) -> None:
    world.bundle = b""
    world.__post_init__()
    world.tables = tables or world.tables
    world.published()
    work = world.release(catalog)
    row = version_row(work)
    catalog.register(module_row(work.module), row, evidence_rows(work.statements))


def _versions(world: World, version: str, **changes: object) -> None:
    world.edit(
        "CHANGELOG.md", "## [1.0.0]", f"## [{version}] - 2026-02-01\n\n- More.\n\n## [1.0.0]"
    )
    _edit(world.root, version=version, **changes)
    schema = json.loads((world.root / "module_schema.json").read_text())
    (world.root / "module_schema.json").write_text(json.dumps(schema | {"schema_version": version}))


def released(folder: Path, url: str) -> Settings:
    """Release every version into the catalog at the URL; settings with the registry of them."""
    environment = {**os.environ, "GATES_STATE_DIR": str(folder / "state")}
    settings = replace(Settings.from_environment(environment), catalog=url)
    with Catalog.open(settings) as catalog:
        shutil.copytree(EXAMPLES / "_base" / "python", folder / SAMPLE)
        world = World(folder / SAMPLE, settings)
        _release(world, catalog)
        _write(world.root, {
            "migrations/001_colour.sql": COLOUR,
            "migrations/rollback/001_colour.sql": NO_COLOUR,
            "migrations/hooks/pre_upgrade.sql": PRE,
            "migrations/hooks/post_upgrade.sql": POST,
        })  # fmt: skip
        _versions(world, "1.1.0")
        _release(world, catalog)
        _write(world.root, {
            "migrations/002_size.sql": SIZE, "migrations/rollback/002_size.sql": NO_SIZE
        })  # fmt: skip
        _versions(world, "1.2.0")
        _release(world, catalog)
        _write(world.root, {
            "migrations/003_less.sql": NO_COLOUR, "migrations/rollback/003_less.sql": COLOUR
        })  # fmt: skip
        _versions(world, "2.0.0")
        _release(world, catalog)
        shutil.copytree(EXAMPLES / "_base" / "python", folder / GUARDED)
        world = World(folder / GUARDED, settings)
        _write(world.root, {
            "migrations/000_init.sql": GUARDED_SQL,
            "migrations/rollback/000_init.sql": f"{FIRST}DROP TABLE IF EXISTS {PLAIN}, {BY_MONTH};",
        })  # fmt: skip
        kept = {"default_retention_days": 30, "auto_purge": True, "export_before_purge": True}
        _edit(world.root, slug=GUARDED, maturity_status="BETA", data_retention=kept)
        _release(world, catalog, PLAIN, BY_MONTH)
    return settings


@dataclass(frozen=True)
class Platform:
    """One database with everything released, and the registry."""

    settings: Settings
    catalog: Catalog
    admin: psycopg.Connection[Any]
    """A superuser, in autocommit mode."""
    folder: Path
    """Empty, and gone after the test."""

    @property
    def registry(self) -> Registry:
        return Registry.open(self.settings.registry)

    @property
    def url(self) -> str:
        return self.settings.catalog

    def one(self, statement: str, *arguments: object) -> Any:
        """The first row that a superuser gets."""
        return self.admin.execute(statement.encode(), arguments or None).fetchone()

    def rows(self, statement: str, *arguments: object) -> list[Any]:
        """What a superuser gets."""
        return self.admin.execute(statement.encode(), arguments or None).fetchall()

    def provision(self, tenant: str, slug: str = SAMPLE, version: str | None = "1.0.0") -> Any:
        from gates.tenants import provision

        return provision(
            self.catalog, self.registry, tenant, slug, version, prove=lambda _: ()
        )  # fmt: skip

    def state(self, tenant: str, slug: str = SAMPLE) -> tuple[str, str]:
        """State and version of a tenant's module."""
        return self.one(
            "SELECT state, module_version FROM tenant_modules"
            " WHERE tenant_id = %s AND module_slug = %s", tenant, slug,
        )  # fmt: skip

    def approved(self, tenant: str, slug: str = GUARDED) -> Any:
        """Provision with an approval."""
        self.provision(tenant, slug)
        self.rows("SELECT approve_tenant_module(%s, %s, 'ann')", tenant, slug)
        return self.provision(tenant, slug)


Create = Callable[[str], AbstractContextManager[str]]


def temporary() -> Path:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="gates-test-"))
    folder.chmod(0o755)
    return folder

"""Released versions that stand in for real ones in a generated world, and their migrations.

Their evidence has the form that the catalog holds against a version and is signed by no key that
anybody trusts: `gates catalog verify` refuses it, and so does everything that reads it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.evidence.envelope import PAYLOAD_TYPE, canonical
from gates.evidence.statement import PREDICATE_TYPE, STATEMENT_TYPE
from gates.model import Stage

if TYPE_CHECKING:
    import psycopg

VERSION = "1.0.0"
_TABLE = """\
SET search_path TO public;

CREATE TABLE IF NOT EXISTS {table} (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    note text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS {table}_tenant_idx ON {table} (tenant_id, created_at DESC);
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_isolation ON {table};
CREATE POLICY tenant_isolation ON {table}
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);
"""
_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"limit": {"type": "integer"}, "label": {"type": "string"}},
}


def write_modules(folder: Path, slugs: Iterable[str]) -> None:
    """Write the migrations of stand-ins to `folder/<slug>/migrations`."""
    for slug in slugs:
        path = folder / slug / "migrations" / "000_init.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_sql(slug), "utf-8")


def release(connection: psycopg.Connection, slugs: Iterable[str]) -> None:
    """Register one version of each stand-in in the catalog of a database, by its own function."""
    for slug in slugs:
        version = _version(slug)
        connection.execute(
            "SELECT public.register_module_version(%s::jsonb, %s::jsonb, %s::jsonb)",
            (
                json.dumps(
                    {"slug": slug, "name": slug, "description": f"A stand-in for {slug}.",
                     "category": "standard", "maturity_status": "GA"}
                ),
                json.dumps(version),
                json.dumps(_evidence(version)),
            ),
        )  # fmt: skip


def _sql(slug: str) -> str:
    return _TABLE.format(table=f"tenant_{slug.replace('-', '_')}_notes")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _version(slug: str) -> dict[str, Any]:
    path = "migrations/000_init.sql"
    return {
        "slug": slug, "version": VERSION, "digest": _digest(f"content {slug}"),
        "bundle": _digest(f"bundle {slug}"), "status": "GA",
        "manifest": {"slug": slug, "version": VERSION, "migrations": [path]},
        "settings_schema": _SCHEMA,
        "migrations": [{"path": path, "sha256": _digest(_sql(slug))}],
        "tables_created": [f"tenant_{slug.replace('-', '_')}_notes"],
        "changelog": "A stand-in.", "registry_manifest": f"sha256:{_digest('manifest')}",
        "registry_reference": f"stand-in/{slug}", "policy": _digest("policy"),
    }  # fmt: skip


def _evidence(version: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for stage in (each for each in Stage if each is not Stage.RELEASE):
        subject = [
            {"name": f"{version['slug']}@{version['version']}",
             "digest": {"dirHash1": version["digest"]}},
            {"name": f"{version['slug']}-{version['version']}.tgz",
             "digest": {"sha256": version["bundle"]}},
        ]  # fmt: skip
        payload = canonical(
            {
                "_type": STATEMENT_TYPE, "predicateType": PREDICATE_TYPE, "subject": subject,
                "predicate": {
                    "stage": stage.value, "verdict": "pass",
                    "checks": [{"id": "stand-in", "verdict": "pass"}],
                    "policy": {"digest": {"sha256": version["policy"]}},
                },
            }
        )  # fmt: skip
        key = _digest("no key")
        rows.append(
            {
                "stage": stage.value, "verdict": "pass", "key_id": key,
                "payload_sha256": hashlib.sha256(payload).hexdigest(),
                "envelope": {
                    "payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE,
                    "signatures": [{"keyid": key, "sig": base64.b64encode(bytes(64)).decode()}],
                },
            }
        )  # fmt: skip
    return rows

"""What a seeded defect is, and the SQL of clean tables that defects are seeded into."""

from __future__ import annotations

from dataclasses import dataclass

from tests.database.conftest import BASE, BASE_WITH_OWN_AUDIT, HEAD, TABLE

USING = "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)"
CHECK = "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)"
ISOLATION = "tenant-isolation"
POLICY = f"    FOR ALL\n    {USING}\n    {CHECK};"


@dataclass(frozen=True)
class Defect:
    """One fault."""

    name: str
    check: str
    """The id of the check that must find it."""
    says: str
    """A part of the finding's message."""
    old: str = ""
    """What of the base's migration it replaces; "" appends a second file instead."""
    new: str = ""
    down: str = ""
    """The rollback of the second file."""

    @property
    def files(self) -> dict[str, str]:
        new = self.new.format(T=TABLE, P="tenant_sample_module_") if not self.old else self.new
        if self.old:
            base = BASE if self.old in BASE else BASE_WITH_OWN_AUDIT
            assert self.old in base, self.name
            return {"000_init.sql": base.replace(self.old, new)}
        down = self.down.format(T=TABLE, P="tenant_sample_module_")
        return {"001_more.sql": HEAD + new, "rollback/001_more.sql": HEAD + (down or "SELECT 1;")}


def table(name: str, columns: str = "", after: str = "") -> str:
    """A second table that meets the standard, with more columns and statements."""
    full = f"tenant_sample_module_{name}"
    return f"""
CREATE TABLE IF NOT EXISTS {full} (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    {columns}
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT {full}_pkey PRIMARY KEY (tenant_id, id)
);
{protect(full)}
{after}
"""


def protect(full: str) -> str:
    """Index, row security, policy, audit trigger and grants for a table."""
    return f"""
CREATE INDEX IF NOT EXISTS {full}_created_idx ON {full} (tenant_id, created_at DESC);
ALTER TABLE {full} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {full} FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_isolation ON {full};
CREATE POLICY tenant_isolation ON {full} FOR ALL {USING} {CHECK};
CREATE OR REPLACE TRIGGER {full}_audit AFTER INSERT OR UPDATE ON {full}
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();
REVOKE ALL ON {full} FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON {full} TO tenant_app_role;
"""


def drop(*names: str) -> str:
    return "\n".join(f"DROP TABLE IF EXISTS tenant_sample_module_{name};" for name in names)

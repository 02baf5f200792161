"""Mutators that undo the protection of a table in a later file, with a rollback that is right."""

from __future__ import annotations

from collections.abc import Iterator

from tests.database.conftest import HEAD

TABLES = {
    "alert-engine": "tenant_alert_engine_alerts",
    "base": "tenant_sample_module_notes",
    "partitions": "tenant_sample_module_events",
    "types": "tenant_sample_module_typed",
}
"""The table of each shape that they are tried on."""
PARTITION = "tenant_sample_module_events_rest"

_OWN = "tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
_INDEX = "CREATE INDEX IF NOT EXISTS {T}_created_idx ON {T} (tenant_id, created_at DESC);"
_POLICY = f"CREATE POLICY tenant_isolation ON {{T}} FOR ALL USING ({_OWN}) WITH CHECK ({_OWN});"
_DROP = "DROP POLICY IF EXISTS extra ON {T};"


def _policy(rest: str) -> tuple[str, str]:
    return f"{_DROP}\nCREATE POLICY extra ON {{T}} {rest};", _DROP


def _view(rest: str, kind: str = "VIEW") -> tuple[str, str]:
    """A view that the application role may read."""
    create = f"CREATE OR REPLACE {kind}" if kind == "VIEW" else f"CREATE {kind} IF NOT EXISTS"
    return (
        f"{create} {{P}}extra {rest};\nGRANT SELECT ON {{P}}extra TO tenant_app_role;",
        f"DROP {kind} IF EXISTS {{P}}extra;",
    )


def _function(head: str, body: str, arguments: str = "") -> tuple[str, str]:
    return (
        f"CREATE OR REPLACE FUNCTION {{F}}extra({arguments}) {head} SET search_path = ''"
        f" AS $$ {body} $$;",
        "DROP FUNCTION IF EXISTS {F}extra;",
    )


LATER: dict[str, tuple[str, str]] = {
    # row security undone
    "disable": ("ALTER TABLE {T} DISABLE ROW LEVEL SECURITY;",
                "ALTER TABLE {T} ENABLE ROW LEVEL SECURITY;"),
    "disable in DO": ("DO $$ BEGIN EXECUTE 'ALTER TABLE {T} DISABLE ROW ' || 'LEVEL SECURITY';"
                      " END $$;", "ALTER TABLE {T} ENABLE ROW LEVEL SECURITY;"),
    "no force": ("ALTER TABLE {T} NO FORCE ROW LEVEL SECURITY;",
                 "ALTER TABLE {T} FORCE ROW LEVEL SECURITY;"),
    "drop policy": ("DROP POLICY IF EXISTS tenant_isolation ON {T};", _POLICY),
    "rename policy": (
        "DROP POLICY IF EXISTS isolation ON {T};\nDROP POLICY IF EXISTS tenant_isolation ON {T};\n"
        + _POLICY.replace("tenant_isolation", "isolation"),
        "DROP POLICY IF EXISTS isolation ON {T};\n" + _POLICY),
    "alter policy": ("ALTER POLICY tenant_isolation ON {T} USING (true);",
                     f"ALTER POLICY tenant_isolation ON {{T}} USING ({_OWN});"),
    "alter check": ("ALTER POLICY tenant_isolation ON {T} WITH CHECK (true);",
                    f"ALTER POLICY tenant_isolation ON {{T}} WITH CHECK ({_OWN});"),
    # policies that add up
    "read all": _policy("FOR SELECT USING (true)"),
    "read all of a role": _policy("FOR SELECT TO tenant_app_role USING (version > 0)"),
    "read recent": _policy("FOR SELECT USING (created_at > now() - interval '1 day')"),
    "read signed in": _policy("FOR SELECT USING (auth.uid() IS NOT NULL)"),
    "read without tenant": _policy("FOR SELECT USING (auth.jwt() ->> 'tenant_id' IS NULL)"),
    "read by members": _policy("FOR SELECT USING (EXISTS (SELECT FROM tenants))"),
    "update all": _policy(f"FOR UPDATE USING (true) WITH CHECK ({_OWN})"),
    "update out": _policy(f"FOR UPDATE USING ({_OWN}) WITH CHECK (true)"),
    "insert all": _policy("FOR INSERT WITH CHECK (true)"),
    "insert nobody": _policy("FOR INSERT WITH CHECK (auth.jwt() IS NULL)"),
    "delete all": _policy("FOR DELETE USING (true)"),
    "everything": _policy("USING (true)"),
    "restrictive": _policy("AS RESTRICTIVE FOR SELECT USING (false)"),
    "restrictive own": _policy(f"AS RESTRICTIVE USING ({_OWN})"),
    "read as anon": _policy("FOR SELECT TO anon USING (true)"),
    # grants
    "grant delete": ("GRANT DELETE ON {T} TO tenant_app_role;",
                     "REVOKE DELETE ON {T} FROM tenant_app_role;"),
    "grant truncate": ("GRANT TRUNCATE ON {T} TO tenant_app_role;",
                       "REVOKE TRUNCATE ON {T} FROM tenant_app_role;"),
    "grant references": ("GRANT REFERENCES ON {T} TO tenant_app_role;",
                         "REVOKE REFERENCES ON {T} FROM tenant_app_role;"),
    "grant public": ("GRANT SELECT ON {T} TO PUBLIC;", "REVOKE SELECT ON {T} FROM PUBLIC;"),
    "grant anon": ("GRANT SELECT ON {T} TO anon;", "REVOKE SELECT ON {T} FROM anon;"),
    "grant column": ("GRANT UPDATE (version) ON {T} TO authenticated;",
                     "REVOKE UPDATE (version) ON {T} FROM authenticated;"),
    "grant all tables": ("GRANT SELECT ON ALL TABLES IN SCHEMA public TO authenticated;",
                         "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM authenticated;"),
    "default privileges": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon;",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM anon;"),
    # index, trigger, columns
    "drop index": ("DROP INDEX IF EXISTS {T}_created_idx;", _INDEX),
    "disable trigger": ("ALTER TABLE {T} DISABLE TRIGGER {T}_audit;",
                        "ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    "replica trigger": ("ALTER TABLE {T} ENABLE REPLICA TRIGGER {T}_audit;",
                        "ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    "swallowing trigger": (
        "CREATE OR REPLACE FUNCTION {F}extra() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = '' AS $$ BEGIN RETURN NULL; END $$;\n"
        "CREATE OR REPLACE TRIGGER {T}_extra BEFORE UPDATE ON {T} FOR EACH ROW"
        " EXECUTE FUNCTION {F}extra();",
        "DROP TRIGGER IF EXISTS {T}_extra ON {T};\nDROP FUNCTION IF EXISTS {F}extra();"),
    "moving trigger": (
        "CREATE OR REPLACE FUNCTION {F}extra() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = '' AS $$ BEGIN NEW.tenant_id := gen_random_uuid(); RETURN NEW; END $$;"
        "\nCREATE OR REPLACE TRIGGER {T}_extra BEFORE INSERT ON {T} FOR EACH ROW"
        " EXECUTE FUNCTION {F}extra();",
        "DROP TRIGGER IF EXISTS {T}_extra ON {T};\nDROP FUNCTION IF EXISTS {F}extra();"),
    "rule instead": ("CREATE OR REPLACE RULE extra AS ON UPDATE TO {T} DO INSTEAD NOTHING;",
                     "DROP RULE IF EXISTS extra ON {T};"),
    "drop default": ("ALTER TABLE {T} ALTER COLUMN created_at DROP DEFAULT;",
                     "ALTER TABLE {T} ALTER COLUMN created_at SET DEFAULT now();"),
    "drop not null": ("ALTER TABLE {T} ALTER COLUMN version DROP NOT NULL;",
                      "ALTER TABLE {T} ALTER COLUMN version SET NOT NULL;"),
    "unique version": ("CREATE UNIQUE INDEX IF NOT EXISTS {T}_extra ON {T} (version, created_at);",
                       "DROP INDEX IF EXISTS {T}_extra;"),
    # views and functions
    "view": _view("AS SELECT * FROM {T}"),
    "view of counts": _view("AS SELECT count(*) AS n FROM {T}"),
    "view with claim": _view(f"AS SELECT * FROM {{T}} WHERE {_OWN} OR version = 1"),
    "materialized view": _view("AS SELECT * FROM {T}", "MATERIALIZED VIEW"),
    "definer reads": _function("RETURNS SETOF {T} LANGUAGE sql SECURITY DEFINER",
                               "SELECT * FROM public.{T}"),
    "definer asks": _function("RETURNS boolean LANGUAGE sql SECURITY DEFINER",
                              "SELECT EXISTS (SELECT FROM public.{T} WHERE tenant_id = t)",
                              "t uuid"),
    "definer writes": _function("RETURNS void LANGUAGE sql SECURITY DEFINER",
                                "UPDATE public.{T} SET version = 9"),
    "definer deletes": _function("RETURNS void LANGUAGE plpgsql SECURITY DEFINER",
                                 "BEGIN DELETE FROM public.{T}; END"),
    "definer runs text": _function("RETURNS void LANGUAGE plpgsql SECURITY DEFINER",
                                   "BEGIN EXECUTE q; END", "q text"),
    # idempotency
    "counter": ("UPDATE {T} SET version = version + 1;", "SELECT 1;"),
    "check twice": ("ALTER TABLE {T} ADD CHECK (version > 0);",
                    "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_version_check;"),
    "index twice": ("CREATE INDEX ON {T} (version);", "DROP INDEX IF EXISTS {T}_version_idx;"),
    "column plain": ("ALTER TABLE {T} ADD COLUMN extra text;",
                     "ALTER TABLE {T} DROP COLUMN IF EXISTS extra;"),
    # rollback
    "column stays": ("ALTER TABLE {T} ADD COLUMN IF NOT EXISTS extra text;", "SELECT 1;"),
    "comment stays": ("COMMENT ON TABLE {T} IS 'extra';", "SELECT 1;"),
    "rows lost": ("ALTER TABLE {T} ADD COLUMN IF NOT EXISTS extra text;",
                  "ALTER TABLE {T} DROP COLUMN IF EXISTS extra;\nDELETE FROM {T};"),
    "rows changed": ("ALTER TABLE {T} ADD COLUMN IF NOT EXISTS extra text;",
                     "ALTER TABLE {T} DROP COLUMN IF EXISTS extra;\nUPDATE {T} SET version = 1;"),
    # forbidden
    "foreign table": ("CREATE TABLE IF NOT EXISTS tenant_other_things (n integer);",
                      "DROP TABLE IF EXISTS tenant_other_things;"),
    "core table": ("ALTER TABLE core_modules ADD COLUMN IF NOT EXISTS extra text;", "SELECT 1;"),
    "set role": ("SET ROLE service_role;", "SELECT 1;"),
    "alter role": ("ALTER ROLE tenant_app_role BYPASSRLS;", "SELECT 1;"),
    "row security off": ("SET row_security = off;", "SELECT 1;"),
    "replica role": ("SET session_replication_role = replica;", "SELECT 1;"),
}  # fmt: skip


def later(shape: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each of them for one shape: what it is, and the two new files."""
    table = TABLES.get(shape)
    if table is None:
        return
    prefix = table.rpartition("_")[0] + "_"
    names = {"{T}": table, "{P}": prefix, "{F}": prefix.removeprefix("tenant_")}
    for what, (up, down) in LATER.items():
        yield what, _files(up, down, names)
    if shape == "partitions":
        for what in ("disable", "no force", "drop policy", "read all", "grant anon", "view"):
            up, down = LATER[what]
            yield f"{what} (partition)", _files(up, down, names | {"{T}": PARTITION})


def _files(up: str, down: str, names: dict[str, str]) -> dict[str, str]:
    for short_name, name in names.items():
        up, down = up.replace(short_name, name), down.replace(short_name, name)
    return {"009_later.sql": HEAD + up + "\n", "rollback/009_later.sql": HEAD + down + "\n"}

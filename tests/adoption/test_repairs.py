"""Each repair alone: the smallest table that it repairs, and the smallest that it leaves alone.

One platform for all, and a copy of it for each case.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gates.adoption.repair import Step, repairs
from gates.adoption.state import look, older_policy
from gates.database import Database
from gates.module import from_files
from gates.settings import Policy, Settings

RIGHT = """
CREATE TABLE tenant_orders_lines (
    tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, amount int, kind text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1, PRIMARY KEY (tenant_id, id)
);
ALTER TABLE tenant_orders_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_orders_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant_orders_lines
    USING (tenant_id = (SELECT (auth.jwt() ->> 'tenant_id')::uuid))
    WITH CHECK (tenant_id = (SELECT (auth.jwt() ->> 'tenant_id')::uuid));
CREATE INDEX tenant_orders_lines_newest ON tenant_orders_lines (tenant_id, created_at DESC);
CREATE TRIGGER tenant_orders_lines_audit AFTER INSERT OR UPDATE ON tenant_orders_lines
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();
REVOKE ALL ON tenant_orders_lines FROM PUBLIC, anon, authenticated, service_role, tenant_app_role;
GRANT SELECT, INSERT, UPDATE ON tenant_orders_lines TO tenant_app_role;
CREATE TYPE orders_level AS ENUM ('low');
CREATE VIEW tenant_orders_all WITH (security_invoker = true) AS SELECT 1 AS one;
CREATE FUNCTION orders_touch() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS
    'BEGIN RETURN NEW; END';
"""
"""A table, a type, a view and a function that no repair finds anything in."""
T = "tenant_orders_lines"
WRONG = {
    # what differs from RIGHT, and a part of what the repair does about it
    "names": [("CREATE TABLE notes (tenant_id uuid)", "ALTER TABLE public.notes RENAME TO"),
              (f"ALTER TABLE {T} RENAME TO orders", "RENAME TO tenant_orders_orders")],
    "types": [("CREATE TYPE level AS ENUM ('low')", "RENAME TO orders_level")],
    "rest": [(f"CREATE TRIGGER x BEFORE UPDATE ON {T} FOR EACH ROW"
              " EXECUTE FUNCTION orders_touch()", "DROP TRIGGER IF EXISTS x")],
    "policies": [(f"ALTER TABLE {T} NO FORCE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"),
                 (f"ALTER TABLE {T} DISABLE ROW LEVEL SECURITY", "ENABLE ROW LEVEL SECURITY"),
                 (f"CREATE POLICY more ON {T} USING (true)", "DROP POLICY IF EXISTS more"),
                 (f"ALTER POLICY tenant_isolation ON {T} WITH CHECK (true)",
                  "CREATE POLICY tenant_isolation")],
    "views": [("CREATE VIEW tenant_orders_few AS SELECT 1 AS one", "security_invoker = true"),
              ("CREATE VIEW few WITH (security_invoker = true) AS SELECT 1 AS one",
               "VIEW public.tenant_orders_few")],
    "tenant": [("CREATE TABLE tenant_orders_x (tenant_id uuid)", "tenant_id SET NOT NULL"),
               ("CREATE TABLE tenant_orders_x (organization_id uuid)", "ADD COLUMN tenant_id uuid"),
               ("CREATE TABLE tenant_orders_x (tenant_id text NOT NULL)",
                "TYPE uuid USING tenant_id::uuid")],
    "references": [(f"ALTER TABLE {T} ADD made_by uuid REFERENCES auth.users", "DROP CONSTRAINT"),
                   ("CREATE TABLE tenant_orders_x (x uuid REFERENCES organizations)",
                    "FOREIGN KEY (tenant_id, x) REFERENCES public.organizations (tenant_id, id)")],
    "columns": [(f"ALTER TABLE {T} DROP COLUMN version", "ADD COLUMN IF NOT EXISTS version"),
                (f"ALTER TABLE {T} ALTER created_at TYPE timestamp", "AT TIME ZONE 'UTC'"),
                (f"ALTER TABLE {T} ALTER version DROP DEFAULT", "SET DEFAULT 1"),
                (f"ALTER TABLE {T} SET UNLOGGED", "SET LOGGED")],
    "numbers": [(f"ALTER TABLE {T} ALTER id TYPE integer", "ALTER COLUMN id TYPE bigint"),
                ("CREATE TABLE tenant_orders_x (tenant_id uuid NOT NULL)", "ADD COLUMN id bigint"),
                (f"ALTER TABLE {T} ALTER id DROP IDENTITY", "AS IDENTITY")],
    "keys": [(f"ALTER TABLE {T} DROP CONSTRAINT {T}_pkey", "ADD CONSTRAINT"),
             (f"ALTER TABLE {T} ADD UNIQUE (kind)", "UNIQUE (tenant_id, kind)"),
             (f"CREATE UNIQUE INDEX u ON {T} (lower(kind))", "(tenant_id, lower(kind))")],
    "functions": [("CREATE FUNCTION add() RETURNS int LANGUAGE sql RETURN 1", "orders_add"),
                  ("ALTER FUNCTION orders_touch() SECURITY DEFINER", "public.orders_touch()")],
    "triggers": [
        ("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
         f"CREATE TRIGGER y BEFORE UPDATE ON {T} FOR EACH ROW EXECUTE FUNCTION touch()",
         "EXECUTE FUNCTION public.orders_touch()"),
        ("CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS"
         " 'BEGIN INSERT INTO audit_logs DEFAULT VALUES; RETURN NEW; END';"
         f"CREATE TRIGGER x AFTER UPDATE ON {T} FOR EACH ROW EXECUTE FUNCTION own()",
         "DROP TRIGGER IF EXISTS x"),
    ],
    "tenant_index": [(f"DROP INDEX {T}_newest", "(tenant_id, created_at DESC)"),
                     (f"DROP INDEX {T}_newest; CREATE INDEX ON {T} (tenant_id, created_at)",
                      "(tenant_id, created_at DESC)")],
    "audit": [(f"DROP TRIGGER {T}_audit ON {T}", "audit_row_change()")],
    "grants": [(f"GRANT DELETE ON {T} TO tenant_app_role", "REVOKE ALL"),
               (f"GRANT SELECT ON {T} TO PUBLIC", "REVOKE ALL"),
               (f"REVOKE INSERT ON {T} FROM tenant_app_role", "GRANT SELECT, INSERT, UPDATE")],
}  # fmt: skip
NEVER_RELEASED = {  # what a released module keeps, whatever it is
    "names", "types", "rest", "views", "tenant", "references", "numbers", "keys", "functions",
    "triggers", "grants",
}  # fmt: skip
RUN = {each.name: each.run for each in repairs()}


@pytest.fixture(scope="module")
def opened() -> Iterator[Database]:
    settings = Settings.from_environment(dict(os.environ))
    sql = {"migrations/000_init.sql": RIGHT.encode(), "module.json": b'{"slug": "orders"}'}
    with Database.open(from_files("orders", sql), older_policy(Policy()), settings) as database:
        _ = database.applied
        yield database


def steps_of(opened: Database, name: str, sql: str) -> list[Step]:
    with opened.scratch() as scratch:
        failure = scratch.run("", f"SET search_path TO public; {sql};").failure
        assert failure is None, failure
        return list(RUN[name](look(opened, scratch, "orders", released=False)))


def test_every_repair_has_its_cases():
    assert WRONG.keys() == RUN.keys()


@pytest.mark.parametrize(
    ("name", "sql", "does"), [(name, *case) for name, cases in WRONG.items() for case in cases]
)
def test_what_it_repairs_and_nothing_more(opened, name, sql, does):
    found = steps_of(opened, name, sql)
    assert any(does in each.sql for each in found), found


PLAIN = (
    f"ALTER POLICY tenant_isolation ON {T} USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)"
    " WITH CHECK ((auth.jwt() ->> 'tenant_id')::uuid = tenant_id)"
)


@pytest.mark.parametrize("sql", ["", PLAIN])
def test_what_is_right_no_repair_touches(opened, sql):
    """The tenant is compared in a scalar SELECT, plainly, or the other way round."""
    with opened.scratch() as scratch:
        assert not sql or scratch.run("", f"SET search_path TO public; {sql};").failure is None
        world = look(opened, scratch, "orders", released=False)
        for name, run in RUN.items():
            assert [each for each in run(world) if not each.aside] == [], name


def test_what_was_released_keeps_its_names_keys_and_rights(opened):
    everything = ";".join(WRONG[name][0][0] for name in sorted(NEVER_RELEASED - {"tenant"}))
    with opened.scratch() as scratch:
        failure = scratch.run("", f"SET search_path TO public; {everything};").failure
        assert failure is None, failure
        world = look(opened, scratch, "orders", released=True)
        for name in NEVER_RELEASED:
            assert list(RUN[name](world)) == [], name

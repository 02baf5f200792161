"""Older migrations become those of the standard, and the rows come over: one module with it all."""

from __future__ import annotations

import os

import pytest

from gates.adoption.database import new_database
from gates.module import from_files
from gates.settings import Policy, Settings

OLDER = """\
DO $$
DECLARE
    t text;
BEGIN
    CREATE TYPE level AS ENUM ('low', 'high');
    CREATE TABLE "Orders" (
        id SERIAL PRIMARY KEY,
        organization_id UUID NOT NULL REFERENCES organizations (id),
        code TEXT NOT NULL UNIQUE,
        urgency level NOT NULL DEFAULT 'low',
        created_at TIMESTAMP
    );
    CREATE TABLE order_lines (
        order_id INTEGER REFERENCES "Orders" (id) ON DELETE SET NULL,
        seller UUID REFERENCES auth.users (id),
        owner_id UUID NOT NULL,
        amount INTEGER NOT NULL CHECK (amount > 0),
        version BIGINT
    );
    CREATE TABLE order_settings (
        id BIGINT PRIMARY KEY,
        tenant_id TEXT NOT NULL,
        remind BOOLEAN NOT NULL DEFAULT true,
        format TEXT NOT NULL DEFAULT 'pdf' CHECK (format IN ('pdf', 'csv')),
        updated_at TIMESTAMPTZ NOT NULL
    );
    FOREACH t IN ARRAY ARRAY['Orders', 'order_lines'] LOOP
        EXECUTE format('CREATE POLICY open ON %I FOR ALL USING (true)', t);
    END LOOP;
    CREATE POLICY mine ON order_settings USING (tenant_id = auth.jwt() ->> 'tenant_id');
    CREATE POLICY few ON order_lines AS RESTRICTIVE USING (amount < 1000000);
END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE order_lines SET version = version + 1 WHERE order_id = NEW.id;
    RETURN NEW;
END $$;
CREATE TRIGGER touch_orders BEFORE UPDATE ON "Orders" FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW urgent AS SELECT * FROM "Orders" WHERE urgency = 'high';
GRANT ALL ON "Orders", urgent TO anon;
"""


def module(*sql: str):
    files = {f"sql/{number}-x.sql": text.encode() for number, text in enumerate(sql)}
    manifest = b'{"slug": "orders", "version": "1.0.0"}'
    return from_files("orders", {"module.json": manifest, **files})


@pytest.fixture(scope="module")
def made():
    settings = Settings.from_environment(dict(os.environ))  # no state is asked for
    return new_database(
        module(OLDER, OLDER, "CREATE TABLE order_lines (x int);"), Policy(), settings
    )


def test_it_is_proved_and_says_what_it_left_out(made):
    assert made.unproved == ()
    assert made.notes == (
        'sql/2-x.sql:1 was left out: relation "order_lines" already exists',
        "sql/1-x.sql is sql/0-x.sql once more",
    )


def test_tables_have_the_prefix_the_tenant_and_the_columns_of_the_standard(made):
    assert made.renamed == {
        "Orders": "tenant_orders_Orders", "order_lines": "tenant_orders_order_lines",
        "order_settings": "tenant_orders_order_settings",
    }  # fmt: skip
    init = made.changes["migrations/000_init.sql"].decode()
    assert init.count("FORCE ROW LEVEL SECURITY") == 3
    assert init.count("EXECUTE FUNCTION audit_row_change()") == 3
    assert init.count("(tenant_id, created_at DESC)") == 3
    assert init.count("PRIMARY KEY (tenant_id, id)") == 3
    assert init.count("ON DELETE SET NULL (order_id)") == 1
    assert "CREATE TYPE orders_level AS ENUM ('low', 'high')" in init
    assert "UNIQUE (tenant_id, code)" in init
    assert "AS RESTRICTIVE" in init
    for gone in ("auth.users", "SECURITY DEFINER", "(true)", "anon;"):
        assert gone not in init


def test_a_function_asks_the_tables_by_their_new_names(made):
    init = made.changes["migrations/000_init.sql"].decode()
    assert "UPDATE public.tenant_orders_order_lines SET version" in init
    assert "FUNCTION public.orders_touch()" in init


def test_the_hook_keeps_the_older_names_as_views_of_whoever_asks(made):
    hook = made.changes["migrations/hooks/pre_upgrade.sql"].decode()
    assert hook.count("WITH (security_invoker = true)") == 3
    assert 'CREATE OR REPLACE VIEW public."Orders"' in hook


def test_the_older_files_go_and_the_rollback_comes(made):
    assert [path for path, data in made.changes.items() if data is None] == [
        "sql/0-x.sql", "sql/2-x.sql", "sql/1-x.sql",
    ]  # fmt: skip
    back = made.changes["migrations/rollback/000_init.sql"].decode()
    assert back.count("DROP TABLE IF EXISTS") == 3
    assert "DROP TYPE IF EXISTS orders_level;" in back


def test_settings_come_from_the_columns_of_their_table(made):
    assert made.settings == {
        "remind": {"type": "boolean", "default": True},
        "format": {"enum": ["pdf", "csv"], "default": "pdf"},
    }


def test_what_cannot_be_proved_is_said(settings):
    sql = (
        "ALTER TABLE nowhere ADD COLUMN x text;",
        "CREATE TABLE plain (id int, title text);",
        "CREATE TABLE kinds (org_id uuid, title text); INSERT INTO kinds VALUES (NULL, '');",
    )
    said = new_database(module(*sql), Policy(), settings).unproved
    assert said[:2] == (
        'sql/0-x.sql:1 does not run: relation "nowhere" does not exist',
        "the older migrations put rows into kinds, and a row needs a tenant",
    )
    assert any('column "tenant_id" does not exist' in each for each in said[2:])

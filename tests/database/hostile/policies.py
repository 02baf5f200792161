"""Policies that are, or seem to be, narrow."""

from __future__ import annotations

from tests.database.hostile.shape import LOOT, MINE, OWN, TAKE, Hostile, T, function

SOMEBODY = "6f1c1f0e-5f0b-4c55-9d5e-0a1b2c3d4e5f"
SHAPE, ISOLATION, FORBIDDEN = "policy-shape", "tenant-isolation", "migration-forbidden"


def using(expression: str, head: str = "") -> str:
    return f"{head}ALTER POLICY tenant_isolation ON {T} USING ({expression}) WITH CHECK ({OWN});\n"


def restrictive(expression: str, head: str = "", command: str = "SELECT") -> str:
    return (
        f"{head}DROP POLICY IF EXISTS narrow ON {T};\n"
        f"CREATE POLICY narrow ON {T} AS RESTRICTIVE FOR {command} USING ({expression});\n"
    )


POLICIES = (
    Hostile("policy-later", "opens in 2040", SHAPE, "no shape of the platform",
            using(f"{OWN} OR now() > '2040-01-01'")),
    Hostile("policy-for-one-user", "opens for one user", SHAPE, "no shape of the platform",
            using(f"{OWN} OR auth.uid() = '{SOMEBODY}'")),
    Hostile("policy-by-setting", "opens by a setting", SHAPE, "no shape of the platform",
            using(f"{OWN} OR current_setting('sample.open', true) = 'on'")),
    Hostile("policy-cast-to-text", "compares texts by a loose collation", SHAPE,
            "no shape of the platform",
            using("left(tenant_id::text, 8) = left(auth.jwt() ->> 'tenant_id', 8)")),
    Hostile("policy-own-operator", "= means something else", FORBIDDEN, "CREATE OPERATOR",
            function("same", "RETURN true;", "(a uuid, b uuid) RETURNS boolean", "IMMUTABLE")
            + "CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid,"
            " FUNCTION = sample_module_same);"
            + using(f"tenant_id OPERATOR(public.=) {MINE}")),
    Hostile("policy-own-jwt", "auth.jwt() is its own", FORBIDDEN, "making auth.jwt",
            "CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql AS"
            " $$ SELECT '{}'::jsonb $$;"),
    Hostile("policy-domain", "compares through a domain of its own", SHAPE,
            "no shape of the platform",
            "DO $$ BEGIN CREATE DOMAIN sample_module_id AS uuid; EXCEPTION WHEN duplicate_object"
            " THEN NULL; END $$;" + using(f"tenant_id::sample_module_id = {MINE}")),
    Hostile("policy-named-like-ours", "its shape is taken for one of the platform's", SHAPE,
            "no shape of the platform",
            f"DROP POLICY IF EXISTS gates_shape_x ON {T};"
            f"CREATE POLICY gates_shape_x ON {T} USING ({OWN} OR now() > '2040-01-01');"),
    Hostile("policy-for-authenticated", "opens for another role", SHAPE,
            "no shape of the platform",
            f"DROP POLICY IF EXISTS web ON {T}; CREATE POLICY web ON {T} FOR SELECT"
            f" TO authenticated USING ({OWN} OR tenant_id = '{SOMEBODY}');"),
    Hostile("policy-for-one-command", "gives rows away", SHAPE, "no shape of the platform",
            f"DROP POLICY IF EXISTS gift ON {T}; CREATE POLICY gift ON {T} FOR INSERT"
            f" WITH CHECK (title LIKE 'gift%');"),
    Hostile("policy-by-subquery", "the session's tenant comes from a table", SHAPE,
            "no shape of the platform",
            using(f"tenant_id = (SELECT coalesce(max(p.tenant_id::text)::uuid, {MINE})"
                  " FROM public.profiles p)")),
    # Restrictive policies are asked before the permissive ones, of every tenant's rows.
    Hostile("restrictive-copies", "copies all tenants' rows to whoever reads", SHAPE, "before",
            LOOT + restrictive(
                "sample_module_keep(title)",
                function("keep", f"{TAKE} VALUES ({MINE}, t); RETURN true;",
                         "(t text) RETURNS boolean", "COST 0.0001 SET search_path = ''"))),
    Hostile("restrictive-copies-now-and-then", "the same, for certain rows", SHAPE, "before",
            LOOT + restrictive(
                "CASE WHEN title LIKE 'acct-%' THEN sample_module_keep(title) ELSE true END",
                function("keep", f"{TAKE} VALUES ({MINE}, t); RETURN true;",
                         "(t text) RETURNS boolean", "COST 0.0001 SET search_path = ''"))),
    Hostile("restrictive-set-config", "keeps all tenants' rows in a setting", SHAPE, "before",
            restrictive("set_config('sample.seen', title, false) IS NOT NULL")),
    Hostile("restrictive-error", "tells another's text in an error", SHAPE, "before",
            restrictive("CASE WHEN title LIKE 'acct-%' THEN title::int > 0 ELSE true END")),
    Hostile("restrictive-division", "tells another's number by an error", SHAPE, "before",
            restrictive("1 / (version - 7) IS NOT NULL", command="ALL")),
    Hostile("restrictive-subquery", "asks of each row in a subquery", SHAPE, "before",
            restrictive(f"(SELECT set_config('sample.seen', {T}.title, false)) IS NOT NULL")),
)  # fmt: skip

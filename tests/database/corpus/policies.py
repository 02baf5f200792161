"""Policies: the right name with the wrong expression, and policies that add up."""

from __future__ import annotations

from tests.database.corpus.shape import CHECK, ISOLATION, POLICY, USING, Defect

POLICIES = (
    # policies: right name, wrong expression
    Defect("using-true", ISOLATION, "reads, changes and deletes", USING, "USING (true)"),
    Defect("check-true", ISOLATION, "adds and gives away", CHECK, "WITH CHECK (true)"),
    Defect("null-passes", ISOLATION, "without any tenant reads rows", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR auth.jwt() IS NULL)"),
    Defect("setting-null-passes", ISOLATION, "without any tenant reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR current_setting('request.jwt.claims', true) IS NULL)"),
    Defect("empty-passes", ISOLATION, "with claims that are empty reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR current_setting('request.jwt.claims', true) = '')"),
    Defect("coalesce-own", ISOLATION, "reads rows", USING,
           "USING (tenant_id = coalesce((auth.jwt() ->> 'tenant_id')::uuid, tenant_id))"),
    Defect("not-distinct-wrong-way", ISOLATION, "reads", USING,
           "USING (tenant_id IS DISTINCT FROM NULL)"),
    Defect("empty-object-passes", ISOLATION, "without a tenant reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR"
           " (auth.jwt() IS NOT NULL AND NOT auth.jwt() ? 'tenant_id'))"),
    Defect("wrong-claim", ISOLATION, "does not see its own row", POLICY,
           "FOR ALL USING (tenant_id = (auth.jwt() ->> 'team_id')::uuid);"),
    Defect("wrong-column", ISOLATION, "reads", POLICY,
           "FOR ALL USING ((auth.jwt() ->> 'tenant_id')::uuid IS NOT NULL);"),
    Defect("self-comparison", ISOLATION, "reads", USING,
           "USING (tenant_id = tenant_sample_module_notes.tenant_id)"),
    Defect("literal-prefix", ISOLATION, "reads", USING,
           "USING (auth.jwt() ->> 'tenant_id' LIKE '%' || left(tenant_id::text, 0) || '%')"),
    Defect("role-decides", ISOLATION, "reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR auth.role() = 'tenant_app_role')"),
    Defect("old-rows-public", ISOLATION, "reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR version = 1)"),
    Defect("move-allowed", ISOLATION, "adds and gives away", CHECK,
           "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR title <> '')"),
    # policies that are tight for the tenants of a proof
    Defect("open-elsewhere", "policy-shape", "which is no shape of the platform", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR current_database() = 'production')"),
    Defect("open-for-one-user", ISOLATION, '{"email": "support@example.org"} reads', USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR auth.jwt() ->> 'email' = 'support@example.org')"),
    Defect("open-by-a-setting", "policy-shape", "which is no shape of the platform", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR current_setting('app.support', true) = 'on')"),
    Defect("prefix-alone", ISOLATION, "reads, changes and deletes rows of another", USING,
           "USING (left(tenant_id::text, 8) = left(auth.jwt() ->> 'tenant_id', 8))"),
    Defect("prefix-alone-in-check", ISOLATION, "adds and gives away rows of another", CHECK,
           "WITH CHECK (left(tenant_id::text, 35) = left(auth.jwt() ->> 'tenant_id', 35))"),
    Defect("suffix-alone", ISOLATION, "reads, changes and deletes rows of another", USING,
           "USING (right(tenant_id::text, 12) = right(auth.jwt() ->> 'tenant_id', 12))"),
    Defect("greater-too", ISOLATION, "reads, changes and deletes rows of another", USING,
           "USING (tenant_id >= (auth.jwt() ->> 'tenant_id')::uuid)"),
    Defect("smaller-too", ISOLATION, "reads, changes and deletes rows of another", USING,
           "USING (tenant_id <= (auth.jwt() ->> 'tenant_id')::uuid)"),
    Defect("smaller-too-in-check", ISOLATION, "adds and gives away rows of another", CHECK,
           "WITH CHECK (tenant_id <= (auth.jwt() ->> 'tenant_id')::uuid)"),
    Defect("open-while-empty", ISOLATION, "reads, changes and deletes rows of another", "",
           "ALTER TABLE {T} ADD COLUMN IF NOT EXISTS closed_at timestamptz;\n"
           "ALTER POLICY tenant_isolation ON {T} USING (tenant_id ="
           " (auth.jwt() ->> 'tenant_id')::uuid OR closed_at IS NULL);",
           "ALTER POLICY tenant_isolation ON {T} " + USING + ";\n"
           "ALTER TABLE {T} DROP COLUMN IF EXISTS closed_at;"),
    # claims that open a policy
    Defect("open-for-admins", ISOLATION, 'with the claims {"is_admin": true} reads rows', USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR (auth.jwt() ->> 'is_admin')::boolean)"),
    Defect("open-for-a-role", ISOLATION, 'with the claims {"role": "service_role"} reads', USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR auth.role() = 'service_role')"),
    Defect("open-for-a-role-in-check", ISOLATION, '{"role": "service_role"} adds rows', CHECK,
           "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR auth.role() = 'service_role')"),
    Defect("open-for-a-nested-claim", ISOLATION, '{"app_metadata": {"level": 2147483647}}', USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR (auth.jwt() -> 'app_metadata' ->> 'level')::integer > 7)"),
    Defect("open-for-a-key", ISOLATION, 'with the claims {"superuser": true} reads rows', USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR auth.jwt() ? 'superuser')"),
    Defect("open-for-admins-by-function", ISOLATION, '{"is_admin": true} reads rows', "",
           "CREATE OR REPLACE FUNCTION {P}admin() RETURNS boolean LANGUAGE plpgsql STABLE\n"
           "    SET search_path = '' AS $$ BEGIN RETURN (auth.jwt() ->> 'is_admin')::boolean;"
           " END $$;\nDROP POLICY IF EXISTS admins ON {T};\n"
           "CREATE POLICY admins ON {T} FOR SELECT USING (public.{P}admin());",
           "DROP POLICY IF EXISTS admins ON {T};\nDROP FUNCTION IF EXISTS {P}admin();"),
    Defect("tenant-is-a-pattern", ISOLATION, "whose tenant is the text '%' reads rows", USING,
           "USING (tenant_id::text LIKE auth.jwt() ->> 'tenant_id')"),
    Defect("tenant-is-a-pattern-in-check", ISOLATION, "whose tenant is the text '%' adds", CHECK,
           "WITH CHECK (tenant_id::text LIKE auth.jwt() ->> 'tenant_id')"),
    # policies that add up
    Defect("second-permissive", ISOLATION, "reads", "",
           "DROP POLICY IF EXISTS helpers ON {T};\n"
           "CREATE POLICY helpers ON {T} FOR SELECT USING (true);",
           "DROP POLICY IF EXISTS helpers ON {T};"),
    Defect("second-for-update", ISOLATION, "changes", "",
           "DROP POLICY IF EXISTS fix ON {T};\n"
           "CREATE POLICY fix ON {T} FOR UPDATE USING (version = 1)"
           " WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);",
           "DROP POLICY IF EXISTS fix ON {T};"),
    Defect("second-for-insert", ISOLATION, "adds", "",
           "DROP POLICY IF EXISTS load ON {T};\n"
           "CREATE POLICY load ON {T} FOR INSERT WITH CHECK (title IS NOT NULL);",
           "DROP POLICY IF EXISTS load ON {T};"),
    Defect("second-for-delete", ISOLATION, "deletes", "",
           "DROP POLICY IF EXISTS purge ON {T};\n"
           "CREATE POLICY purge ON {T} FOR DELETE USING (true);",
           "DROP POLICY IF EXISTS purge ON {T};"),
    Defect("policy-calls-function", ISOLATION, "reads", "",
           "CREATE OR REPLACE FUNCTION {P}may() RETURNS boolean LANGUAGE sql STABLE"
           " SET search_path = '' AS $$ SELECT auth.uid() IS NOT NULL $$;\n"
           "DROP POLICY IF EXISTS members ON {T};\n"
           "CREATE POLICY members ON {T} FOR SELECT USING ({P}may());",
           "DROP POLICY IF EXISTS members ON {T};\nDROP FUNCTION IF EXISTS {P}may();"),
    Defect("policy-in-do-block", ISOLATION, "reads", "",
           "DO $$\nBEGIN\n    EXECUTE format('DROP POLICY IF EXISTS %I ON %I', 'open', '{T}');\n"
           "    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (1 = 1)', 'open', '{T}');\n"
           "END\n$$;",
           "DROP POLICY IF EXISTS open ON {T};"),
    Defect("altered-later", ISOLATION, "reads", "",
           "ALTER POLICY tenant_isolation ON {T} USING (tenant_id IS NOT NULL);",
           "ALTER POLICY tenant_isolation ON {T} " + USING + ";"),
    Defect("restrictive-alone", ISOLATION, "does not see its own row", "    FOR ALL\n",
           "    AS RESTRICTIVE FOR ALL\n"),
    Defect("for-one-role", "row-security", "is for authenticated alone", "    FOR ALL\n",
           "    FOR ALL TO authenticated\n"),
)  # fmt: skip

"""splinter's ideas, re-stated by us.

splinter is Supabase's database linter, a set of SQL queries; it is in no package index. What its
documentation describes is written here as queries of our own, for tables in `public` and for the
roles that a session may have, tenant_app_role among them. Lints that need a running system's
statistics (unused indexes, bloat), or Supabase's own schemas (storage, auth, queues), are left out.
Each query gives the object's name; the key is the number and name of splinter's lint.
"""

from __future__ import annotations

_ROLES = "(VALUES ('anon'), ('authenticated'), ('tenant_app_role')) AS r(role)"
_TABLES = "pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
_REACHED = (
    f"EXISTS (SELECT FROM {_ROLES} WHERE has_table_privilege(r.role, c.oid, 'SELECT')"
    " OR has_any_column_privilege(r.role, c.oid, 'SELECT'))"
)
_POLICIES = (
    "(SELECT p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles,"
    " pg_get_expr(p.polqual, p.polrelid) AS using_,"
    " pg_get_expr(p.polwithcheck, p.polrelid) AS check_ FROM pg_policy p) AS p"
)
_TRUE = r"'^\(*(true|(\d+)\)? = \(?\2|''(\w*)''(::\w+)? = ''\3''(::\w+)?)\)*$'"

IDEAS: dict[str, str] = {
    "0001_unindexed_foreign_keys": """
        SELECT k.conrelid::regclass::text || '.' || k.conname FROM pg_constraint k
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = k.conrelid
            AND k.conkey @> (i.indkey::int2[])[0:cardinality(k.conkey) - 1]
            AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)""",
    "0003_auth_rls_initplan": f"""
        SELECT p.polrelid::regclass::text || '.' || p.polname FROM {_POLICIES}
        WHERE concat_ws(' ', using_, check_) ~ 'auth\\.(uid|jwt|role)\\(\\)|current_setting\\('
        AND concat_ws(' ', using_, check_) !~* 'select (auth\\.|current_setting)'""",
    "0004_no_primary_key": f"""
        SELECT c.relname FROM {_TABLES} AND NOT EXISTS
        (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)""",
    "0006_multiple_permissive_policies": f"""
        SELECT DISTINCT a.polrelid::regclass::text FROM pg_policy a JOIN pg_policy b
        ON a.polrelid = b.polrelid AND a.oid < b.oid AND a.polpermissive AND b.polpermissive
        AND (a.polcmd = b.polcmd OR '*' IN (a.polcmd::text, b.polcmd::text))
        AND (a.polroles && b.polroles OR 0 = ANY (a.polroles) OR 0 = ANY (b.polroles))
        WHERE EXISTS (SELECT FROM {_ROLES})""",
    "0007_policy_exists_rls_disabled": f"""
        SELECT c.relname FROM {_TABLES} AND NOT c.relrowsecurity
        AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)""",
    "0008_rls_enabled_no_policy": f"""
        SELECT c.relname FROM {_TABLES} AND c.relrowsecurity
        AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)""",
    "0009_duplicate_index": """
        SELECT min(i.indexrelid::regclass::text) FROM pg_index i JOIN pg_class c
        ON c.oid = i.indexrelid AND c.relnamespace = 'public'::regnamespace
        GROUP BY i.indrelid, i.indkey, i.indoption, i.indclass, i.indpred IS NULL,
        pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
        HAVING count(*) > 1""",
    "0010_security_definer_view": f"""
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind = 'v' AND {_REACHED} AND NOT coalesce(
        (SELECT bool_or(o IN ('security_invoker=true', 'security_invoker=on'))
         FROM unnest(c.reloptions) AS o), false)""",
    "0011_function_search_path_mutable": """
        SELECT f.proname FROM pg_proc f WHERE f.pronamespace = 'public'::regnamespace
        AND f.prokind IN ('f', 'p') AND NOT EXISTS
        (SELECT FROM unnest(f.proconfig) AS o WHERE o LIKE 'search_path=%')""",
    "0013_rls_disabled_in_public": f"""
        SELECT c.relname FROM {_TABLES} AND NOT c.relrowsecurity AND {_REACHED}""",
    "0014_extension_in_public": """
        SELECT extname FROM pg_extension WHERE extnamespace = 'public'::regnamespace""",
    "0015_rls_references_user_metadata": f"""
        SELECT p.polrelid::regclass::text FROM {_POLICIES}
        WHERE concat_ws(' ', using_, check_) LIKE '%user_metadata%'""",
    "0016_materialized_view_in_api": f"""
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind = 'm' AND {_REACHED}""",
    "0017_foreign_table_in_api": f"""
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind = 'f' AND {_REACHED}""",
    "0024_permissive_rls_policy": f"""
        SELECT p.polrelid::regclass::text || '.' || p.polname FROM {_POLICIES}
        WHERE p.polpermissive AND (lower(coalesce(using_, '')) ~ {_TRUE}
        OR lower(coalesce(check_, '')) ~ {_TRUE})""",
    "0026_anon_table_exposed": f"""
        SELECT c.relname FROM {_TABLES} AND has_table_privilege('anon', c.oid, 'SELECT')""",
    "0027_authenticated_table_exposed": f"""
        SELECT c.relname FROM {_TABLES}
        AND has_any_column_privilege('authenticated', c.oid, 'SELECT, INSERT, UPDATE')""",
    "0028_security_definer_function_executable": f"""
        SELECT f.proname FROM pg_proc f, {_ROLES} WHERE f.prosecdef
        AND f.pronamespace = 'public'::regnamespace
        AND has_function_privilege(r.role, f.oid, 'EXECUTE')
        AND f.prorettype <> 'trigger'::regtype""",
    "0030_rls_policy_null_auth_disjunct": f"""
        SELECT p.polrelid::regclass::text || '.' || p.polname FROM {_POLICIES}
        WHERE p.polcmd IN ('*', 'r') AND using_ ~* '\\mor\\M'
        AND using_ ~* '(auth\\.(uid|jwt|role)\\(\\)|current_setting\\([^()]*true\\)) is null'""",
    "0030_invalid_index": """
        SELECT i.indexrelid::regclass::text FROM pg_index i WHERE NOT i.indisvalid""",
}

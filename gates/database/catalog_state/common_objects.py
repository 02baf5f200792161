"""What a snapshot reads from pg_catalog: one query for each kind of object.

Each query gives `name` (how a person calls the object) and one column for each property, all text,
NULL where a property has its ordinary value. Names are schema-qualified: queries run with an empty
search_path. `{mine}` limits to objects outside PostgreSQL's own schemas that no extension owns.
Queries run on PostgreSQL 14 to 18; `{since_NN: text}` is for what an older version lacks.
"""

# ruff: noqa: S608 - fixed text only
from __future__ import annotations

_NAMESPACE = (
    "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = {catalog}::regclass"
    " AND e.objid = {oid} AND e.deptype = 'e')"
)


def _mine(catalog: str, oid: str) -> str:
    return _NAMESPACE.format(catalog=f"'{catalog}'", oid=oid)


def _grants(acl: str, kind: str, owner: str) -> str:
    """Who may do what, sorted; the owner's own rights are left out where they are the usual."""
    return (
        "(SELECT string_agg(entry, ', ' ORDER BY entry) FROM (SELECT"
        " coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC') || ': '"
        " || string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ' '"
        " ORDER BY a.privilege_type) AS entry"
        f" FROM aclexplode(coalesce({acl}, acldefault('{kind}', {owner}))) a"
        " GROUP BY a.grantee) granted)"
    )


_ENABLED = (
    "CASE {} WHEN 'O' THEN NULL WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica only'"
    " WHEN 'A' THEN 'always' END"
)

QUERIES: dict[str, str] = {
    "schema": f"""
        SELECT quote_ident(n.nspname) AS name, n.nspowner::regrole::text AS owner,
            {_grants("n.nspacl", "n", "n.nspowner")} AS grants
        FROM pg_namespace n WHERE {_mine("pg_namespace", "n.oid")}""",
    "table": f"""
        SELECT c.oid::regclass::text AS name,
            CASE c.relkind WHEN 'r' THEN NULL WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign'
            END AS kind,
            CASE c.relpersistence WHEN 'p' THEN NULL WHEN 'u' THEN 'unlogged' ELSE 'temporary' END
                AS persistence,
            c.relowner::regrole::text AS owner,
            CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END AS row_security,
            CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'not forced' END
                AS force_row_security,
            {_grants("c.relacl", "r", "c.relowner")} AS grants,
            array_to_string(c.reloptions, ', ') AS options,
            nullif(am.amname, 'heap') AS access_method, t.spcname AS tablespace,
            CASE c.relreplident WHEN 'd' THEN NULL ELSE c.relreplident::text END
                AS replica_identity,
            pg_get_partkeydef(c.oid) AS partition_key,
            pg_get_expr(c.relpartbound, c.oid) AS partition_bound,
            (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
                FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parents,
            CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
            (SELECT s.srvname || coalesce(' ' || array_to_string(f.ftoptions, ', '), '')
                FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
                WHERE f.ftrelid = c.oid) AS server
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_am am ON am.oid = c.relam
            LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
        WHERE c.relkind IN ('r', 'p', 'f') AND {_mine("pg_class", "c.oid")}""",
    "column": f"""
        SELECT c.oid::regclass::text || '.' || quote_ident(a.attname) AS name,
            row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum)::text AS position,
            format_type(a.atttypid, a.atttypmod) AS type,
            CASE WHEN a.attnotnull THEN 'NOT NULL' ELSE 'NULL' END AS nullability,
            CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
            CASE a.attgenerated WHEN 's' THEN 'STORED ' WHEN 'v' THEN 'VIRTUAL ' END
                || pg_get_expr(d.adbin, d.adrelid) AS generated,
            CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity,
            CASE WHEN a.attcollation <> t.typcollation
                THEN a.attcollation::regcollation::text END AS collation,
            CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage,
            nullif(a.attcompression::text, '') AS compression,
            nullif(nullif(a.attstattarget, -1), NULL)::text AS statistics,
            CASE WHEN a.attinhcount > 0
                THEN CASE WHEN a.attislocal THEN 'inherited and local' ELSE 'inherited' END
            END AS inherited,
            array_to_string(a.attoptions, ', ') AS options,
            array_to_string(a.attfdwoptions, ', ') AS foreign_options,
            CASE WHEN a.attacl IS NOT NULL THEN {_grants("a.attacl", "c", "c.relowner")} END
                AS grants
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attnum > 0
            AND NOT a.attisdropped AND {_mine("pg_class", "c.oid")}""",
    "constraint": f"""
        SELECT quote_ident(k.conname) || ' on '
                || coalesce(nullif(k.conrelid, 0)::regclass::text, format_type(k.contypid, NULL))
                AS name,
            pg_get_constraintdef(k.oid) AS definition,
            CASE WHEN k.convalidated THEN NULL ELSE 'not validated' END AS validated,
            CASE WHEN k.connoinherit AND k.contype IN ('c', 'n') THEN 'NO INHERIT' END
                AS inheritance,
            nullif(k.coninhcount, 0)::text AS inherited
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
        WHERE k.contype <> 't'
            AND NOT (k.conrelid <> 0 AND EXISTS (SELECT FROM pg_depend e
                WHERE e.classid = 'pg_class'::regclass AND e.objid = k.conrelid
                AND e.deptype = 'e'))
            AND {_mine("pg_constraint", "k.oid")}""",
    "index": f"""
        SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS definition,
            i.indrelid::regclass::text AS "table",
            CASE WHEN i.indisvalid THEN NULL ELSE 'invalid' END AS validity,
            CASE WHEN i.indisready THEN NULL ELSE 'not ready' END AS readiness,
            CASE WHEN i.indisclustered THEN 'clustered' END AS clustered,
            CASE WHEN i.indisreplident THEN 'replica identity' END AS replica,
            (SELECT p.inhparent::regclass::text FROM pg_inherits p WHERE p.inhrelid = c.oid)
                AS parent,
            (SELECT string_agg(a.attnum || '=' || a.attstattarget, ', ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
                AS statistics,
            t.spcname AS tablespace
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
        WHERE {_mine("pg_class", "i.indrelid")}""",
    "policy": f"""
        SELECT quote_ident(p.polname) || ' on ' || p.polrelid::regclass::text AS name,
            CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
                WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END AS command,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END AS kind,
            (SELECT string_agg(coalesce(nullif(r, 0)::regrole::text, 'PUBLIC'), ', '
                ORDER BY nullif(r, 0)::regrole::text) FROM unnest(p.polroles) r) AS roles,
            pg_get_expr(p.polqual, p.polrelid) AS "using",
            pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_mine("pg_class", "c.oid")}""",
    "trigger": f"""
        SELECT quote_ident(t.tgname) || ' on ' || t.tgrelid::regclass::text AS name,
            pg_get_triggerdef(t.oid) AS definition, {_ENABLED.format("t.tgenabled")} AS firing
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE (NOT t.tgisinternal OR t.tgenabled <> 'O') AND {_mine("pg_class", "c.oid")}""",
    "rule": f"""
        SELECT quote_ident(r.rulename) || ' on ' || r.ev_class::regclass::text AS name,
            pg_get_ruledef(r.oid) AS definition, {_ENABLED.format("r.ev_enabled")} AS firing
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND {_mine("pg_class", "c.oid")}""",
    "view": f"""
        SELECT c.oid::regclass::text AS name, pg_get_viewdef(c.oid) AS definition,
            CASE WHEN c.relkind = 'm' THEN 'materialized' END AS kind,
            c.relowner::regrole::text AS owner, array_to_string(c.reloptions, ', ') AS options,
            CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'no data' END AS populated,
            nullif(concat_ws(' ',
                CASE WHEN pg_relation_is_updatable(c.oid, true) & 8 <> 0 THEN 'INSERT' END,
                CASE WHEN pg_relation_is_updatable(c.oid, true) & 4 <> 0 THEN 'UPDATE' END,
                CASE WHEN pg_relation_is_updatable(c.oid, true) & 16 <> 0 THEN 'DELETE' END), '')
                AS updates,
            {_grants("c.relacl", "r", "c.relowner")} AS grants,
            nullif(am.amname, 'heap') AS access_method, t.spcname AS tablespace
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_am am ON am.oid = c.relam
            LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
        WHERE c.relkind IN ('v', 'm') AND {_mine("pg_class", "c.oid")}""",
    "sequence": f"""
        SELECT c.oid::regclass::text AS name, format_type(s.seqtypid, NULL) AS type,
            s.seqstart::text AS start, s.seqincrement::text AS increment,
            s.seqmin::text AS minimum, s.seqmax::text AS maximum, s.seqcache::text AS cache,
            CASE WHEN s.seqcycle THEN 'cycle' END AS cycle,
            CASE c.relpersistence WHEN 'p' THEN NULL WHEN 'u' THEN 'unlogged' ELSE 'temporary' END
                AS persistence,
            c.relowner::regrole::text AS owner,
            (SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname) FROM pg_depend d
                JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) AS owned_by,
            {_grants("c.relacl", "s", "c.relowner")} AS grants
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_mine("pg_class", "c.oid")}""",
    "function": f"""
        SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition,
            p.proowner::regrole::text AS owner, {_grants("p.proacl", "f", "p.proowner")} AS grants
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prokind <> 'a' AND {_mine("pg_proc", "p.oid")}""",
    "aggregate": f"""
        SELECT p.oid::regprocedure::text AS name, format_type(p.prorettype, NULL) AS returns,
            g.aggtransfn::regprocedure::text AS transition,
            nullif(g.aggfinalfn::oid, 0)::regprocedure::text AS final,
            nullif(g.aggcombinefn::oid, 0)::regprocedure::text AS combine,
            format_type(g.aggtranstype, NULL) AS state, g.agginitval AS initial,
            nullif(g.aggsortop, 0)::regoperator::text AS sort, p.proparallel::text AS parallel,
            g.aggkind::text AS kind, p.proowner::regrole::text AS owner,
            {_grants("p.proacl", "f", "p.proowner")} AS grants
        FROM pg_aggregate g JOIN pg_proc p ON p.oid = g.aggfnoid
            JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_mine("pg_proc", "p.oid")}""",
}
"""The kinds that nearly every module has; `catalog_rare.RARE` holds the others."""

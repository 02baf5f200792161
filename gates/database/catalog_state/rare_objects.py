"""The rarer half of what a snapshot reads: types, extensions, publications, search and the like.

Same conventions as `catalog_queries`. Left out is what belongs to the whole server (roles and who
is a member of which, databases and grants on them, tablespaces): a migration's role may change
none of it.
"""

# ruff: noqa: S608 - fixed text only
from __future__ import annotations

from gates.database.catalog_state.common_objects import _ENABLED as ENABLED
from gates.database.catalog_state.common_objects import _grants as grants
from gates.database.catalog_state.common_objects import _mine as mine

RARE: dict[str, str] = {
    "type": f"""
        SELECT format_type(t.oid, NULL) AS name,
            CASE t.typtype WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum'
                WHEN 'r' THEN 'range' WHEN 'b' THEN 'base' WHEN 'p' THEN 'pseudo' END AS kind,
            (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
            CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
            t.typdefault AS "default", CASE WHEN t.typnotnull THEN 'NOT NULL' END AS nullability,
            CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
                THEN t.typcollation::regcollation::text END AS collation,
            (SELECT format_type(r.rngsubtype, NULL) || ' '
                || coalesce(nullif(r.rngcollation, 0)::regcollation::text, '') || ' '
                || r.rngcanonical::text || ' ' || r.rngsubdiff::text || ' '
                || (SELECT o.opcname FROM pg_opclass o WHERE o.oid = r.rngsubopc)
                FROM pg_range r WHERE r.rngtypid = t.oid) AS range,
            CASE WHEN t.typtype = 'b' THEN concat_ws(' ', t.typinput, t.typoutput, t.typreceive,
                t.typsend, t.typlen, t.typalign, t.typstorage, t.typcategory) END AS base_type,
            t.typowner::regrole::text AS owner, {grants("t.typacl", "T", "t.typowner")} AS grants
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            LEFT JOIN pg_class c ON c.oid = t.typrelid
            LEFT JOIN pg_type b ON b.oid = t.typbasetype
        WHERE (t.typrelid = 0 OR c.relkind = 'c')
            AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
            AND {mine("pg_type", "t.oid")}""",
    "extension": """
        SELECT quote_ident(e.extname) AS name, e.extversion AS version,
            e.extnamespace::regnamespace::text AS schema FROM pg_extension e""",
    "default privileges": """
        SELECT 'of ' || d.defaclrole::regrole::text || coalesce(' in '
                || nullif(d.defaclnamespace, 0)::regnamespace::text, '') || ' for '
                || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
                WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas'
                ELSE d.defaclobjtype::text END AS name,
            (SELECT string_agg(a, ', ' ORDER BY a) FROM unnest(d.defaclacl::text[]) a) AS grants
        FROM pg_default_acl d""",
    "statistics": f"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS name,
            pg_get_statisticsobjdef(s.oid) AS definition,
            nullif(s.stxstattarget, -1)::text AS target, s.stxowner::regrole::text AS owner
        FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
        WHERE {mine("pg_statistic_ext", "s.oid")}""",
    "event trigger": f"""
        SELECT quote_ident(t.evtname) AS name, t.evtevent AS event,
            t.evtfoid::regprocedure::text AS function, array_to_string(t.evttags, ', ') AS tags,
            {ENABLED.format("t.evtenabled")} AS firing
        FROM pg_event_trigger t""",
    "publication": """
        SELECT quote_ident(p.pubname) AS name, p.pubowner::regrole::text AS owner,
            to_jsonb(p)::jsonb - 'oid' - 'pubowner' - 'pubname' || '{}'::jsonb AS options,
            (SELECT string_agg(r.prrelid::regclass::text || coalesce(' ' || r.prattrs::text, '')
                || coalesce(' ' || pg_get_expr(r.prqual, r.prrelid), ''), ', '
                ORDER BY r.prrelid::regclass::text)
                FROM {publication_tables} r WHERE r.prpubid = p.oid) AS tables,
            {publication_schemas} AS schemas
        FROM pg_publication p""",
    "collation": f"""
        SELECT k.oid::regcollation::text AS name,
            (to_jsonb(k) - 'oid' - 'collname' - 'collnamespace' - 'collowner')::text AS definition,
            k.collowner::regrole::text AS owner
        FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace
        WHERE {mine("pg_collation", "k.oid")}""",
    "operator": f"""
        SELECT o.oid::regoperator::text AS name, o.oprcode::text AS function,
            format_type(o.oprresult, NULL) AS result,
            nullif(o.oprcom, 0)::regoperator::text AS commutator,
            nullif(o.oprnegate, 0)::regoperator::text AS negator, o.oprrest::text AS restriction,
            o.oprjoin::text AS "join", concat_ws(' ', o.oprcanhash, o.oprcanmerge) AS abilities,
            o.oprowner::regrole::text AS owner
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE {mine("pg_operator", "o.oid")}""",
    "operator class": f"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(o.opcname) || ' using ' || a.amname
                AS name,
            format_type(o.opcintype, NULL) AS type, o.opcdefault::text AS is_default,
            (SELECT f.opfname FROM pg_opfamily f WHERE f.oid = o.opcfamily) AS family,
            o.opcowner::regrole::text AS owner
        FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace
            JOIN pg_am a ON a.oid = o.opcmethod WHERE {mine("pg_opclass", "o.oid")}""",
    "operator family": f"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' using ' || a.amname
                AS name,
            (SELECT string_agg(concat_ws(' ', o.amopstrategy, o.amopopr::regoperator), ', '
                ORDER BY o.amopstrategy, o.amopopr::regoperator::text)
                FROM pg_amop o WHERE o.amopfamily = f.oid) AS operators,
            (SELECT string_agg(concat_ws(' ', p.amprocnum, p.amproc::regprocedure), ', '
                ORDER BY p.amprocnum, p.amproc::regprocedure::text)
                FROM pg_amproc p WHERE p.amprocfamily = f.oid) AS functions,
            f.opfowner::regrole::text AS owner
        FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace
            JOIN pg_am a ON a.oid = f.opfmethod WHERE {mine("pg_opfamily", "f.oid")}""",
    "conversion": f"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(k.conname) AS name,
            concat_ws(' ', k.conforencoding, k.contoencoding, k.conproc, k.condefault)
                AS definition, k.conowner::regrole::text AS owner
        FROM pg_conversion k JOIN pg_namespace n ON n.oid = k.connamespace
        WHERE {mine("pg_conversion", "k.oid")}""",
    "text search configuration": f"""
        SELECT k.oid::regconfig::text AS name,
            (SELECT p.prsname FROM pg_ts_parser p WHERE p.oid = k.cfgparser) AS parser,
            (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapdict::regdictionary), ', '
                ORDER BY m.maptokentype, m.mapseqno)
                FROM pg_ts_config_map m WHERE m.mapcfg = k.oid) AS mapping,
            k.cfgowner::regrole::text AS owner
        FROM pg_ts_config k JOIN pg_namespace n ON n.oid = k.cfgnamespace
        WHERE {mine("pg_ts_config", "k.oid")}""",
    "text search dictionary": f"""
        SELECT d.oid::regdictionary::text AS name, d.dictinitoption AS options,
            (SELECT t.tmplname FROM pg_ts_template t WHERE t.oid = d.dicttemplate) AS template,
            d.dictowner::regrole::text AS owner
        FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
        WHERE {mine("pg_ts_dict", "d.oid")}""",
    "text search template": f"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(t.tmplname) AS name,
            concat_ws(' ', t.tmplinit, t.tmpllexize) AS functions
        FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
        WHERE {mine("pg_ts_template", "t.oid")}""",
    "text search parser": f"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(p.prsname) AS name,
            concat_ws(' ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype)
                AS functions
        FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
        WHERE {mine("pg_ts_parser", "p.oid")}""",
    "access method": """
        SELECT quote_ident(a.amname) AS name, a.amhandler::text AS handler, a.amtype::text AS type
        FROM pg_am a WHERE a.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e
            WHERE e.classid = 'pg_am'::regclass AND e.objid = a.oid AND e.deptype = 'e')""",
    "transform": """
        SELECT format_type(t.trftype, NULL) || ' for ' || l.lanname AS name,
            concat_ws(' ', t.trffromsql, t.trftosql) AS functions
        FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
        WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_transform'::regclass
            AND e.objid = t.oid AND e.deptype = 'e')""",
    "dependency": """
        SELECT i.type || ' ' || i.identity || ' on ' || r.identity AS name, 'exists' AS dependency
        FROM pg_depend d
            CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
            CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) r
        WHERE d.deptype = 'x'""",
    "foreign data wrapper": f"""
        SELECT quote_ident(w.fdwname) AS name, array_to_string(w.fdwoptions, ', ') AS options,
            concat_ws(' ', w.fdwhandler::regproc, w.fdwvalidator::regproc) AS functions,
            w.fdwowner::regrole::text AS owner, {grants("w.fdwacl", "F", "w.fdwowner")} AS grants
        FROM pg_foreign_data_wrapper w""",
    "foreign server": f"""
        SELECT quote_ident(s.srvname) AS name, array_to_string(s.srvoptions, ', ') AS options,
            concat_ws(' ', s.srvtype, s.srvversion) AS version,
            (SELECT w.fdwname FROM pg_foreign_data_wrapper w WHERE w.oid = s.srvfdw) AS wrapper,
            s.srvowner::regrole::text AS owner, {grants("s.srvacl", "S", "s.srvowner")} AS grants
        FROM pg_foreign_server s""",
    "user mapping": """
        SELECT m.usename || ' on ' || m.srvname AS name, 'exists' AS mapping
        FROM pg_user_mappings m""",
    "language": f"""
        SELECT quote_ident(l.lanname) AS name, l.lanpltrusted::text AS trusted,
            {grants("l.lanacl", "l", "l.lanowner")} AS grants
        FROM pg_language l WHERE l.lanispl""",
    "cast": """
        SELECT format_type(k.castsource, NULL) || ' as ' || format_type(k.casttarget, NULL)
                AS name,
            concat_ws(' ', k.castcontext, k.castmethod, nullif(k.castfunc, 0)::regprocedure)
                AS definition
        FROM pg_cast k WHERE k.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e
            WHERE e.classid = 'pg_cast'::regclass AND e.objid = k.oid AND e.deptype = 'e')""",
    "large object": """
        SELECT m.oid::text AS name, m.lomowner::regrole::text AS owner,
            m.lomacl::text AS grants FROM pg_largeobject_metadata m""",
    "setting": """
        SELECT coalesce(nullif(s.setrole, 0)::regrole::text, 'every role') || ' in '
                || CASE WHEN s.setdatabase = 0 THEN 'every database' ELSE 'this database' END
                AS name,
            array_to_string(s.setconfig, ', ') AS values
        FROM pg_db_role_setting s WHERE s.setdatabase IN
            (0, (SELECT oid FROM pg_database WHERE datname = current_database()))""",
    "security label": """
        SELECT i.type || ' ' || i.identity || ' by ' || l.provider AS name, l.label AS label
        FROM pg_seclabel l
            CROSS JOIN LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) i""",
    "comment": """
        SELECT i.type || ' ' || i.identity AS name, d.description AS text
        FROM pg_description d
            CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
        WHERE d.objoid >= 16384 OR d.classoid = 'pg_extension'::regclass
            OR (d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace)""",
}

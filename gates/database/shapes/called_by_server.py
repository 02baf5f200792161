"""Functions of a module that the server calls as the owner of a table, whoever is logged in.

ANALYZE, REINDEX and REFRESH evaluate expressions of indexes, statistics and materialized views,
and what the types in them check or measure. And the server follows a foreign key (ON UPDATE
CASCADE, SET NULL, SET DEFAULT) as the owner of the referring table, past forced row security, with
that table's triggers, defaults and CHECK constraints (`ri_PerformCheck` in ri_triggers.c).
"""

# ruff: noqa: S608 - fixed text only
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.database.shapes.deviation import Definitions, Deviation

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_OWN = """
    own AS (
        SELECT p.oid, p.proname, p.oid::regprocedure::text AS shown FROM pg_proc p
        WHERE p.proowner = %(owner)s::regrole AND NOT EXISTS (SELECT FROM pg_depend e
            WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')),
    needs AS (
        SELECT d.classid, d.objid, d.objsubid, o.shown, o.proname FROM pg_depend d
            JOIN own o ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = o.oid)"""
_MAINTAINED = f"""
    WITH RECURSIVE {_OWN},
    kept(view, relation) AS (
        SELECT oid, oid FROM pg_class
        WHERE relkind = 'm' AND relowner = %(owner)s::regrole
        UNION
        SELECT k.view, d.refobjid FROM kept k JOIN pg_rewrite r ON r.ev_class = k.relation
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_class'::regclass)
    SELECT pg_describe_object(n.classid, n.objid, 0), n.proname, n.shown, coalesce(c.relname,
        k.conname, s.stxname, t.typname), concat_ws(E'\\n', pg_get_indexdef(c.oid),
        pg_get_constraintdef(k.oid), pg_get_statisticsobjdef(s.oid))
    FROM needs n
        LEFT JOIN pg_class c ON n.classid = 'pg_class'::regclass AND c.oid = n.objid
            AND c.relkind IN ('i', 'I')
        LEFT JOIN pg_constraint k ON n.classid = 'pg_constraint'::regclass AND k.oid = n.objid
            AND k.contypid <> 0
        LEFT JOIN pg_statistic_ext s ON n.classid = 'pg_statistic_ext'::regclass
            AND s.oid = n.objid
        LEFT JOIN pg_type t ON n.classid = 'pg_type'::regclass AND t.oid = n.objid
    WHERE coalesce(c.oid, k.oid, s.oid, t.oid) IS NOT NULL
    UNION
    SELECT pg_describe_object('pg_class'::regclass, k.view, 0), n.proname, n.shown, v.relname,
        pg_get_viewdef(k.view)
    FROM kept k JOIN pg_class v ON v.oid = k.view JOIN pg_rewrite r ON r.ev_class = k.relation
        JOIN needs n ON n.classid = 'pg_rewrite'::regclass AND n.objid = r.oid
    ORDER BY 1, 3"""
_FOLLOWED = f"""
    WITH {_OWN}
    SELECT DISTINCT pg_describe_object('pg_constraint'::regclass, k.oid, 0), o.proname, o.shown,
        k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid CROSS JOIN own o
    WHERE k.contype = 'f' AND k.confupdtype IN ('c', 'n', 'd')
        AND c.relowner = %(owner)s::regrole
        AND (EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = o.oid
                AND NOT t.tgisinternal AND t.tgtype & 16 > 0)
            OR EXISTS (SELECT FROM needs n LEFT JOIN pg_attrdef a
                    ON n.classid = 'pg_attrdef'::regclass AND a.oid = n.objid
                LEFT JOIN pg_constraint x
                    ON n.classid = 'pg_constraint'::regclass AND x.oid = n.objid
                WHERE n.shown = o.shown AND coalesce(a.adrelid, x.conrelid) = c.oid))
    ORDER BY 1, 3"""
_WRITE_OUT = "use functions of PostgreSQL's own there, or keep the value in a column"
_NO_ACTION = (
    "leave ON UPDATE out (keys that others refer to do not change), or the table's own functions"
)


def called_by_server(admin: Session, owner: str, definitions: Definitions) -> Iterator[Deviation]:
    """What of the role `owner` makes the server call its functions as the owner. Names are printed
    with their schema: run it with an empty search_path."""
    given = {"owner": owner}
    for query, when, fix in (
        (_MAINTAINED, "ANALYZE, REINDEX or REFRESH runs as the owner of the table", _WRITE_OUT),
        (_FOLLOWED, "a change of the key that it refers to runs as the owner of the table",
         _NO_ACTION),
    ):  # fmt: skip
        for label, function, shown, name, definition in admin.execute(query, given).fetchall():
            yield Deviation(
                label, name, f"calls {shown}, which {when}", fix,
                definitions.around(f"{label}\n{definition}\n-- calls {function}"),
            )  # fmt: skip

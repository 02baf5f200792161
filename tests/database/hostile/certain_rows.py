"""What leaks only where rows are of a certain kind: equal to another tenant's, of one state, older,
linked by a value; and right modules that look like it."""

from __future__ import annotations

from tests.database.corpus.shape import table
from tests.database.hostile.behind import GIVES, ISOLATION
from tests.database.hostile.conditions import DOC, STATUS, TAGS, column
from tests.database.hostile.shape import MINE, OWN, Hostile, P, T, block, function, trigger

SHOWS = "shows one tenant the rows of another"


def keyed(name: str, columns: str, key: str) -> str:
    """A table with a key of the tenant's own."""
    return table(name, columns, f"CREATE UNIQUE INDEX IF NOT EXISTS {P}{name}_key ON {P}{name}"
                 f" (tenant_id{key});")  # fmt: skip


RATES = keyed("rates", "code text NOT NULL, factor int NOT NULL DEFAULT 1, kind text NOT NULL"
              " DEFAULT 'std' CHECK (kind IN ('std', 'vip')),", ", code")  # fmt: skip
RATED = RATES + column("rate int")
ONE_ROW = keyed("conf", "theme text NOT NULL DEFAULT 'dark', colour text,", "")
TOTALS = keyed("totals", "code text NOT NULL, n int NOT NULL DEFAULT 0,", ", code")


def view(query: str, how: str = "") -> str:
    return (
        f"CREATE OR REPLACE VIEW {P}shown {how} AS {query};"
        f"GRANT SELECT ON {P}shown TO tenant_app_role;\n"
    )


def definer(returns: str, query: str) -> str:
    """A function with its owner's rights."""
    return (
        f"CREATE OR REPLACE FUNCTION sample_module_shown() RETURNS {returns} LANGUAGE sql STABLE"
        f" SECURITY DEFINER SET search_path = '' AS $f$ {query} $f$;"
        "GRANT EXECUTE ON FUNCTION sample_module_shown() TO tenant_app_role;\n"
    )


CERTAIN_ROWS = (
    # views and functions with their owner's rights
    Hostile("view-of-a-state", "shows what is published", ISOLATION, SHOWS,
            STATUS + view(f"SELECT id, title FROM {T} WHERE {OWN} OR status = 'published'")),
    Hostile("view-of-equal-titles", "tells what others have too", ISOLATION, SHOWS,
            view(f"SELECT title FROM {T} GROUP BY title HAVING count(DISTINCT tenant_id) > 1")),
    Hostile("view-that-ranks", "ranks among the rows of all", ISOLATION, SHOWS,
            view("SELECT * FROM (SELECT tenant_id, rank() OVER (PARTITION BY title ORDER BY id) AS"
                 f" r FROM {T}) x WHERE {OWN}")),
    Hostile("view-that-joins-by-a-code", "takes anybody's factor", ISOLATION, SHOWS,
            RATES + view(f"SELECT n.title, r.factor FROM {T} n JOIN {P}rates r ON r.code = n.title"
                         f" WHERE n.{OWN}")),
    Hostile("materialized-view-of-some", "keeps what is public", ISOLATION, SHOWS,
            f"CREATE MATERIALIZED VIEW IF NOT EXISTS {P}kept AS SELECT title, count(*) FROM {T}"
            f" WHERE title LIKE 'pub%' GROUP BY title; GRANT SELECT ON {P}kept TO"
            " tenant_app_role;"),
    Hostile("definer-that-ranks", "counts the titles before its own", ISOLATION, SHOWS,
            definer("bigint", "SELECT max(r) FROM (SELECT tenant_id, dense_rank() OVER (ORDER BY"
                    f" title) AS r FROM public.{T}) x WHERE {OWN}")),
    # triggers where the platform writes
    Hostile("trigger-counts-equals", "numbers among the titles of all", ISOLATION,
            "acts on every INSERT",
            trigger("dup", "BEFORE INSERT", f"SELECT count(*) INTO NEW.version FROM public.{T} n"
                    " WHERE n.title = NEW.title; RETURN NEW;")),
    Hostile("trigger-for-a-state", "spreads a title to all of a state", ISOLATION,
            "acts on every UPDATE",
            STATUS + trigger("vip", "AFTER UPDATE", f"IF NEW.status = 'vip' THEN UPDATE public.{T}"
                             " SET title = NEW.title WHERE status = 'vip' AND title <> NEW.title;"
                             " END IF; RETURN NULL;")),
    # migrations
    Hostile("equals-at-one-time", "ranks equal titles by time", ISOLATION, GIVES,
            f"UPDATE {T} n SET version = x.r FROM (SELECT id, tenant_id, rank() OVER (PARTITION BY"
            f" title ORDER BY created_at) AS r FROM {T}) x WHERE x.id = n.id AND x.tenant_id ="
            " n.tenant_id;"),
    Hostile("equals-under-a-key", "keeps the last of equal codes, whoever's", ISOLATION, GIVES,
            RATES + f"DELETE FROM {P}rates a USING {P}rates b WHERE a.code = b.code"
            " AND a.id < b.id;"),
    Hostile("equals-of-one-row-each", "keeps the first of equal colours", ISOLATION, GIVES,
            ONE_ROW + f"DELETE FROM {P}conf a USING {P}conf b WHERE a.colour = b.colour"
            " AND a.id > b.id;"),
    Hostile("equal-keys-of-documents", "takes the title of what has its reference", ISOLATION,
            GIVES,
            DOC + f"UPDATE {T} a SET title = b.title FROM {T} b WHERE a.doc ->> 'ref' = b.doc ->>"
            " 'ref' AND a.id < b.id;"),
    Hostile("equal-to-an-expression", "takes the factor of a code made of its title", ISOLATION,
            GIVES,
            RATED + f"UPDATE {T} n SET rate = r.factor FROM {P}rates r WHERE r.code = 'note-' ||"
            " n.title;"),
    Hostile("equal-to-an-item", "marks what has a tag that is anybody's code", ISOLATION, GIVES,
            TAGS + RATED + f"UPDATE {T} n SET rate = 2 WHERE EXISTS (SELECT FROM {P}rates r WHERE"
            " r.code = ANY (n.tags));"),
    Hostile("parent-by-title", "takes the version of anybody's parent", ISOLATION, GIVES,
            column("parent_title text") + f"UPDATE {T} c SET version = p.version + 1 FROM {T} p"
            " WHERE p.title = c.parent_title;"),
    Hostile("fails-for-two", "its subquery gives a row of each", ISOLATION,
            "though it runs over the rows of each of two tenants alone",
            column("rate int") + keyed("tariffs", "n int NOT NULL DEFAULT 5,", "")
            + f"UPDATE {T} SET rate = 1 WHERE (SELECT n FROM {P}tariffs WHERE tenant_id IN"
            f" (SELECT o.tenant_id FROM {T} o WHERE o.title = {T}.title)) > 9;"),
)  # fmt: skip
MORE_CERTAIN_ROWS = (
    Hostile("view-of-old-rows", "shows what is old", ISOLATION, SHOWS,
            view(f"SELECT title FROM {T} WHERE created_at < '2021-01-01'")),
    Hostile("view-of-the-first", "shows whose title came first", ISOLATION, SHOWS,
            view("SELECT * FROM (SELECT DISTINCT ON (title) tenant_id, title, version FROM"
                 f" {T} ORDER BY title, id) x WHERE {OWN}")),
    Hostile("definer-of-a-state", "shows what is published", ISOLATION, SHOWS,
            STATUS + definer("SETOF text", f"SELECT title FROM public.{T} WHERE {OWN} OR status"
                             " = 'published'")),
    Hostile("definer-of-the-like", "shows titles like its own", ISOLATION, SHOWS,
            definer("SETOF text", f"SELECT o.title FROM public.{T} n JOIN public.{T} o ON"
                    " lower(o.title) = lower(n.title) AND o.id <> n.id"
                    f" WHERE n.tenant_id = {MINE}")),
    Hostile("trigger-takes-children", "a purge takes anybody's rates", ISOLATION,
            "acts on every DELETE",
            RATES + trigger("gone", "AFTER DELETE", f"DELETE FROM public.{P}rates WHERE code ="
                            " OLD.title; RETURN NULL;")),
    Hostile("trigger-counts-for-all", "counts in anybody's row", ISOLATION,
            "acts on every INSERT",
            TOTALS + trigger("count", "AFTER INSERT", f"UPDATE public.{P}totals SET n = n + 1 WHERE"
                             f" code = NEW.title; IF NOT FOUND THEN INSERT INTO public.{P}totals"
                             " (tenant_id, code, n) VALUES (NEW.tenant_id, NEW.title, 1); END IF;"
                             " RETURN NULL;")),
    Hostile("generated-by-a-query", "counts equal titles of all", ISOLATION, "column same",
            function("same", f"RETURN (SELECT count(*) FROM public.{T} x WHERE x.title = t);",
                     "(t text) RETURNS bigint", "IMMUTABLE SET search_path = ''")
            + f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS same bigint"
            " GENERATED ALWAYS AS (sample_module_same(title)) STORED;"),
    Hostile("first-of-equal-titles", "the first of all has the title", ISOLATION, GIVES,
            RATES + f"INSERT INTO {P}rates (tenant_id, code) SELECT DISTINCT ON (title) tenant_id,"
            f" title FROM {T} ORDER BY title, id ON CONFLICT DO NOTHING;"),
    Hostile("grouped-by-title", "counts equal titles of all", ISOLATION, GIVES,
            RATED + f"UPDATE {T} n SET rate = g.n FROM (SELECT title, count(*) AS n FROM {T}"
            " GROUP BY title) g WHERE g.title = n.title;"),
    Hostile("merged-by-title", "takes anybody's factor", ISOLATION, GIVES,
            RATED + f"MERGE INTO {T} n USING {P}rates r ON r.code = n.title WHEN MATCHED THEN"
            " UPDATE SET rate = r.factor;"),
    Hostile("small-letters", "takes anybody's factor", ISOLATION, GIVES,
            RATED + f"UPDATE {T} n SET rate = r.factor FROM {P}rates r WHERE lower(r.code) ="
            " lower(n.title);"),
    Hostile("what-nobody-has", "keeps rates of which anybody has a title", ISOLATION, GIVES,
            RATES + f"DELETE FROM {P}rates r WHERE NOT EXISTS (SELECT FROM {T} n WHERE n.title ="
            " r.code);"),
    Hostile("first-value-of-all", "takes the first title of a version", ISOLATION, GIVES,
            f"UPDATE {T} n SET title = x.f FROM (SELECT id, tenant_id, first_value(title) OVER"
            f" (PARTITION BY version ORDER BY id) AS f FROM {T}) x WHERE x.id = n.id AND"
            " x.tenant_id = n.tenant_id;"),
    Hostile("loop-over-codes", "takes anybody's factor", ISOLATION, GIVES,
            RATED + block(f"FOR r IN SELECT * FROM public.{P}rates LOOP UPDATE public.{T} SET rate"
                          " = r.factor WHERE title = r.code; END LOOP;", "DECLARE r record;")),
    Hostile("for-one-title", "takes the highest factor of a kind", ISOLATION, GIVES,
            RATED + f"UPDATE {T} n SET rate = (SELECT max(factor) FROM {P}rates r WHERE r.kind ="
            " 'vip') WHERE n.title = 'vip';"),
)  # fmt: skip
"""More of the same kinds, which the corpus alone tries."""

OWN_ROWS = {
    "views": (
        RATES + STATUS
        + view("SELECT n.title, r.factor, rank() OVER (PARTITION BY n.tenant_id, n.title ORDER BY"
               f" n.id) FROM {T} n JOIN {P}rates r ON r.code = n.title AND r.tenant_id ="
               " n.tenant_id", "WITH (security_invoker = true)")
        + view(f"SELECT id, title FROM {T} WHERE {OWN} AND status = 'published'").replace(
            f"{P}shown", f"{P}own")
        + definer("SETOF text", f"SELECT DISTINCT ON (title) title FROM public.{T} WHERE {OWN} AND"
                  " (status = 'published' OR title LIKE 'pub%')")
    ),
    "triggers": (
        TOTALS + STATUS
        + trigger("count", "AFTER INSERT", f"INSERT INTO public.{P}totals (tenant_id, code, n)"
                  " VALUES (NEW.tenant_id, NEW.title, 1) ON CONFLICT (tenant_id, code) DO UPDATE"
                  f" SET n = {P}totals.n + 1; RETURN NULL;")
        + trigger("dup", "BEFORE INSERT", f"SELECT count(*) INTO NEW.version FROM public.{T} n"
                  " WHERE n.title = NEW.title AND n.tenant_id = NEW.tenant_id; RETURN NEW;")
        + trigger("vip", "AFTER UPDATE", f"IF NEW.status = 'vip' THEN UPDATE public.{T} SET title"
                  " = NEW.title WHERE status = 'vip' AND title <> NEW.title AND tenant_id ="
                  " NEW.tenant_id; END IF; RETURN NULL;")
    ),
    "a-trigger-that-refuses": trigger(
        "taken", "BEFORE INSERT", f"IF EXISTS (SELECT FROM public.{T} n WHERE n.title = NEW.title"
        " AND n.tenant_id = NEW.tenant_id) THEN RAISE EXCEPTION 'taken'; END IF; RETURN NEW;"),
    "statements-by-tenant": (
        RATED
        + f"DELETE FROM {T} a USING {T} b WHERE a.title = b.title AND a.tenant_id = b.tenant_id"
        " AND a.id < b.id;"
        + f"UPDATE {T} n SET version = x.r FROM (SELECT id, tenant_id, row_number() OVER (PARTITION"
        f" BY tenant_id, title ORDER BY id) AS r FROM {T}) x WHERE x.id = n.id AND x.tenant_id ="
        " n.tenant_id;"
        + f"INSERT INTO {P}rates (tenant_id, code) SELECT DISTINCT ON (tenant_id, title) tenant_id,"
        f" title FROM {T} ORDER BY tenant_id, title, id ON CONFLICT DO NOTHING;"
        + f"UPDATE {T} n SET rate = (SELECT r.factor FROM {P}rates r WHERE r.code = n.title AND"
        " r.tenant_id = n.tenant_id);"
        + f"DELETE FROM {P}rates r WHERE NOT EXISTS (SELECT FROM {T} n WHERE n.title = r.code AND"
        " n.tenant_id = r.tenant_id);"
    ),
    "a-key-that-statements-meet": (
        RATES + f"UPDATE {P}rates SET code = upper(code) WHERE code <> upper(code);"
    ),
    "one-row-for-each-tenant": (
        ONE_ROW + f"UPDATE {P}conf SET theme = colour WHERE colour IS NOT NULL;"
        f"INSERT INTO {P}conf (tenant_id, theme) SELECT DISTINCT tenant_id, 'light' FROM {T}"
        " ON CONFLICT (tenant_id) DO NOTHING;"
    ),
    "a-cast-of-some-titles": (
        column("n int") + f"UPDATE {T} SET n = title::int WHERE title ~ '^[0-9]{{1,9}}$';"
    ),
    "a-key-of-few-values": (
        keyed("channels", "kind text NOT NULL CHECK (kind IN ('mail', 'sms')), used boolean NOT"
              " NULL DEFAULT true,", ", kind")
        + f"UPDATE {P}channels SET used = false WHERE kind = 'sms';"
    ),
    "a-path-that-begins-with-the-tenant": (
        column("path text")
        + f"ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {P}path;"
        f"ALTER TABLE {T} ADD CONSTRAINT {P}path CHECK (path LIKE tenant_id::text || '/%');"
        f"UPDATE {T} SET path = tenant_id::text || '/' || id WHERE path IS NULL;"
    ),
    "numbers-for-each-tenant": (
        TOTALS + column("number bigint")
        + trigger("number", "BEFORE INSERT", f"INSERT INTO public.{P}totals AS t (tenant_id, code,"
                  " n) VALUES (NEW.tenant_id, 'note', 1) ON CONFLICT (tenant_id, code) DO UPDATE"
                  " SET n = t.n + 1 RETURNING n INTO NEW.number; RETURN NEW;")
    ),
    "states-that-a-trigger-guards": (
        STATUS + trigger("state", "BEFORE UPDATE", "IF OLD.status = 'done' AND NEW.status <> 'done'"
                         " THEN RAISE EXCEPTION 'no way back' USING ERRCODE = '23514'; END IF;"
                         " IF NEW.status = 'done' THEN NEW.version := OLD.version + 1; END IF;"
                         " RETURN NEW;")
    ),
    "a-key-of-a-generated-column": (
        column("slug text GENERATED ALWAYS AS (lower(title)) STORED")
        + f"CREATE UNIQUE INDEX IF NOT EXISTS {P}slug ON {T} (tenant_id, slug, id);"
    ),
    "a-rule-that-a-statement-prepares": (
        STATUS + f"UPDATE {T} SET status = 'draft' WHERE status NOT IN ('draft', 'done');"
        f"ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {P}states;"
        f"ALTER TABLE {T} ADD CONSTRAINT {P}states CHECK (status IN ('draft', 'done'));"
    ),
}  # fmt: skip
"""The same done right."""

"""What SQL files do to rows while something is not there yet, or no longer, and in hooks."""

from __future__ import annotations

from tests.database.corpus.shape import table
from tests.database.hostile.behind import GIVES, ISOLATION
from tests.database.hostile.shape import LOOT, TAKE, Hostile, P, T, block, function, trigger

LATER = (
    f"CREATE TABLE IF NOT EXISTS {P}later (tenant_id uuid);"
    f"ALTER TABLE {P}later ENABLE ROW LEVEL SECURITY;"
)
SPREAD = f"{TAKE} SELECT t.id, n.title FROM public.tenants t, public.{T} n;"
FILE = "this file gives one tenant"
NOT_YET = f"to_regclass('public.{P}later') IS NULL"
EVERYBODY = "(SELECT string_agg(n.title, ',') FROM public." + T + " n)"

FILES = (
    Hostile("block-before-a-table", "copies until a later statement", ISOLATION, FILE,
            LOOT + block(f"IF {NOT_YET} THEN {SPREAD} END IF;") + LATER),
    Hostile("trigger-before-a-table", "its trigger copies until a later statement", ISOLATION,
            FILE,
            LOOT + trigger("last", "AFTER UPDATE", f"IF {NOT_YET} THEN {TAKE} SELECT NEW.tenant_id,"
                           f" n.title FROM public.{T} n; END IF; RETURN NULL;")
            + f"UPDATE {T} SET title = title || '.' WHERE title NOT LIKE '%.';" + LATER),
    Hostile("default-for-old-rows", "each row gets the titles of all", ISOLATION, FILE,
            function("all", f"RETURN {EVERYBODY};", "() RETURNS text")
            + f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS seen text DEFAULT sample_module_all();"
            f"ALTER TABLE {T} ALTER COLUMN seen DROP DEFAULT;"
            "DROP FUNCTION sample_module_all();"),
    Hostile("default-for-the-platform", "a job's row gets the titles of all", ISOLATION,
            "column seen",
            function("all", f"RETURN {EVERYBODY};", "() RETURNS text")
            + f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS seen text;"
            f"ALTER TABLE {T} ALTER COLUMN seen SET DEFAULT sample_module_all();"),
    Hostile("hook-copies-rows", "gives everybody the rows of all", ISOLATION, GIVES, LOOT,
            hook=SPREAD),
    Hostile("hook-opens", "a first version's hook runs with an upgrade", "upgrade-and-back",
            "changes the schema", "SELECT 1;",
            hook=function("all", f"RETURN (SELECT count(*) FROM public.{T});",
                          "() RETURNS bigint")
            + "ALTER FUNCTION sample_module_all() SECURITY DEFINER;"
            f"GRANT DELETE ON {T} TO tenant_app_role;"),
    Hostile("rows-of-a-condition", "old notes get the titles of all", ISOLATION, GIVES,
            f"UPDATE {T} SET title = {EVERYBODY} WHERE title ~ '^legacy-[0-9]+$';"),
    Hostile("one-of-equal-titles", "keeps the last of equal notes, whoever's", ISOLATION, GIVES,
            f"DELETE FROM {T} a USING {T} b WHERE a.title = b.title AND a.id < b.id;"),
)  # fmt: skip
RATES = table("rates", "code text, factor int,") + (
    f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS rate int;"
)
SIBLINGS = (
    Hostile("function-that-is-dropped", "copies, and is gone", ISOLATION, GIVES,
            LOOT + function("copy", SPREAD) + "SELECT sample_module_copy();"
            "DROP FUNCTION sample_module_copy();"),
    Hostile("check-copies-for-the-platform", "a job's row takes the titles of all", ISOLATION,
            "constraint fine",
            LOOT + function("fine", f"{TAKE} SELECT t, n.title FROM public.{T} n; RETURN true;",
                            "(t uuid) RETURNS boolean")
            + block(f"ALTER TABLE {T} ADD CONSTRAINT fine CHECK (sample_module_fine(tenant_id))"
                    " NOT VALID; EXCEPTION WHEN duplicate_object THEN NULL;")),
    Hostile("insert-before-a-table", "copies until a later statement", ISOLATION, FILE,
            LOOT + SPREAD.replace(";", f" WHERE {NOT_YET};") + LATER),
    Hostile("block-before-a-comment", "copies until a later statement", ISOLATION, FILE,
            LOOT + block(f"IF obj_description('{T}'::regclass) IS NULL THEN {SPREAD} END IF;")
            + f"COMMENT ON TABLE {T} IS 'notes';"),
    Hostile("type-by-function", "each row gets the titles of all", ISOLATION, FILE,
            function("all", "RETURN (SELECT string_agg(p.email, ',') FROM public.profiles p);",
                     "(t text) RETURNS text")
            + f"ALTER TABLE {T} ALTER COLUMN title TYPE text USING sample_module_all(title);"
            "DROP FUNCTION sample_module_all(text);"),
    Hostile("hook-copies-in-a-block", "gives everybody the rows of all", ISOLATION, GIVES, LOOT,
            hook=block(f"IF now() > '2020-01-01' THEN {SPREAD} END IF;")),
    Hostile("numbered-equal-titles", "keeps the first of equal notes, whoever's", ISOLATION, GIVES,
            f"DELETE FROM {T} WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION"
            f" BY title ORDER BY id) AS n FROM {T}) x WHERE n > 1);"),
    Hostile("join-without-tenant", "takes the rate of anybody's code", ISOLATION, GIVES,
            RATES + f"UPDATE {T} n SET rate = r.factor FROM {P}rates r WHERE r.code = n.title;"),
    Hostile("subquery-without-tenant", "takes the rate of anybody's code", ISOLATION, GIVES,
            RATES + f"UPDATE {T} n SET rate = (SELECT r.factor FROM {P}rates r"
            " WHERE r.code = n.title);"),
    Hostile("in-without-tenant", "marks what anybody has a code for", ISOLATION, GIVES,
            RATES + f"UPDATE {T} SET version = 9 WHERE title IN (SELECT code FROM {P}rates);"),
    Hostile("condition-in-a-block", "a title of all where a later table is not there", ISOLATION,
            FILE, block(f"IF {NOT_YET} THEN UPDATE {T} SET title = {EVERYBODY}"
                        " WHERE title = 'legacy'; END IF;") + LATER),
    Hostile("column-with-a-default", "counts the rows of all", ISOLATION, GIVES,
            f"UPDATE {T} SET version = (SELECT count(*) FROM {T});"),
    Hostile("purge-takes-more", "a purge takes everybody's notes of a title", ISOLATION,
            "acts on every DELETE",
            trigger("gone", "AFTER DELETE", f"DELETE FROM public.{T} WHERE title = OLD.title;"
                    " RETURN NULL;")),
    Hostile("counts-for-all", "one tenant's notes raise the counter of another", ISOLATION,
            "acts on every INSERT",
            table("counts", "n bigint NOT NULL DEFAULT 0,")
            + trigger("count", "AFTER INSERT", f"UPDATE public.{P}counts SET n = n + 1;"
                      " RETURN NULL;")),
)  # fmt: skip
"""More of the same kinds, which the corpus alone tries: each costs a second or two."""

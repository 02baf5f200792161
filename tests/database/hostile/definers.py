"""Functions with their owner's rights that do something to certain rows only, or when they are
called in a certain way; and right ones that look like them."""

from __future__ import annotations

from tests.database.hostile.behind import GIVES, ISOLATION
from tests.database.hostile.certain_rows import RATES, SHOWS
from tests.database.hostile.conditions import STATUS
from tests.database.hostile.shape import LOOT, MINE, OWN, TAKE, Hostile, P, T, function

CHANGES = "lets one tenant change the rows of another"
GIVES_ONE = GIVES.removeprefix("this statement ")


def definer(body: str, head: str = "() RETURNS void") -> str:
    return function("act", body, head, "SECURITY DEFINER SET search_path = ''") + (
        f"GRANT EXECUTE ON FUNCTION sample_module_act{head.partition(' RETURNS')[0]}"
        " TO tenant_app_role;\n"
    )


DEFINERS = (
    Hostile("definer-changes-a-state", "changes what is archived", ISOLATION, CHANGES,
            STATUS + definer(f"UPDATE public.{T} SET title = 'gone' WHERE status = 'archived';")),
    Hostile("definer-deletes-old-rows", "takes out what is old", ISOLATION, CHANGES,
            definer(f"DELETE FROM public.{T} WHERE created_at < '2020-01-01';")),
    Hostile("definer-changes-equal-titles", "counts in anybody's equal titles", ISOLATION, CHANGES,
            definer(f"UPDATE public.{T} SET version = version + 1 WHERE title IN (SELECT title"
                    f" FROM public.{T} WHERE {OWN});")),
    Hostile("definer-deletes-by-a-code", "takes out anybody's rates of a title", ISOLATION,
            CHANGES,
            RATES + definer(f"DELETE FROM public.{P}rates WHERE code IN (SELECT title FROM"
                            f" public.{T} WHERE {OWN});")),
    Hostile("definer-takes-a-state", "copies what is vip to the caller", ISOLATION, GIVES_ONE,
            STATUS + LOOT + definer(f"{TAKE} SELECT {MINE}, title FROM public.{T}"
                                    " WHERE status = 'vip';")),
    Hostile("definer-fails-for-a-state", "tells by an error what others have", ISOLATION, SHOWS,
            STATUS + definer(f"IF EXISTS (SELECT FROM public.{T} WHERE status = 'vip' AND tenant_id"
                             f" <> {MINE}) THEN RAISE EXCEPTION 'taken'; END IF;")),
    Hostile("definer-asked-in-one-way", "shows a state to who gives no text", ISOLATION, SHOWS,
            STATUS + definer(f"RETURN QUERY SELECT n.title FROM public.{T} n WHERE n.status = 'vip'"
                             " AND c IS NULL;",
                             "(a uuid, b uuid, c text) RETURNS SETOF text")),
)  # fmt: skip

OWN_DEFINERS = {
    "a-definer-for-a-state": STATUS + RATES + LOOT + definer(
        f"UPDATE public.{T} SET title = 'gone' WHERE status = 'archived' AND {OWN};"
        f"DELETE FROM public.{T} WHERE created_at < '2020-01-01' AND {OWN};"
        f"UPDATE public.{T} SET version = version + 1 WHERE {OWN} AND title IN (SELECT title"
        f" FROM public.{T} WHERE {OWN});"
        f"DELETE FROM public.{P}rates WHERE {OWN} AND code IN (SELECT title FROM"
        f" public.{T} WHERE {OWN});"
        f"{TAKE} SELECT {MINE}, title FROM public.{T} WHERE status = 'vip' AND {OWN};"
    ),
    "a-definer-that-refuses": STATUS + definer(
        f"IF EXISTS (SELECT FROM public.{T} WHERE status = 'vip' AND {OWN})"
        " THEN RAISE EXCEPTION 'taken'; END IF;"
    ),
    "a-definer-that-writes-the-time": LOOT + definer(
        f"{TAKE} SELECT {MINE}, clock_timestamp()::text || gen_random_uuid();"
        f"UPDATE public.{T} SET title = gen_random_uuid()::text WHERE {OWN} AND title LIKE 'x%';"
    ),
    "a-definer-of-many-arguments": STATUS + definer(
        f"RETURN QUERY SELECT n.title FROM public.{T} n WHERE n.status = c AND n.{OWN}"
        " AND (n.id IN (a, b) OR n.version > d OR e);",
        "(a uuid, b uuid, c text, d int, e boolean) RETURNS SETOF text"),
}  # fmt: skip
"""The same done right."""

"""Triggers that refuse a write because of what another tenant has: their error tells of it; and
right ones that refuse."""

from __future__ import annotations

from tests.database.hostile.behind import ISOLATION
from tests.database.hostile.conditions import STATUS
from tests.database.hostile.shape import Hostile, T, trigger

TIES = "though it runs over the rows of each of two tenants alone"
REFUSING = (
    Hostile("trigger-refuses-a-title", "no two tenants have a title", ISOLATION, TIES,
            trigger("taken", "BEFORE INSERT", f"IF EXISTS (SELECT FROM public.{T} n WHERE n.title ="
                    " NEW.title) THEN RAISE EXCEPTION 'taken'; END IF; RETURN NEW;")),
    Hostile("trigger-refuses-like-a-key", "the same, with the error of a key", ISOLATION, TIES,
            trigger("taken", "BEFORE INSERT", f"IF EXISTS (SELECT FROM public.{T} n WHERE n.title ="
                    " NEW.title AND n.tenant_id <> NEW.tenant_id) THEN RAISE unique_violation"
                    " USING CONSTRAINT = 'title_key'; END IF; RETURN NEW;")),
    Hostile("trigger-refuses-for-a-state", "tells whether another has a state", ISOLATION, TIES,
            STATUS + trigger("one", "BEFORE UPDATE", f"IF EXISTS (SELECT FROM public.{T} n WHERE"
                             " n.status = 'vip' AND n.tenant_id <> NEW.tenant_id) THEN RAISE"
                             " EXCEPTION 'only one' USING ERRCODE = '23514'; END IF;"
                             " RETURN NEW;")),
    Hostile("trigger-asserts-for-all", "asserts that nobody has a title", ISOLATION, TIES,
            trigger("sure", "BEFORE INSERT", f"ASSERT NOT EXISTS (SELECT FROM public.{T} n WHERE"
                    " n.title = NEW.title), 'taken'; RETURN NEW;")),
)  # fmt: skip

OWN_REFUSING = {
    "a-trigger-that-keeps-rows": trigger(
        "kept", "BEFORE DELETE", "RAISE EXCEPTION 'rows stay' USING ERRCODE = '23001';"),
    "a-trigger-that-refuses-like-a-key": trigger(
        "taken", "BEFORE INSERT", f"IF EXISTS (SELECT FROM public.{T} n WHERE n.title = NEW.title"
        " AND n.tenant_id = NEW.tenant_id) THEN RAISE unique_violation; END IF; RETURN NEW;"),
    "a-trigger-for-ones-own-state": STATUS + trigger(
        "one", "BEFORE UPDATE", f"IF EXISTS (SELECT FROM public.{T} n WHERE n.status = 'vip' AND"
        " n.tenant_id = NEW.tenant_id AND n.id <> NEW.id) THEN RAISE EXCEPTION 'only one'; END IF;"
        " RETURN NEW;"),
}  # fmt: skip
"""The same done right."""

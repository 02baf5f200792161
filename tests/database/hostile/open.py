"""What no check refuses as yet: each is a hole that is known."""

from __future__ import annotations

from tests.database.hostile.shape import LOOT, TAKE, Hostile, T, trigger

FORBIDDEN, ISOLATION = "migration-forbidden", "tenant-isolation"

OPEN = (
    # rows that the owner moves
    Hostile("migration-copies-platform", "gives everybody the users of all", FORBIDDEN, "profiles",
            LOOT + f"{TAKE} SELECT t.id, p.email FROM tenants t, profiles p;"),
    Hostile("migration-copies-rows", "gives everybody the rows of all", FORBIDDEN, "tenants",
            LOOT + f"{TAKE} SELECT t.id, n.title FROM tenants t, {T} n;"),
    Hostile("purge-fires-a-trigger", "the platform's purge copies rows", "owner-rights", "DELETE",
            LOOT + trigger("last", "AFTER DELETE",
                           f"{TAKE} SELECT OLD.tenant_id, n.title FROM public.{T} n;"
                           " RETURN OLD;")),
    Hostile("owner-fires-a-trigger", "a job of the platform copies rows", ISOLATION, "trigger",
            LOOT + trigger("spread", "AFTER UPDATE",
                           f"{TAKE} SELECT NEW.tenant_id, n.title FROM public.{T} n;"
                           " RETURN NULL;")),
)  # fmt: skip

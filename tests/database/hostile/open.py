"""What no check refuses as yet: each is a hole that is known."""

from __future__ import annotations

from tests.database.hostile.shape import LOOT, TAKE, Hostile, T, trigger

FORBIDDEN, ISOLATION = "migration-forbidden", "tenant-isolation"

OPEN = (
    Hostile("trigger-off-for-a-moment", "changes rows without a trace", FORBIDDEN,
            "DISABLE TRIGGER",
            f"ALTER TABLE {T} DISABLE TRIGGER {T}_audit; UPDATE {T} SET title = title || '.';"
            f"ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    # rows that the owner moves
    Hostile("migration-copies-platform", "gives everybody the users of all", FORBIDDEN, "profiles",
            LOOT + f"{TAKE} SELECT t.id, p.email FROM tenants t, profiles p;"),
    Hostile("migration-copies-rows", "gives everybody the rows of all", FORBIDDEN, "tenants",
            LOOT + f"{TAKE} SELECT t.id, n.title FROM tenants t, {T} n;"),
    Hostile("migration-moves-rows", "gives one tenant the rows of all", FORBIDDEN, "tenant_id",
            f"UPDATE {T} SET tenant_id = '6f1c1f0e-5f0b-4c55-9d5e-0a1b2c3d4e5f';"),
    Hostile("purge-fires-a-trigger", "the platform's purge copies rows", "owner-rights", "DELETE",
            LOOT + trigger("last", "AFTER DELETE",
                           f"{TAKE} SELECT OLD.tenant_id, n.title FROM public.{T} n;"
                           " RETURN OLD;")),
    Hostile("owner-fires-a-trigger", "a job of the platform copies rows", ISOLATION, "trigger",
            LOOT + trigger("spread", "AFTER UPDATE",
                           f"{TAKE} SELECT NEW.tenant_id, n.title FROM public.{T} n;"
                           " RETURN NULL;")),
)  # fmt: skip

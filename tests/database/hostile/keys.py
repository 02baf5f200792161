"""Keys, references and what follows them."""

from __future__ import annotations

from tests.database.corpus.shape import table
from tests.database.hostile.shape import LOOT, MINE, TAKE, Hostile, P, T, function, trigger

ISOLATION, RIGHTS = "tenant-isolation", "owner-rights"
PARENTS = table("parents", f"code int, CONSTRAINT {P}parents_code UNIQUE (tenant_id, code),")


def children(action: str, columns: str = "") -> str:
    return PARENTS + table(
        "children", f"code int, {columns} CONSTRAINT {P}children_code FOREIGN KEY (tenant_id, code)"
        f" REFERENCES {P}parents (tenant_id, code) {action},",
    )  # fmt: skip


KEYS = (
    Hostile("unique-across", "learns titles", ISOLATION, "spans tenants",
            f"CREATE UNIQUE INDEX IF NOT EXISTS {T}_title_key ON {T} (title);"),
    Hostile("unique-deferred", "learns titles at COMMIT", ISOLATION, "spans tenants",
            table("codes", f"code text, CONSTRAINT {P}codes_code UNIQUE (code) DEFERRABLE"
                  " INITIALLY DEFERRED,")),
    Hostile("unique-of-some-rows", "learns titles that begin so", ISOLATION, "code_key",
            table("codes", "code text,", f"CREATE UNIQUE INDEX IF NOT EXISTS {P}code_key ON"
                  f" {P}codes (code) WHERE code LIKE 'acct-%';")),
    Hostile("unique-by-expression", "learns titles that begin so", ISOLATION, "code_key",
            table("codes", "code text,", f"CREATE UNIQUE INDEX IF NOT EXISTS {P}code_key ON"
                  f" {P}codes ((CASE WHEN code LIKE 'acct-%' THEN code ELSE tenant_id::text || code"
                  " || id::text END));")),
    Hostile("exclusion-of-some-rows", "learns ranges that begin so", ISOLATION, "during_excl",
            table("slots", f"during int4range, CONSTRAINT {P}during_excl EXCLUDE USING gist"
                  " (during WITH &&) WHERE (lower(during) > 1000000),")),
    Hostile("reference-by-another-column", "refers to another tenant's row", ISOLATION,
            "spans tenants",
            table("parents", "partner uuid, code int,"
                  f" CONSTRAINT {P}parents_code UNIQUE (partner, code),")
            + table("links", f"code int, CONSTRAINT {P}links_code FOREIGN KEY (tenant_id, code)"
                    f" REFERENCES {P}parents (partner, code),")),
    Hostile("reference-without-tenant", "refers to another tenant's row", ISOLATION,
            "refers to a row of another tenant",
            table("parents", f"key uuid, CONSTRAINT {P}parents_key UNIQUE (key),")
            + table("links", f"key uuid REFERENCES {P}parents (key) ON DELETE SET NULL,")),
    # PostgreSQL follows references as the owner of the table, past forced row security.
    Hostile("cascade-fires-a-trigger", "a trigger runs as the owner", RIGHTS, "owner",
            LOOT + children("ON UPDATE CASCADE") + trigger(
                "spread", "AFTER UPDATE",
                f"{TAKE} SELECT NEW.tenant_id, n.title FROM public.{T} n; RETURN NULL;",
                f"{P}children")),
    Hostile("set-null-fires-a-trigger", "a trigger runs as the owner", RIGHTS, "owner",
            LOOT + children("ON UPDATE SET NULL") + trigger(
                "spread", "BEFORE UPDATE",
                f"{TAKE} SELECT NEW.tenant_id, n.title FROM public.{T} n; RETURN NEW;",
                f"{P}children")),
    Hostile("set-default-calls-a-function", "a default is made as the owner", RIGHTS, "owner",
            LOOT + function("next",
                            f"{TAKE} SELECT {MINE}, n.title FROM public.{T} n; RETURN NULL;",
                            "() RETURNS int")
            + children("ON UPDATE SET DEFAULT")
            + f"ALTER TABLE {P}children ALTER COLUMN code SET DEFAULT sample_module_next(),"
            f" ALTER COLUMN tenant_id SET DEFAULT {MINE};"),
    Hostile("cascade-checks", "a CHECK is made as the owner", RIGHTS, "owner",
            LOOT + function("fine", f"{TAKE} SELECT t, n.title FROM public.{T} n; RETURN true;",
                            "(t uuid) RETURNS boolean")
            + children("ON UPDATE CASCADE", "CHECK (sample_module_fine(tenant_id)),")),
)  # fmt: skip

"""What a hostile module is, and SQL that many of them share."""

from __future__ import annotations

from dataclasses import dataclass

from tests.database.conftest import HEAD, TABLE
from tests.database.corpus.shape import table

T, P = TABLE, "tenant_sample_module_"
MINE = "(auth.jwt() ->> 'tenant_id')::uuid"
OWN = f"tenant_id = {MINE}"
LOOT = table("loot", "what text,")
"""A table of the module's own, in which a session of a tenant finds what it should not know."""
TAKE = f"INSERT INTO public.{P}loot (tenant_id, what)"


@dataclass(frozen=True)
class Hostile:
    """One module."""

    name: str
    wants: str
    """What it is after, in a few words."""
    check: str
    """The id of the check that must refuse it."""
    says: str
    """A part of the finding's message, or of the reason why nothing could be said."""
    sql: str
    """The second migration, after its head."""
    rollback: str = "SELECT 1;"
    hook: str = ""
    """post_upgrade.sql, after its head."""

    @property
    def files(self) -> dict[str, str]:
        files = {"001_more.sql": HEAD + self.sql, "rollback/001_more.sql": HEAD + self.rollback}
        return {**files, **({"hooks/post_upgrade.sql": HEAD + self.hook} if self.hook else {})}


def function(
    name: str, body: str, head: str = "() RETURNS void", more: str = "SET search_path = ''"
) -> str:
    """A function in PL/pgSQL with the rights of its caller."""
    return (
        f"CREATE OR REPLACE FUNCTION sample_module_{name}{head} LANGUAGE plpgsql {more}"
        f" AS $f$ BEGIN {body} END $f$;\n"
    )


def trigger(name: str, when: str, body: str, on: str = T) -> str:
    """A trigger with a function of its own."""
    return function(name, body, "() RETURNS trigger") + (
        f"CREATE OR REPLACE TRIGGER {P}{name} {when} ON {on}"
        f" FOR EACH ROW EXECUTE FUNCTION sample_module_{name}();\n"
    )


def block(body: str, declare: str = "") -> str:
    return f"DO $d$ {declare} BEGIN {body} END $d$;\n"

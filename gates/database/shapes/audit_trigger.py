"""Audit triggers: each table has the platform's own, in its one form, enabled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.shapes.deviation import Definitions, Deviation
from gates.errors import CouldNotCheckError
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

FUNCTION = "audit_row_change"
"""The platform's trigger function, in the schema public (section 4 of the standard)."""
_LOG = "audit_logs"
_FORM = "AFTER INSERT OR UPDATE .. FOR EACH ROW without any condition"
_THERE = """
    SELECT EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('public.audit_row_change()')
        AND p.proowner <> %s::regrole)"""
# The bits of tgtype: src/include/catalog/pg_trigger.h; AFTER is the lack of BEFORE and INSTEAD.
_TRIGGERS = """
    SELECT t.tgrelid, t.tgname, pg_get_triggerdef(t.oid),
        t.tgfoid = to_regprocedure('public.audit_row_change()'),
        concat_ws(', ',
            CASE WHEN t.tgtype & 1 = 0 THEN 'is FOR EACH STATEMENT' END,
            CASE WHEN t.tgtype & 66 <> 0 THEN 'is not AFTER' END,
            CASE WHEN t.tgtype & 4 = 0 THEN 'leaves INSERT out' END,
            CASE WHEN t.tgtype & 16 = 0 THEN 'leaves UPDATE out' END,
            CASE WHEN t.tgtype & 40 <> 0 THEN 'fires on DELETE or TRUNCATE too' END,
            CASE WHEN t.tgqual IS NOT NULL THEN 'has a WHEN condition' END,
            CASE WHEN t.tgattr::text <> '' THEN 'fires for some columns alone' END,
            CASE WHEN t.tgnargs > 0 THEN 'gives the function arguments' END,
            CASE WHEN t.tgconstraint <> 0 THEN 'is a constraint trigger' END,
            CASE WHEN t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL
                THEN 'has transition tables' END),
        t.tgenabled IN ('O', 'A'), p.proname
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = ANY (%s::oid[]) AND t.tgconstrrelid = 0 ORDER BY 1, 2"""


@dataclass(frozen=True)
class Trigger:
    """One trigger of a table."""

    table: int
    name: str
    definition: str
    platform: bool
    """It calls the platform's function."""
    unlike: str
    """In what it is not AFTER INSERT OR UPDATE, for each row, with no WHEN, no columns and no
    arguments; "" where it is."""
    enabled: bool
    function: str

    @property
    def allowed(self) -> bool:
        """Whether it is the one form of the standard."""
        return self.platform and not self.unlike and self.enabled


@dataclass(frozen=True)
class Audited:
    """What audits one table: nothing, the platform's trigger, or something else."""

    table: Table
    deviation: Deviation | None = None
    """What is there instead of the platform's trigger; None with `missing`: nothing at all."""


def unlike_the_platforms(
    admin: Session, owner: str, tables: Sequence[Table], definitions: Definitions
) -> Iterator[Audited]:
    """The tables that the platform's trigger does not audit.

    Raises `CouldNotCheckError` where the platform's baseline has no `audit_row_change()`.
    """
    there = admin.execute(_THERE, (owner,)).fetchone()
    if not there or not there[0]:
        raise CouldNotCheckError(
            f"the platform baseline has no function public.{FUNCTION}(), which audits each table",
            hint="add it to database.baseline in gates-policy.toml",
        )
    rows = admin.execute(_TRIGGERS, ([table.oid for table in tables],)).fetchall()
    triggers = [Trigger(*row) for row in rows]
    for table in tables:
        own = [each for each in triggers if each.table == table.oid]
        if any(each.allowed for each in own):
            continue
        audits = [
            each for each in own
            if each.platform or _LOG in definitions.around(each.definition)
        ]  # fmt: skip
        yield Audited(table, _deviation(table, audits, definitions) if audits else None)


def _deviation(table: Table, audits: Sequence[Trigger], definitions: Definitions) -> Deviation:
    first = audits[0]
    if not first.platform:
        sentence = f"calls {first.function}() and not the platform's {FUNCTION}()"
    elif first.unlike:
        sentence = f"{first.unlike}: the standard's is {_FORM}"
    else:
        sentence = "is not enabled in every session"
    disabled = "".join(f"\n-- {each.name} is not enabled" for each in audits if not each.enabled)
    definition = "\n".join(each.definition for each in audits) + disabled
    return Deviation(
        f"trigger {first.name} on {table.schema}.{table.name}", first.name, sentence,
        standard_trigger(table), definitions.around(definition),
    )  # fmt: skip


def standard_trigger(table: Table) -> str:
    """The statement that makes the standard's trigger."""
    return (
        f"CREATE OR REPLACE TRIGGER {table.name[:57]}_audit\n"
        f"    AFTER INSERT OR UPDATE ON {table.qualified}\n"
        f"    FOR EACH ROW EXECUTE FUNCTION {FUNCTION}();"
    )

"""Gives tables the platform's audit trigger."""

from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, quoted, repair
from gates.database.shapes.audit_trigger import FUNCTION, standard_trigger


@repair(64)
def audit(world: World) -> Iterator[Step]:
    """AFTER INSERT OR UPDATE .. FOR EACH ROW EXECUTE FUNCTION audit_row_change()."""
    audited = {
        key.partition(" on ")[2]
        for key, properties in world.new("trigger")
        if f"AFTER INSERT OR UPDATE ON {key.partition(' on ')[2]} FOR EACH ROW EXECUTE FUNCTION"
        f" {FUNCTION}()" in properties["definition"].replace("public.audit", "audit")
    }
    for table in world.tables:
        if table.partition_of is None and table.qualified not in audited:
            yield Step(
                standard_trigger(table), f"audits {table.name}",
                back=f"DROP TRIGGER IF EXISTS {quoted(table.name[:57] + '_audit')}"
                f" ON {table.qualified};",
            )  # fmt: skip

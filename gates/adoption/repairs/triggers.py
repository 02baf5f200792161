"""Lets triggers call the module's functions, and drops those that audit by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.adoption.repair import Step, World, repair

_FUNCTION = re.compile(r"EXECUTE FUNCTION ((?:\w+\.)?(\w+))\(")


@repair(60)
def triggers(world: World) -> Iterator[Step]:
    """A trigger calls the function that now has the module's name. One that writes audit_logs
    itself goes: the platform's own takes its place."""
    if world.released:
        return
    made = {_bare(signature): p["definition"] for signature, p in world.new("function")}
    for key, properties in world.new("trigger"):
        name, _, table = key.partition(" on ")
        definition = properties["definition"]
        found = _FUNCTION.search(definition)
        called = found[2] if found else ""
        if found is None or called == "audit_row_change":
            continue
        if "audit_logs" in made.get(called, ""):
            yield Step(
                f"DROP TRIGGER IF EXISTS {name} ON {table};", f"drops the trigger {name}",
                everywhere=True,
            )  # fmt: skip
        elif f"{world.own}_{called}" in made:
            again = definition.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)
            again = again.replace(found[1], f"public.{world.own}_{called}", 1)
            yield Step(f"{again};", f"lets the trigger {name} call {world.own}_{called}")


def _bare(signature: str) -> str:
    return signature.partition("(")[0].rpartition(".")[2].strip('"')

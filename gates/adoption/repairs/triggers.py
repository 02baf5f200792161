"""Takes triggers off while rows are changed, and makes them again with the module's functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.adoption.repair import Step, World, repair

_FUNCTION = re.compile(r"EXECUTE FUNCTION ((?:\w+\.)?(\w+))\(")


@repair(6)
def triggers(world: World) -> Iterator[Step]:
    """Each trigger but the platform's audit trigger goes and comes again, now on the function with
    the module's name. One that writes audit_logs itself goes for good."""
    if world.released:
        return
    definitions = dict(world.new("function"))
    for key, properties in world.new("trigger"):
        name, _, table = key.partition(" on ")
        definition = properties["definition"]
        yield Step(f"DROP TRIGGER IF EXISTS {name} ON {table};", f"takes the trigger {name} off")
        found = _FUNCTION.search(definition)
        called = found[2] if found else ""
        body = next((p["definition"] for n, p in definitions.items() if _bare(n) == called), "")
        if called == "audit_row_change" or "audit_logs" in body:
            continue
        if found and body and not called.startswith((f"{world.own}_", world.prefix)):
            definition = definition.replace(found[1], f"public.{world.own}_{called}", 1)
        again = definition.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)
        yield Step(f"{again};", f"makes the trigger {name} again", 60)


def _bare(signature: str) -> str:
    return signature.partition("(")[0].rpartition(".")[2].strip('"')

"""Lets foreign keys carry the tenant, and drops those to what is no module's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.adoption.repair import Step, World, quoted, repair

_KEY = re.compile(r"FOREIGN KEY \(([^)]*)\) REFERENCES ([^(\s]+)\(([^)]*)\)(.*)")
_ON_DELETE = re.compile(r" ON DELETE (CASCADE|SET NULL|RESTRICT|SET DEFAULT)")
_OF_TENANTS = ("public.organizations", "public.profiles")
"""Tables of the platform with a key (tenant_id, id)."""


@repair(20)
def references(world: World) -> Iterator[Step]:
    """A foreign key to a table of the module, or to organizations and profiles, is one of the pair
    (tenant_id, ..): alone, it tells a tenant that another's row is there. One to auth.users goes,
    since the platform has no such table, and the column stays."""
    if world.released:
        return
    own = {each.qualified for each in world.tables}
    for key, properties in world.new("constraint"):
        name, _, table = key.partition(" on ")
        found = _KEY.match(properties["definition"])
        if found is None or "tenant_id" in [each.strip() for each in found[1].split(",")]:
            continue
        target = found[2] if "." in found[2] else f"public.{found[2]}"
        yield Step(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};",
            f"drops the foreign key {name}",
        )
        if target in own or target in _OF_TENANTS:
            columns, others = (f"tenant_id, {found[number]}" for number in (1, 3))
            deleted = _ON_DELETE.search(found[4])
            action = deleted[0] if deleted else ""
            if action.endswith(("NULL", "DEFAULT")):
                action += f" ({found[1]})"  # tenant_id itself stays
            yield Step(
                f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name.strip(chr(34)))}\n"
                f"    FOREIGN KEY ({columns}) REFERENCES {target} ({others}){action};",
                f"lets {name} carry the tenant",
                45,
            )

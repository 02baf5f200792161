"""Gives types the module's name."""

from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, quoted, repair


@repair(3)
def types(world: World) -> Iterator[Step]:
    """A type without the module's name in front is renamed; columns go along."""
    if world.released:
        return
    for name, _ in world.new("type"):
        bare = name.rpartition(".")[2].strip('"')
        if not bare.startswith((f"{world.own}_", world.prefix)):
            new = f"{world.own}_{bare}"[:63]
            yield Step(f"ALTER TYPE {name} RENAME TO {quoted(new)};", f"renames the type {bare}")

"""Gives functions the module's name and the rights of whoever calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gates.adoption.repair import Step, World, repair

_BEFORE = r"(?P<before>\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ONLY)\s+)(?:public\.)?"


@repair(54)
def functions(world: World) -> Iterator[Step]:
    """A function comes again under the module's name, without SECURITY DEFINER, and asks the tables
    by their new names. The older one stays where it was: other modules may have made it, too."""
    if world.released:
        return
    tables = {
        old: each.name
        for each in world.tables
        for old in _older(each.name, world)
    }  # fmt: skip
    for signature, properties in world.new("function"):
        bare = signature.partition("(")[0].rpartition(".")[2].strip('"')
        definition = properties["definition"]
        fits = bare.startswith((f"{world.own}_", world.prefix))
        if fits and "SECURITY DEFINER" not in definition:
            continue
        new = bare if fits else f"{world.own}_{bare}"
        if not fits:
            yield Step(f"DROP FUNCTION {signature} CASCADE;", f"leaves {bare} out", 61)
        if "audit_logs" in definition:
            continue
        yield Step(_again(definition, bare, new, tables), f"makes the function {new}")


def _older(name: str, world: World) -> Iterator[str]:
    bare = name.removeprefix(world.prefix)
    yield from (bare, f"tenant_{bare}", f"{world.own}_{bare}")


def _again(definition: str, bare: str, new: str, tables: Mapping[str, str]) -> str:
    head, quote, body = definition.partition("AS $")
    head = re.sub(rf"\.{re.escape(bare)}\(", f".{new}(", head, count=1)
    head = head.replace(" SECURITY DEFINER", "")
    names = "|".join(map(re.escape, sorted(tables, key=len, reverse=True)))
    if names:
        pattern = re.compile(rf"{_BEFORE}(?P<name>{names})\b", re.IGNORECASE)
        body = pattern.sub(lambda m: f"{m['before']}public.{tables[m['name'].lower()]}", body)
    return f"{head}{quote}{body.rstrip()};"

"""Names of constraints that statements use: those of keys, and of all that can wait.

Facts: PostgreSQL, "INSERT" (ON CONFLICT ON CONSTRAINT takes unique and exclusion constraints that
are not deferrable) and "SET CONSTRAINTS" (takes deferrable ones).
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.keys import at_once
from gates.contract.schema.pair import Pair, owner_of, shown
from gates.contract.schema.scripts import inserted
from gates.database.catalog_state.snapshot import Snapshot

_ARBITERS = ("UNIQUE", "PRIMARY KEY", "EXCLUDE")


def compare_names(pair: Pair) -> Iterator[Change]:
    """Constraints that are there as before, and are called something else, or are an index now."""
    before, after = _named(pair.old), _named(pair.new)
    for (owner, name), text in sorted(before.items()):
        if (owner, name) in after or f"table {owner}" not in pair.new.objects:
            continue
        alike = [new for (other, new), its in after.items() if (other, its) == (owner, text)]
        indexed = any(
            each.rpartition(".")[2] == name and properties.get("table") == owner
            for each, properties in pair.new.of("index")
        )
        if not (alike or indexed):
            continue  # the key itself is gone, which is said elsewhere
        bare = name.strip('"')
        waits = at_once(text) != text
        yield pair.change(
            f"constraint:{shown(owner)}.{bare}", Bump.MAJOR,
            f"the constraint {name} of {shown(owner)} is "
            + (f"called {alike[0]} now" if alike else "an index now, and no constraint"),
            owner, bare, gone=True,
            tries=[[f"SET CONSTRAINTS {name} DEFERRED"]]
            if waits
            else inserted(pair, owner, suffix=f" ON CONFLICT ON CONSTRAINT {name} DO NOTHING"),
        )  # fmt: skip


def _named(side: Snapshot) -> dict[tuple[str, str], str]:
    """By table and quoted name: what the constraints say that statements call by name."""
    found: dict[tuple[str, str], str] = {}
    for name, properties in side.of("constraint"):
        text = properties["definition"]
        owner = owner_of("constraint", name, properties)
        part = "partition_bound" in side.objects.get(f"table {owner}", {})
        if (text.startswith(_ARBITERS) or at_once(text) != text) and not part:
            found[owner, name.rpartition(" on ")[0]] = text
    return found

"""What a repair of a database is: a plain function that answers with steps, in one fixed order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from gates.adoption.parts import parts
from gates.database.catalog_state.facts import Facts
from gates.database.catalog_state.snapshot import Properties, Snapshot
from gates.database.catalog_state.tables import Table
from gates.records import dataclass, field

_NOISE = re.compile(r"[\s()]|::text")
OBJECTS, AFTERWARDS = 50, 90
"""Orders from which on a step is about objects that a migration makes anew wherever it runs, and
about what only databases with rows of the older module get."""


@dataclass(frozen=True)
class Step:
    """One change, as SQL that ends with a semicolon."""

    sql: str
    what: str
    """A clause that says what it does, for people: "renames notes to tenant_x_notes"."""
    at: int = 0
    """The order at which it is to run; 0 is that of its repair."""
    everywhere: bool = False
    """The migration itself says it, too: what a fresh install does not have is not missed there."""
    aside: bool = False
    """It only makes room for other steps: without any, there is nothing to do."""
    back: str = ""
    """What undoes it; "" where nothing has to, or can."""


@dataclass(frozen=True)
class World:
    """A database as repairs see it: before the next step, read anew after each repair."""

    slug: str
    tenant: str
    """The session's tenant, as SQL."""
    tables: tuple[Table, ...]
    """The module's own, partitions included."""
    everything: Mapping[int, Table]
    facts: Facts
    snapshot: Snapshot
    before: Snapshot = field(repr=False)
    """The platform without the module."""
    released: bool
    """A version of the module was released: its names stay, and nothing is dropped."""

    @property
    def own(self) -> str:
        """What names of functions, types and views begin with, without the last underscore."""
        return self.slug.replace("-", "_")

    @property
    def prefix(self) -> str:
        """What names of tables begin with."""
        return f"tenant_{self.own}_"

    def new(self, kind: str) -> Iterator[tuple[str, Properties]]:
        """The module's objects of a kind by name, as a snapshot calls them."""
        for name, properties in self.snapshot.of(kind):
            if f"{kind} {name}" not in self.before.objects:
                yield name, properties

    def name_for(self, name: str) -> str:
        """The name that a table or view of the older module gets."""
        bare = name.removeprefix("tenant_").removeprefix(f"{self.own}_")
        return f"{self.prefix}{bare}"[:63]


Run = Callable[[World], Iterator[Step]]


@dataclass(frozen=True)
class Repair:
    """What repairs one thing in a database. Its name is its file's."""

    name: str
    order: int
    """When it runs: those with smaller numbers first."""
    run: Run


def repair(order: int) -> Callable[[Run], Repair]:
    """Turn a function into a `Repair`."""
    return lambda run: Repair(getattr(run, "__name__", ""), order, run)


def repairs() -> tuple[Repair, ...]:
    """Every repair in its order, found in `gates.adoption.repairs`."""
    return parts("repairs", Repair)


def same(one: str, other: str) -> bool:
    """Whether two expressions are the same but for parentheses and casts of literals to text."""
    return _NOISE.sub("", one) == _NOISE.sub("", other)


def quoted(name: str) -> str:
    """A name as SQL."""
    plain = name.isidentifier() and name.isascii() and name.islower()
    return name if plain else '"' + name.replace('"', '""') + '"'

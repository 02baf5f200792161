"""Two snapshots side by side: what both have, what went, what came, and where it stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.probe import Refuses
from gates.contract.schema.witness import Statements, Witness
from gates.database.catalog_state.snapshot import Properties, Snapshot
from gates.database.parsing.script import Script
from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.records import dataclass, field

Place = Callable[[str, str, bool], Location | None]
"""Where a relation or routine (its bare name), or a member of it ("" for none), is made or was
mentioned last. For one that is gone (the third argument), only the latter, or None."""


MAX_SECONDS = 600.0
"""On the clock, that a comparison may take; a statement of it has the limit of every statement."""
Tries = Iterable[Statements | None]
"""Scripts that may show a break, the plainest first; None stands for rows that cannot be made."""


def _nowhere(_name: str, _member: str, _gone: bool) -> Location | None:
    return None


@dataclass(frozen=True)
class Pair:
    """The databases of two versions. Objects of partitions are those of their parent, and objects
    of a table that came or went are not listed beside it."""

    old: Snapshot
    new: Snapshot
    old_place: Place = field(default=_nowhere)
    new_place: Place = field(default=_nowhere)
    refuses: Refuses | None = None
    """Looks for a row that a CHECK refuses now; None where there is no server to ask."""
    writes: Callable[..., Statements | None] | None = None
    """Looks for a write that a trigger refuses now (`triggers`); None where there is no server."""
    upgrade: tuple[Script, ...] = ()
    """The migrations that lead from the old database to the new one, as far as they are known."""
    witness: Witness | None = None
    """Runs what shows a break; None where there is no server: then nothing is shown to break."""

    started: float = field(default_factory=time.monotonic)
    """When the comparison began, on the clock of `time.monotonic`."""

    @property
    def runs(self) -> Witness:
        """The witness, for scripts that are made when one asks for them."""
        if self.witness is None:
            raise ValueError("there is no server to run a script")
        return self.witness

    def kept(self, kind: str) -> Iterator[tuple[str, Properties, Properties]]:
        """What both have, by name, with its properties before and after."""
        after = dict(self.new.of(kind))
        for name, before in self.old.of(kind):
            if name in after and not self._inherited(kind, name, before, self.old):
                yield name, before, after[name]

    def lost(self, kind: str) -> Iterator[tuple[str, Properties]]:
        """What the old one has alone."""
        return self._alone(kind, self.old, self.new)

    def came(self, kind: str) -> Iterator[tuple[str, Properties]]:
        """What the new one has alone."""
        return self._alone(kind, self.new, self.old)

    def _alone(self, kind: str, one: Snapshot, other: Snapshot) -> Iterator[tuple[str, Properties]]:
        for name, properties in one.of(kind):
            owner = owner_of(kind, name, properties)
            if f"{kind} {name}" in other.objects or self._inherited(kind, name, properties, one):
                continue
            if owner and not has_relation(other, owner):
                continue
            yield name, properties

    def _inherited(self, kind: str, name: str, properties: Properties, of: Snapshot) -> bool:
        owner = name if kind == "table" else owner_of(kind, name, properties)
        table = of.objects.get(f"table {owner}", {})
        return "partition_bound" in table

    def columns(self, table: str, side: Snapshot) -> frozenset[str]:
        """The names of a relation's columns, as they are quoted."""
        start = f"column {table}."
        return frozenset(each[len(start) :] for each in side.objects if each.startswith(start))

    def change(
        self,
        symbol: str,
        bump: Bump,
        message: str,
        name: str,
        member: str = "",
        *,
        gone: bool = False,
        came: bool = False,
        tries: Tries = (),
        proved: bool = True,
    ) -> Change:
        """A change of the database, with its places; `name` as the server gives it. One that is
        said to break has scripts to show it: the first that does is its example, and where none
        does, it could not be shown."""
        example = None
        self._check_time(symbol)
        if bump is Bump.MAJOR:
            if self.witness is not None:
                example = self.witness.first(
                    self._in_time(tries, symbol), self._others(name, member)
                )
            if example is None:
                bump, proved = Bump.MINOR, False
                message += "; that a statement which ran does not could not be shown"
        bare = bare_name(name)
        old = None if came else self.old_place(bare, member, False)
        new = self.new_place(bare, member, gone)
        return Change(
            "database", symbol, bump, message, old, None if gone and new == old else new,
            example, proved, gone,
        )  # fmt: skip

    def _in_time(self, tries: Tries, symbol: str) -> Tries:
        for each in tries:
            self._check_time(symbol)
            yield each

    def _check_time(self, symbol: str) -> None:
        if time.monotonic() - self.started > MAX_SECONDS:
            raise CouldNotCheckError(
                f"the two databases could not be compared in {MAX_SECONDS:g} seconds: it was at"
                f" {symbol}",
                hint="run it again on a machine that is less busy, or release the changes in steps",
            )

    def _others(self, owner: str, member: str) -> frozenset[str]:
        """What else of a table may refuse a row of it; of new columns, each does."""
        if not member:
            return frozenset()
        parts = {
            kind: {
                bare_name(name.rpartition(" on ")[0] or name): f"{kind} {name}"
                for name, properties in self.new.of(kind)
                if owner_of(kind, name, properties) == owner
            }
            for kind in ("column", "constraint", "index")
        }
        fresh = {name for name, key in parts["column"].items() if key not in self.old.objects}
        own = bare_name(member)
        found = {name for each in parts.values() for name in each}
        return frozenset(found - {own} - (fresh if own in fresh else set()))


def owner_of(kind: str, name: str, properties: Properties) -> str:
    """The relation or type that an object is a part of; "" for one that stands alone."""
    if kind == "column":
        return name.rpartition(".")[0]
    if kind in {"constraint", "policy", "trigger", "rule"}:
        return name.rpartition(" on ")[2]
    if kind == "index":
        return properties.get("table", "")
    if kind == "sequence":
        return properties.get("owned_by", "").rpartition(".")[0]
    return ""


def has_relation(side: Snapshot, name: str) -> bool:
    """Whether there is a table, view or type of this name."""
    return any(f"{kind} {name}" in side.objects for kind in ("table", "view", "type"))


def shown(name: str) -> str:
    """A name without the schema that all modules share."""
    return name.removeprefix("public.")


def bare_name(name: str) -> str:
    """A name without schema, arguments and quotes."""
    return name.partition("(")[0].rpartition(".")[2].strip('"')

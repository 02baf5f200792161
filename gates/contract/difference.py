"""Everything that changed between two versions, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from gates.catalog.versions import parse
from gates.contract.breaking import (
    CODE_KINDS,
    DATABASE_KINDS,
    MANIFEST_KINDS,
    Names,
    intended,
    of_release,
    stale,
)
from gates.contract.bump import allows, promises, smallest
from gates.contract.demand import Demand, demand
from gates.contract.model import Bump, Change
from gates.errors import CouldNotCheckError
from gates.module import Module
from gates.records import dataclass

_KINDS = {
    "settings": frozenset({"settings"}), "manifest": MANIFEST_KINDS - {"settings"},
    "database": DATABASE_KINDS, "code": CODE_KINDS,
}  # fmt: skip
"""What the symbols of each part begin with."""


@dataclass(frozen=True)
class Missing:
    """A part that could not be compared."""

    part: str
    reason: str
    hint: str | None = None


@dataclass(frozen=True)
class Side:
    """One of the two, as it is called."""

    label: str
    slug: str
    version: str
    """"" where it has none that is usable."""


@dataclass(frozen=True)
class Difference:
    """The whole difference of two versions."""

    old: Side
    new: Side
    demands: tuple[Demand, ...]
    """One for each change, the weightiest first in each part."""
    missing: tuple[Missing, ...] = ()
    without: tuple[str, ...] = ()
    """The parts that were left out on purpose."""
    stale: tuple[str, ...] = ()
    """The symbols that `breaking` lists for this step, and that did not change."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes."""
        return tuple(each.change for each in self.demands)

    @property
    def bump(self) -> Bump:
        """What all of it asks for."""
        bumps = [each.bump for each in self.demands]
        return max(bumps, key=lambda each: each.rank, default=Bump.NONE)

    @property
    def judged(self) -> bool:
        """Whether both sides have a version, and the old one's promises something."""
        return bool(self.old.version and self.new.version) and promises(self.old.version)

    @property
    def smallest(self) -> str | None:
        """The smallest version that may follow the old one; None where nothing is asked."""
        return smallest(self.old.version, self.bump) if self.judged else None

    @property
    def large_enough(self) -> bool:
        """Whether the new version moves far enough, as far as both have one."""
        return not self.judged or allows(self.old.version, self.new.version, self.bump)

    @property
    def unlisted(self) -> tuple[Demand, ...]:
        """Breaks that `breaking` does not list."""
        return tuple(each for each in self.demands if each.unlisted)

    @property
    def exit_code(self) -> int:
        """0 where the version does, 1 where not or where `breaking` is not right, 3 where something
        was not compared."""
        if not self.large_enough or self.unlisted or self.stale:
            return 1
        return 3 if self.missing else 0


Part = Callable[[], Iterable[Change]]


def differ(
    old: tuple[str, Module],
    new: tuple[str, Module],
    parts: Iterable[tuple[str, Part]],
    *,
    without: Iterable[str] = (),
) -> Difference:
    """Run the parts but those in `without`, and judge what they find; a part that raises
    `CouldNotCheckError` is missing, and the others still count."""
    (old_label, before), (new_label, after) = old, new
    sides = Side(old_label, before.slug, before.version), Side(new_label, after.slug, after.version)
    found: list[Change] = []
    missing: list[Missing] = []
    left_out = tuple(sorted(without))
    for name, part in (each for each in parts if each[0] not in left_out):
        try:
            found += [each for each in part() if each not in found]
        except CouldNotCheckError as error:
            missing.append(Missing(name, error.message, error.hint))
    changes = _once(found)
    unseen = {each.part for each in missing} | set(left_out)
    demands = tuple(_judged(changes, before, after))
    return Difference(
        *sides, demands, tuple(missing), left_out, _stale(changes, before, after, unseen)
    )


def _once(changes: list[Change]) -> list[Change]:
    """Without what the manifest says of tables that the database says too."""
    seen = {each.symbol for each in changes if each.part == "database" and _by_database(each)}
    return [
        each
        for each in changes
        if each.part != "database" or _by_database(each) or each.symbol not in seen
    ]


def _stale(
    changes: list[Change], old: Module, new: Module, unseen: Collection[str]
) -> tuple[str, ...]:
    """Entries of a part that was not compared are not known to be stale."""
    before, after = old.version, new.version
    if parse(before) is None or parse(after) is None or not promises(before):
        return ()
    seen = {kind for part, kinds in _KINDS.items() if part not in unseen for kind in kinds}
    accepted = of_release(new.require_manifest(), after, before)
    mine = [each for each in accepted if each.kind in seen]
    return tuple(each.symbol for each in stale(mine, changes))


def _by_database(change: Change) -> bool:
    place = change.old or change.new
    return place is None or place.object is not None


def _judged(changes: list[Change], old: Module, new: Module) -> list[Demand]:
    before, after = old.version, new.version
    if parse(before) is None or parse(after) is None:
        return [Demand(each, each.bump, too_small=False, unlisted=False) for each in changes]
    listed = Names.of(intended(new.require_manifest(), after, before))
    return [demand(each, listed, before, after) for each in changes]

"""What an upgrade proof found, in the words of the module's author. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gates.database.proofs.idempotency.resume import Stuck
from gates.database.proofs.idempotency.row_history import RowsOutcome, changes
from gates.database.runner import Failure
from gates.model import Location
from gates.records import dataclass, field


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do."""

    message: str
    at: Location
    fix: str
    detail: str = ""
    rule: str | None = None


@dataclass
class Upgraded:
    """What came of it."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    """What a release manager should know: data that goes with a column, values that change."""
    unfilled: tuple[str, ...] = ()
    """One sentence for each table that no row could be made for."""

    def fails(self, failure: Failure, what: str, advice: Callable[[Failure], str]) -> None:
        """A script failed."""
        code = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
        self.faults.append(
            Fault(
                f"{what}: {failure.message}{code}",
                failure.location,
                advice(failure),
                failure.detail,
                failure.sqlstate or None,
            )
        )

    def stuck(self, found: Iterable[Stuck]) -> None:
        """A hook that was stopped in its midst does not run again."""
        seen: set[str] = set()
        for each in found:
            if each.detail not in seen:
                self.faults.append(
                    Fault(f"in a hook: {each.message}", each.at, each.fix, each.detail)
                )
            seen.add(each.detail)

    def differs(self, path: str, message: str, found: Sequence[str]) -> None:
        """Schema or data are not what they must be."""
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        self.faults.append(
            Fault(
                f"{message}: {found[0]}{more}",
                Location(path, 1, 1),
                "the detail lists every difference; change the file, or add a migration that"
                " brings both ways to the same end",
                "\n".join(found),
            )
        )

    def loses_rows(self, path: str, message: str, fate: RowsOutcome) -> None:
        """Rows are gone from a table that is there."""
        if fate.lost:
            self.faults.append(
                Fault(
                    f"{message}: {fate.lost} of {fate.held} in table {fate.table}",
                    Location(path, 1, 1),
                    "move rows before what holds them goes, and delete none",
                )
            )

    def no_way_back(self, path: str, version: str) -> None:
        """A migration has no rollback."""
        self.faults.append(
            Fault(
                f"there is no way back to {version}: this migration has no rollback",
                Location(path, 1, 1),
                "add the rollback; gates explain rollback-present shows where",
            )
        )

    def note_losses(self, path: str, message: str, compare_rows: Iterable[RowsOutcome]) -> None:
        """Data goes with a table or column that goes."""
        fix = "say so in the changelog, or keep the data elsewhere first"
        self._note(path, message, [each for fate in compare_rows for each in fate.losses], fix)

    def note_changes(self, path: str, message: str, fate: RowsOutcome) -> None:
        """Values of older rows change."""
        fix = "nothing, if that is what the version is for; say so in the changelog"
        self._note(path, message, changes(fate), fix)

    def _note(self, path: str, message: str, phrases: Sequence[str], fix: str) -> None:
        if phrases:
            more = f", and {len(phrases) - 3} more" if len(phrases) > 3 else ""
            said = f"{message}: {', '.join(phrases[:3])}{more}"
            self.notes.append(Fault(said, Location(path, 1, 1), fix, "\n".join(phrases)))

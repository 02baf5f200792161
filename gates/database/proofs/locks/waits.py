"""How long others wait for a table while a migration runs. Pure.

A lock is held until its transaction ends, not until its statement does: a fast ALTER TABLE at the
beginning of a file keeps everybody waiting for the slow statement at its end.
"""

from __future__ import annotations

from gates.database.proofs.locks.lock_modes import Mode
from gates.database.proofs.locks.observe import Observed, Step
from gates.database.proofs.locks.observed_locks import HeldLock
from gates.records import dataclass


@dataclass(frozen=True)
class Window:
    """One table, locked in one mode from a statement until its transaction ends."""

    table: int
    label: str
    lock: HeldLock
    """The relation that is locked: the table, or an index of it."""
    mode: Mode
    steps: tuple[Step, ...]
    """From the one that took the lock to the last of its transaction."""
    whole_file: bool
    """Whether the transaction ends with the file."""

    @property
    def seconds(self) -> float:
        """How long it is held, counted from the beginning of the statement that took it."""
        return sum(step.seconds for step in self.steps)

    @property
    def slowest(self) -> Step:
        """The step that takes most of the time."""
        return max(self.steps, key=lambda step: step.seconds)

    @property
    def heavy(self) -> tuple[Step, ...]:
        """The steps that take longer the more rows there are."""
        return tuple(step for step in self.steps if any(each.grows for each in step.effects))


def windows(observed: Observed) -> tuple[Window, ...]:
    """Every span of a script in which others wait for a table, as its statements come.

    A mode counts from the statement that made the table's lock so strong; modes that keep neither
    readers, writers nor schema changes waiting are left out.
    """
    found = []
    names = {
        held.oid: held.label
        for step in observed.steps
        for held in step.held
        if held.kind != "index"
    }
    strongest: dict[tuple[int, int], Mode] = {}
    for at, step in enumerate(observed.steps):
        best: dict[int, HeldLock] = {}
        for lock in step.acquired:
            mode = lock.mode_on_table
            if mode is None or mode < Mode.SHARE_UPDATE_EXCLUSIVE or lock.kind == "sequence":
                continue
            known = best.get(lock.table)
            if known is None or (known.mode, known.kind == "table") < (mode, lock.kind == "table"):
                best[lock.table] = lock
        for table, lock in sorted(best.items(), key=lambda item: item[1].label):
            key = step.transaction, table
            if lock.mode <= strongest.get(key, Mode.ACCESS_SHARE):
                continue
            strongest[key] = lock.mode
            rest = tuple(
                each for each in observed.steps[at:] if each.transaction == step.transaction
            )
            label = names.get(table, f"the table of {lock.label}")
            found.append(Window(table, label, lock, lock.mode, rest, observed.in_transaction))
    return tuple(found)

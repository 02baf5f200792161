"""The built-in actions: each a function of a place and a deadline that may be called again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gates.move import backup, gatekeeper, provision, transfer, validate
from gates.move.place import Deadline, Place, StepFailedError

Action = Callable[[Place, Deadline], Mapping[str, str]]
"""Does its work and proves it; what it gives are figures for the record. Called again after an
interruption it goes on, or finds that it was done. Raises `StepFailedError`."""


def restore(place: Place, deadline: Deadline) -> Mapping[str, str]:
    """The backup in the database's place, compared once more where it now is, and open again."""
    figures = backup.restore(place, deadline)
    if different := backup.equals_backup(place, deadline):
        raise StepFailedError(f"the database is not the backup: {'; '.join(different[:20])}")
    return {**figures, **gatekeeper.reopen(place, deadline)}


RUN: Mapping[str, Action] = {
    "close": gatekeeper.close,
    "backup": backup.back_up,
    "catalog": transfer.make_catalog,
    "move": transfer.move,
    "audit": transfer.move_audit,
    "provision": provision.provision,
    "validate": validate.validate,
    "open": gatekeeper.reopen,
    "restore": restore,
}

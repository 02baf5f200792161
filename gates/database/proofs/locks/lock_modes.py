"""PostgreSQL's table lock modes: what each keeps waiting. Pure.

From the conflict table in "Explicit Locking" (PostgreSQL 18 documentation, section 13.3.1).
"""

from __future__ import annotations

from enum import IntEnum


class Mode(IntEnum):
    """A table lock mode; a higher number conflicts with as much or more."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        """As the documentation writes it: "SHARE ROW EXCLUSIVE"."""
        return self.name.replace("_", " ")

    @classmethod
    def of(cls, shown: str) -> Mode:
        """From the spelling of pg_locks: "ShareRowExclusiveLock". Raises KeyError."""
        return _SPELLED[shown]

    def conflicts(self, other: Mode) -> bool:
        """Whether one session waits for this mode while another one holds `other`."""
        return other in _CONFLICTS[self]

    @property
    def blocks_reads(self) -> bool:
        """Whether a plain SELECT waits for it."""
        return self.conflicts(Mode.ACCESS_SHARE)

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE, DELETE and MERGE wait for it."""
        return self.conflicts(Mode.ROW_EXCLUSIVE)

    @property
    def blocks(self) -> str:
        """Who waits, in words; SELECT .. FOR UPDATE counts as a write."""
        if self.blocks_reads:
            return "reads and writes"
        if self.blocks_writes:
            return "writes"
        return "other schema changes" if self.conflicts(Mode.SHARE_UPDATE_EXCLUSIVE) else "nobody"


_SPELLED = {
    "".join(word.capitalize() for word in mode.name.split("_")) + "Lock": mode for mode in Mode
}
_CONFLICTS: dict[Mode, frozenset[Mode]] = {
    Mode.ACCESS_SHARE: frozenset({Mode.ACCESS_EXCLUSIVE}),
    Mode.ROW_SHARE: frozenset({Mode.EXCLUSIVE, Mode.ACCESS_EXCLUSIVE}),
    Mode.ROW_EXCLUSIVE: frozenset(mode for mode in Mode if mode >= Mode.SHARE),
    Mode.SHARE_UPDATE_EXCLUSIVE: frozenset(mode for mode in Mode if mode >= 4),
    Mode.SHARE: frozenset(mode for mode in Mode if mode in (3, 4, 6, 7, 8)),
    Mode.SHARE_ROW_EXCLUSIVE: frozenset(mode for mode in Mode if mode >= Mode.ROW_EXCLUSIVE),
    Mode.EXCLUSIVE: frozenset(mode for mode in Mode if mode >= Mode.ROW_SHARE),
    Mode.ACCESS_EXCLUSIVE: frozenset(Mode),
}

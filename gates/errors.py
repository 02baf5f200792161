"""Every error that this package raises on purpose, in one tree.

A class owns the exit code it ends the command with and, where one command or edit helps, a hint.
They are caught once, in `gates.cli.main`; inside a check they are caught once, in `gates.run`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence


class GatesError(Exception):
    """The root. `hint` is the one thing the reader can do about it."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GatesError):
    """The command line asks for something that does not exist or does not go together."""


class ConfigurationError(GatesError):
    """A policy or settings file is wrong: unknown key, wrong type, a loosening."""


class CheckDefinitionError(GatesError):
    """A check is not well formed: no page, an unknown need, an id that is taken."""


class CouldNotCheckError(GatesError):
    """Something could not be looked at, so nothing is known about it: never a pass."""

    exit_code = 3


class ToolMissingError(CouldNotCheckError):
    """A program or an optional package that the check needs is not installed."""


class ToolFailedError(CouldNotCheckError):
    """A program crashed, timed out, or printed what its own format does not allow."""


class DatabaseUnavailableError(CouldNotCheckError):
    """No database server could be started or reached."""


class CatalogUnavailableError(CouldNotCheckError):
    """The catalog could not be reached; not the same as a catalog without this module."""


class ClosedOutputError(CouldNotCheckError):
    """Whoever read the standard output has closed it before the end."""


class RefusedError(GatesError):
    """Evidence does not carry what it is asked to carry. `reasons` holds one sentence each."""

    exit_code = 4

    def __init__(self, reasons: Sequence[str], *, hint: str | None = None) -> None:
        super().__init__("; ".join(reasons), hint=hint)
        self.reasons = tuple(reasons)


_OTHER_PLACE = "or set GATES_CACHE_DIR and GATES_STATE_DIR to folders elsewhere"
_FAULTS = {
    errno.ENOSPC: ("the disk is full", f"free some space, {_OTHER_PLACE}"),
    errno.EDQUOT: ("the disk quota is used up", f"free some space, {_OTHER_PLACE}"),
    errno.EROFS: ("the file system is read-only", f"mount it for writing, {_OTHER_PLACE}"),
    errno.EACCES: ("permission denied", f"give this user access, {_OTHER_PLACE}"),
    errno.EPERM: ("operation not permitted", f"give this user access, {_OTHER_PLACE}"),
    errno.EFBIG: ("a file may not grow any larger", "ulimit -f unlimited"),
    errno.EMFILE: ("too many files are open", "ulimit -n 1024"),
    errno.ENFILE: ("too many files are open on this machine", "raise fs.file-max"),
    errno.ENOMEM: ("memory ran out", "ulimit -v unlimited, or a machine with more memory"),
    errno.EAGAIN: ("no process or thread can be started", "ulimit -u unlimited"),
    errno.EIO: ("the disk cannot be read or written", "look at the system's log"),
}


_SIGNS = {
    "No space left on device": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "Read-only file system": errno.EROFS,
    "File too large": errno.EFBIG,
    "Too many open files": errno.EMFILE,
    "Cannot allocate memory": errno.ENOMEM,
    "Check free disk space": errno.ENOSPC,  # PostgreSQL, where part of a page was written
}


def machine_fault(error: BaseException) -> CouldNotCheckError | None:
    """What an error says that the machine, and not this package, is at fault for; else None.

    Full or read-only disks, limits of the shell (`ulimit`), memory: one sentence with the path
    where there is one, and the command that helps.
    """
    if isinstance(error, MemoryError):
        return _fault(errno.ENOMEM)
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _fault(errno.EAGAIN)
    if isinstance(error, OSError) and error.errno in _FAULTS:
        return _fault(error.errno, error.filename or "")
    return None


def fault_in(output: str, where: str = "") -> CouldNotCheckError | None:
    """`machine_fault` for what a program printed (in English) before it ended with an error."""
    for sign, number in _SIGNS.items():
        if sign in output:
            return _fault(number, where)
    return None


def _fault(number: int, where: str | bytes | int = "") -> CouldNotCheckError:
    what, hint = _FAULTS[number]
    shown = where if isinstance(where, (str, int)) else os.fsdecode(where)
    return CouldNotCheckError(f"{what} ({shown})" if where else what, hint=hint)

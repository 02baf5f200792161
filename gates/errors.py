"""Every error that this package raises on purpose, in one tree.

A class owns the exit code it ends the command with and, where one command or edit helps, a hint.
They are caught once, in `gates.cli.main`; inside a check they are caught once, in `gates.run`.
"""

from __future__ import annotations

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


class RefusedError(GatesError):
    """Evidence does not carry what it is asked to carry. `reasons` holds one sentence each."""

    exit_code = 4

    def __init__(self, reasons: Sequence[str], *, hint: str | None = None) -> None:
        super().__init__("; ".join(reasons), hint=hint)
        self.reasons = tuple(reasons)

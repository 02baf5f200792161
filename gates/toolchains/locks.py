"""What a lock file holds: which packages, in which versions, on which lines. Pure.

A lock file is untrusted: whatever could make an installer run code, reach another registry or
take a package without a digest is a `LockError`. No installer is given the file itself, but one
that is written anew from what was read here, so that both know the same packages.
"""

from __future__ import annotations

from collections.abc import Sequence

from gates.errors import CouldNotCheckError
from gates.records import dataclass


class LockError(ValueError):
    """A lock file holds something that it must not; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class NoLockError(CouldNotCheckError):
    """The module has locked nothing; `path` is the file that is missing, or that needs a lock."""

    def __init__(self, message: str, path: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.path = path


class OutdatedLockError(CouldNotCheckError):
    """The lock does not hold what the project file asks for, in the installer's own sentence.

    `reasons` has one line for each package, `line` is where the first of them is locked.
    """

    def __init__(
        self, message: str, reasons: Sequence[str], *, hint: str, line: int | None = None
    ) -> None:
        super().__init__("\n".join((message, *reasons)), hint=hint)
        self.sentence = message
        self.reasons = tuple(reasons)
        self.line = line


class TreeError(CouldNotCheckError):
    """What is installed is not what the lock says: another package, one more or one less."""


@dataclass(frozen=True)
class Locked:
    """One package that a lock file pins."""

    ecosystem: str
    """As in OSV: "PyPI" or "npm"."""
    name: str
    version: str
    line: int
    marker: str = ""
    """PyPI: the environment marker under which it is installed; "" for always."""
    digests: tuple[str, ...] = ()
    """Those of its files, as the lock writes them: "sha256:<hex>", "sha512-<base64>"."""

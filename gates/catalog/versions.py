"""SemVer 2.0.0 versions, and npm's ranges, since those are what module developers write."""

from __future__ import annotations

from collections.abc import Iterable
from functools import total_ordering
from typing import TYPE_CHECKING

from gates.catalog.npm_range import NoRangeError, read_range

if TYPE_CHECKING:
    from semver import Version


def parse(text: str) -> Version | None:
    """The version in a text; None for what is no strict SemVer."""
    from semver import Version

    try:
        return Version.parse(text)
    except (ValueError, TypeError):
        return None


def compare(one: str, other: str) -> int:
    """-1, 0 or 1 by precedence; build metadata does not count.

    Raises `ValueError` for what is no SemVer.
    """
    from semver import Version

    return int(Version.parse(one).compare(other))


@total_ordering
class Precedence:
    """A sort key: versions in the order of SemVer, and what is none before them all."""

    def __init__(self, text: str) -> None:
        self._version = parse(text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Precedence):
            return NotImplemented
        return not self < other and not other < self

    def __lt__(self, other: Precedence) -> bool:
        if self._version is None or other._version is None:
            return self._version is None and other._version is not None
        return self._version.compare(other._version) < 0

    def __hash__(self) -> int:
        return hash(self._version.finalize_version() if self._version else None)


def valid_range(text: str) -> bool:
    """Whether a text is a range of versions in npm's syntax."""
    try:
        read_range(text)
    except NoRangeError:
        return False
    return True


def satisfying(versions: Iterable[str], wanted: str) -> list[str]:
    """Those of the versions that a range accepts, newest first; none for an invalid range."""
    if not valid_range(wanted):
        return []
    range_ = read_range(wanted)
    return sorted(filter(range_.accepts, versions), key=Precedence, reverse=True)

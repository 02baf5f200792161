"""A registry of packages, as lock files, advisories and bills of materials speak of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gates.records import dataclass


class Ordered(Protocol):
    """A version that can be compared with others of its ecosystem."""

    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401 - its own type, whichever it is


@dataclass(frozen=True)
class Ecosystem:
    """How one registry names, orders and refers to its packages."""

    name: str
    """As in OSV: "PyPI"."""
    url_type: str
    """In package URLs: "pypi"."""
    normalize: Callable[[str], str]
    """A package's name in the form in which names are compared."""
    parse_version: Callable[[str], Ordered]
    """A version; "0" is before every other. Raises `ValueError` for what is none."""
    range_types: Mapping[str, Callable[[str], Ordered]]
    """How to read the versions in an OSV range, for each type that has them: "SEMVER"."""

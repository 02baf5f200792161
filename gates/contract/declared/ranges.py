"""What a range of versions accepts that another one does not: an example, or the word that there
is none.

Ranges are npm's. A range is a union of intervals over the versions, and every interval begins at a
version that one of the two ranges names, or right after it: so these few are enough to try.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.catalog.npm_range import read_range
from gates.catalog.versions import Precedence, parse, valid_range

if TYPE_CHECKING:
    from semver import Version


def refused_now(old: str | None, new: str | None) -> tuple[str, ...]:
    """Versions that the old range accepts and the new one does not, lowest first and
    pre-releases last; empty where it accepts all of them. `None` accepts every version."""
    tried = sorted(_points(old) | _points(new), key=lambda each: ("-" in each, Precedence(each)))
    return tuple(each for each in tried if accepts(old, each) and not accepts(new, each))


def stranded(old: str | None, new: str | None) -> str | None:
    """A version that is refused now and from which no compatible update leads to one that is
    accepted (that is, inside npm's caret of it); None where there is a way for all of them."""
    reachable = [each for each in _points(old) | _points(new) if accepts(new, each)]
    ways = [each for each in map(parse, reachable) if each is not None]
    for version in refused_now(old, new):
        start = parse(version)
        if start is not None and not any(_compatible(start, each) for each in ways):
            return version
    return None


def _compatible(old: Version, new: Version) -> bool:
    """Whether a version is an update that npm's caret of another one takes."""
    if new.compare(old) < 0:
        return False
    if old.major or new.major:
        return bool(old.major == new.major)
    return bool(old.minor == new.minor and (old.minor or old.patch == new.patch))


def accepts(range_: str | None, version: str) -> bool:
    """Whether a range accepts a version; one that is no range accepts none."""
    return range_ is None or (valid_range(range_) and read_range(range_).accepts(version))


def _points(range_: str | None) -> set[str]:
    found = {"0.0.0"}
    if range_ is None or not valid_range(range_):
        return found
    for named in read_range(range_).named:
        major, minor, patch = named.core
        found |= {str(named), f"{major}.{minor}.{patch}", f"{major}.{minor}.{patch + 1}"}
        if named.tail:
            found.add(f"{named}.0")
    return found

"""To whom names in the shared database belong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable


def prefix_of(slug: str) -> str:
    """What the names of all tables of a module begin with."""
    return f"tenant_{slug.replace('-', '_')}_"


def belongs_to(table: str, slugs: Iterable[str]) -> str | None:
    """The module whose table it is: the one with the longest prefix that the name begins with."""
    fit = [each for each in slugs if table.startswith(prefix_of(each))]
    return max(fit, key=len, default=None)


def same_repository(one: str, other: str) -> bool:
    """Whether two addresses are of the same repository, as far as they say."""
    return _plain(one) == _plain(other)


def _plain(address: str) -> str:
    host = re.sub(r"^[a-z+]+://(?:[^@/]*@)?(?:www\.)?", "", address.strip().lower())
    return host.rstrip("/").removesuffix(".git")

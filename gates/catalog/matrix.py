"""Which versions of a module run on which versions of the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gates.catalog.versions import Precedence, compare, parse
from gates.records import dataclass


@dataclass(frozen=True)
class Row:
    """One version of a module, and whether it runs on each version of the platform."""

    version: str
    maturity: str
    oldest: str
    newest: str
    runs: tuple[bool, ...]
    standing: str = ""
    """What stands against it, in words."""


@dataclass(frozen=True)
class Matrix:
    """Versions of a module, newest first, against versions of the platform, oldest first."""

    slug: str
    platforms: tuple[str, ...]
    rows: tuple[Row, ...]


def platform_range(manifest: Mapping[str, Any]) -> tuple[str, str] | None:
    """The oldest and the newest platform version of a manifest, both included; None where one of
    them is no version."""
    matrix = manifest.get("compatibility_matrix")
    if not isinstance(matrix, Mapping):
        return None
    oldest, newest = matrix.get("min_axon_version"), matrix.get("max_axon_version")
    if not isinstance(oldest, str) or not isinstance(newest, str):
        return None
    return (oldest, newest) if parse(oldest) and parse(newest) else None


def runs_on(manifest: Mapping[str, Any], platform: str) -> bool:
    """Whether a platform version is in the range of a manifest."""
    found = platform_range(manifest)
    if found is None or parse(platform) is None:
        return False
    return compare(found[0], platform) <= 0 <= compare(found[1], platform)


def matrix(
    slug: str,
    versions: Sequence[tuple[str, str, Mapping[str, Any], str]],
    platforms: Iterable[str],
) -> Matrix:
    """The matrix of a module's versions (version, maturity, manifest, standing in words). Platform
    versions are those given and every end of a range."""
    ends = {end for _, _, manifest, _ in versions for end in platform_range(manifest) or ()}
    columns = tuple(sorted({*platforms, *ends}, key=Precedence))
    rows = [
        Row(
            version,
            maturity,
            *(platform_range(manifest) or ("", "")),
            tuple(runs_on(manifest, each) for each in columns),
            standing,
        )
        for version, maturity, manifest, standing in versions
    ]
    return Matrix(
        slug, columns, tuple(sorted(rows, key=lambda row: Precedence(row.version), reverse=True))
    )

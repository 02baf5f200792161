"""The SQL files of an older module in the order in which they ran, whatever their layout. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gates.module import Module
from gates.records import dataclass

FOLDERS = (
    "migrations/", "supabase/migrations/", "db/migrations/", "database/migrations/",
    "sql/migrations/", "db/", "database/", "sql/",
)  # fmt: skip
_DOWN = re.compile(r"(?:^|[/_.-])(?:rollbacks?|down|revert|undo)(?:[/_.-]|$)", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class OlderFiles:
    """What an older module has as migrations."""

    steps: tuple[str, ...]
    """Paths, in the order in which they ran."""
    doubled: Mapping[str, str]
    """Files with the content of an earlier one, by path, with that one."""
    others: tuple[str, ...]
    """Rollbacks and the like: SQL files in the same folder that are not run."""


def older_files(module: Module) -> OlderFiles:
    """The SQL files of the first folder that has any; numbers in their names count as numbers."""
    folder = next((f for f in FOLDERS if any(_is_sql(path, f) for path in module.files)), None)
    if folder is None:
        return OlderFiles((), {}, ())
    found = sorted((p for p in module.files if _is_sql(p, folder)), key=_natural)
    steps: dict[str, str] = {}
    doubled, others = {}, []
    for path in found:
        digest = module.files[path].sha256
        if _DOWN.search(path.removeprefix(folder)) or "/hooks/" in path:
            others.append(path)
        elif digest in steps:
            doubled[path] = steps[digest]
        else:
            steps[digest] = path
    return OlderFiles(tuple(steps.values()), doubled, tuple(others))


def _is_sql(path: str, folder: str) -> bool:
    return path.startswith(folder) and path.endswith(".sql")


def _natural(path: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (0, int(each), "") if each.isdigit() else (1, 0, each)
        for each in _DIGITS.split(path)
        if each
    )

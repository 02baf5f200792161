"""Migrations with their rollbacks, in every layout that the standard accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gates.lazy import pattern
from gates.module.model import Migration
from gates.records import dataclass

FOLDER = "migrations/"
ROLLBACK = "migrations/rollback/"

_STEP = pattern(r"migrations/(\d{1,9})_([^/]+)\.sql")
_DOWN = pattern(r"migrations/(\d{1,9})_[^/]*\.down\.sql")
_NUMBERED_DOWN = pattern(r"migrations/rollback_(\d{1,9})\.sql")
_FOLDER_DOWN = pattern(r"migrations/rollback/(\d{1,9})_[^/]+\.sql")
_HOOK = pattern(r"migrations/hooks/(pre_upgrade|post_upgrade)\.sql")


@dataclass(frozen=True)
class Layout:
    """Every SQL file under migrations/, by what its name says it is."""

    steps: tuple[tuple[int, str, str], ...]
    """Number, name and path, by number and then path."""
    rollbacks: Mapping[int, tuple[str, ...]]
    """Paths by number; the accepted layouts in the standard's order."""
    hooks: Mapping[str, str]
    unrecognised: tuple[str, ...]
    """SQL files whose names say nothing that the standard knows."""


def layout(paths: Iterable[str]) -> Layout:
    """Sort the paths of a module into steps, rollbacks, hooks and the rest."""
    steps: list[tuple[int, str, str]] = []
    down: dict[int, list[tuple[int, str]]] = {}
    hooks: dict[str, str] = {}
    unrecognised: list[str] = []
    for path in sorted(paths):
        if not path.startswith(FOLDER) or not path.endswith(".sql"):
            continue
        for order, each in enumerate((_FOLDER_DOWN, _NUMBERED_DOWN, _DOWN)):
            if match := each.fullmatch(path):
                down.setdefault(int(match[1]), []).append((order, path))
                break
        else:
            if match := _STEP.fullmatch(path):
                steps.append((int(match[1]), match[2], path))
            elif match := _HOOK.fullmatch(path):
                hooks[match[1]] = path
            else:
                unrecognised.append(path)
    rollbacks = {number: tuple(path for _, path in sorted(each)) for number, each in down.items()}
    return Layout(tuple(sorted(steps)), rollbacks, hooks, tuple(unrecognised))


def pair(found: Layout, text: Callable[[str], str]) -> tuple[Migration, ...]:
    """The migrations with the texts of both ways; the first rollback counts where there are two."""
    migrations = []
    for number, name, path in found.steps:
        rollback = found.rollbacks.get(number, (None,))[0]
        migrations.append(
            Migration(
                number, name, path, text(path), rollback, text(rollback) if rollback else None
            )
        )
    return tuple(migrations)

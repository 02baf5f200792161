"""From which released versions tenants may come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gates.checks.test._window import starting_points


@dataclass
class Row:
    released_at: str
    manifest: dict[str, object] = field(default_factory=dict)


@dataclass
class Released:
    version: str
    row: Row


def points(*released: Released) -> list[str]:
    return [each.version for each in starting_points(released, date(2026, 11, 24))]


def test_the_newest_is_always_a_starting_point():
    assert points(Released("1.0.0", Row("2020-01-01T00:00:00Z"))) == ["1.0.0"]
    assert points() == []


def test_so_is_what_a_rollback_can_reach():
    new = Released("1.2.0", Row("2026-11-22T10:00:00Z"))
    old = Released("1.1.0", Row("2026-01-01T00:00:00Z"))
    oldest = Released("1.0.0", Row("2025-01-01T00:00:00Z"))
    assert points(new, old, oldest) == ["1.2.0", "1.1.0"]
    new.row.manifest["rollback_window_hours"] = 24
    assert points(new, old, oldest) == ["1.2.0"]
    old.row.manifest["rollback_window_hours"] = 8760
    assert points(new, old, oldest) == ["1.2.0", "1.1.0", "1.0.0"]

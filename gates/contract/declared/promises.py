"""What the manifest promises about running a module (how long rows are kept, how long a release
can be rolled back, how its health is asked) and what it only says about it."""

from __future__ import annotations

from collections.abc import Iterator

from gates.contract.model import Bump, Change
from gates.module import Document, Key
from gates.module.document import show

ROLLBACK_HOURS = 48
"""The default of `rollback_window_hours` (platform standard, section 2)."""

_ELSEWHERE = {
    "$schema", "version", "migrations", "breaking", "api_endpoints", "events", "permissions",
    "jobs", "environment_variables", "compatibility_matrix", "dependencies", "packages",
    "database_tables", "data_retention", "rollback_window_hours", "health_check",
    "slug", "maturity_status",
}  # fmt: skip
"""Keys that are no metadata: compared in places of their own, or said by the version itself."""


def compare_retention(old: Document, new: Document) -> Iterator[Change]:
    """Rows that were kept and are deleted by the job MODULE_PURGE are a break: nothing brings them
    back. Where nothing is purged, a number of days breaks nobody."""
    purged, purges = _flag(old, "auto_purge", False), _flag(new, "auto_purge", False)
    before, after = _days(old), _days(new)
    places = (
        old.at("data_retention", "default_retention_days"),
        new.at("data_retention", "default_retention_days"),
    )
    if purges and not purged:
        days = "expired rows" if after is None else f"rows older than {after} days"
        yield Change(
            "retention", "retention:auto_purge", Bump.MAJOR,
            f"{days} are deleted by the platform now, and were kept",
            old.at("data_retention", "auto_purge"), new.at("data_retention", "auto_purge"),
            "an expired row was kept, and is deleted"
            if after is None
            else f"a row that is {after + 1} days old was kept, and is deleted",
        )  # fmt: skip
    elif purged and not purges:
        yield Change(
            "retention", "retention:auto_purge", Bump.MINOR,
            "expired rows are kept, and were deleted by the platform; tell who promised otherwise",
            old.at("data_retention", "auto_purge"), new.at("data_retention", "auto_purge"),
        )  # fmt: skip
    if before != after:
        sooner = after is not None and (before is None or after < before)
        breaks = sooner and before is not None and purged and purges
        gone = f"a row that is {(after or 0) + 1} days old was kept, and is deleted"
        yield Change(
            "retention", "retention:default_retention_days", Bump.MAJOR if breaks else Bump.MINOR,
            f"rows are kept {_for(after)}, and were kept {_for(before)}",
            *places,
            gone if breaks else None,
        )  # fmt: skip
    if _flag(old, "export_before_purge", True) != _flag(new, "export_before_purge", True):
        lost = not _flag(new, "export_before_purge", True)
        breaks = lost and purged and purges
        yield Change(
            "retention", "retention:export_before_purge", Bump.MAJOR if breaks else Bump.MINOR,
            "expired rows are not exported any more before they are deleted"
            if lost
            else "expired rows are exported before they are deleted",
            old.at("data_retention", "export_before_purge"),
            new.at("data_retention", "export_before_purge"),
            "an expired row was in the export, and is in none" if breaks else None,
        )  # fmt: skip


def _flag(document: Document, key: str, default: bool) -> bool:
    value = document.get("data_retention", key)
    return value if isinstance(value, bool) else default


def _days(document: Document) -> int | None:
    value = document.get("data_retention", "default_retention_days")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _for(days: int | None) -> str:
    return "for no stated time" if days is None else f"for {days} days"


def compare_operation(old: Document, new: Document) -> Iterator[Change]:
    """The rollback window and the health check: for operators, who read them from the manifest of
    the version that runs, so that no change of them breaks a caller."""
    key = "rollback_window_hours"
    before, after = _hours(old), _hours(new)
    if before != after:
        shorter = after < before
        yield Change(
            "operation", f"operation:{key}", Bump.MINOR if shorter else Bump.PATCH,
            f"a release can be rolled back for {after} hours, it was {before}"
            + (": operators have less time" if shorter else ""),
            old.at(key), new.at(key),
        )  # fmt: skip
    one, other = old.get("health_check"), new.get("health_check")
    if one != other:
        came_or_went = one is None or other is None
        what = "is new" if one is None else "is gone" if other is None else "has changed"
        yield Change(
            "operation", "operation:health_check", Bump.MINOR if came_or_went else Bump.PATCH,
            f"the health check {what}",
            old.at("health_check") if one is not None else None,
            new.at("health_check") if other is not None else None,
        )  # fmt: skip


def _hours(document: Document) -> int | float:
    value = document.get("rollback_window_hours")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number else ROLLBACK_HOURS


def compare_identity(old: Document, new: Document) -> Iterator[Change]:
    """The slug, which everything is named after, and the maturity, which announces an end."""
    one, other = old.get("slug"), new.get("slug")
    if one != other:
        yield Change(
            "metadata", "metadata:slug", Bump.MAJOR,
            f"the module is called {show(other)} and was called {show(one)}: to everybody who names"
            " it, it is another module",
            old.at("slug"), new.at("slug"), f"a dependency on {show(one)} was met, and is not",
        )  # fmt: skip
    one, other = old.get("maturity_status"), new.get("maturity_status")
    if one != other:
        ends = other in ("DEPRECATED", "RETIRED")
        yield Change(
            "metadata", "metadata:maturity_status", Bump.MINOR if ends else Bump.PATCH,
            f"the module is {show(other)}, it was {show(one)}"
            + ("; SemVer 2.0.0 (section 7) announces that with a minor version" if ends else ""),
            old.at("maturity_status"), new.at("maturity_status"),
        )  # fmt: skip


def compare_metadata(old: Document, new: Document) -> Iterator[Change]:
    """Everything that describes, sells or finds a module: no program reads it to call one."""
    before = old.value if isinstance(old.value, dict) else {}
    after = new.value if isinstance(new.value, dict) else {}
    for key in sorted({*before, *after} - _ELSEWHERE):
        if key.startswith("x-") or before.get(key) == after.get(key):
            continue
        pointer: tuple[Key, ...] = (key,)
        word = "is new" if key not in before else "is gone" if key not in after else "has changed"
        yield Change(
            "metadata", f"metadata:{key}", Bump.PATCH, f"the key {key} of module.json {word}",
            old.key(*pointer) if key in before else None,
            new.key(*pointer) if key in after else None,
        )  # fmt: skip

"""The difference between what two manifests promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gates.contract.declared.compatibility import (
    compare_dependencies,
    compare_packages,
    compare_platform,
)
from gates.contract.declared.endpoints import compare_endpoints
from gates.contract.declared.entries import entries_by, gone, whole_text
from gates.contract.declared.environment import compare_environment
from gates.contract.declared.messages import compare_events, compare_jobs, compare_permissions
from gates.contract.declared.promises import (
    compare_identity,
    compare_metadata,
    compare_operation,
    compare_retention,
)
from gates.contract.model import Bump, Change
from gates.module import Document

Compare = Callable[[Document, Document], Iterator[Change]]


def compare_tables(old: Document, new: Document) -> Iterator[Change]:
    """Tables that a manifest declares; what becomes of their columns the database knows."""
    before, after = (
        entries_by(old, whole_text, "database_tables"),
        entries_by(new, whole_text, "database_tables"),
    )
    for name, entry in gone(before, after):
        yield Change(
            "database", f"table:{name}", Bump.MAJOR, f"the table {name} is gone, with its rows",
            old=entry.at(), example=f"SELECT * FROM {name}",  # noqa: S608 - text for people
        )  # fmt: skip
    for name, entry in gone(after, before):
        yield Change(
            "database", f"table:{name}", Bump.MINOR, f"the table {name} is new", new=entry.at()
        )


PARTS: tuple[Compare, ...] = (
    compare_identity,
    compare_endpoints,
    compare_events,
    compare_permissions,
    compare_jobs,
    compare_environment,
    compare_platform,
    compare_dependencies,
    compare_packages,
    compare_tables,
    compare_retention,
    compare_operation,
    compare_metadata,
)


def compare_manifests(old: Document, new: Document) -> list[Change]:
    """Every difference, part by part. Entries are known by name, so that their order is none.

    Values that `manifest-schema` reports count as not being there.
    """
    return [change for compare in PARTS for change in compare(old, new)]

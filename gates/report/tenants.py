"""What the commands about modules at tenants print: lines for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.records import asdict
from gates.report.catalog import table
from gates.report.escaping import one_line

if TYPE_CHECKING:
    from gates.tenants import Purged, Upgraded
    from gates.tenants.store import Condition


def health(conditions: Sequence[Condition]) -> str:
    """One line for each check: its name, ok, bad or unknown, and what was seen."""
    return table([(each.check, each.state, one_line(each.detail)) for each in conditions])


def upgrades(ended: Sequence[Upgraded]) -> str:
    """One line for each upgrade."""
    if not ended:
        return "no upgrade is due\n"
    return table(
        [
            (each.tenant, each.slug, f"{each.before} > {each.after}", each.state)
            + ((one_line(each.failure),) if each.failure else ("",))
            for each in ended
        ]
    )


def purges(done: Sequence[Purged]) -> str:
    """One line for each table of which rows were taken out, or could not be."""
    if not done:
        return "nothing is expired\n"
    return table(
        [
            (
                each.slug,
                each.table,
                str(each.rows),
                "dropped" if each.dropped else "kept" if each.failure else "deleted",
                one_line(each.failure) or each.file,
            )
            for each in done
        ]
    )


def stats(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line for each module."""
    if not rows:
        return "the catalog holds no module yet\n"
    head = ("module", "versions", "newest", "tenants", "errors", "calls", "cost", "states")
    lines = [
        (
            row["module_slug"],
            str(row["versions"]),
            row["newest"] or "",
            str(row["tenants"]),
            str(row["errors"]),
            str(row["calls"]),
            f"{row['cost']:.2f}",
            ", ".join(f"{name} {count}" for name, count in sorted(row["by_state"].items())),
        )
        for row in rows
    ]
    return table([head, *lines])


def as_json(rows: Sequence[Any]) -> str:
    """The same as JSON; times and amounts are texts."""
    plain_rows = [dict(each) if isinstance(each, Mapping) else asdict(each) for each in rows]
    return json.dumps(plain_rows, indent=2, default=str) + "\n"

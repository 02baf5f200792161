"""Each leak's script is run once more, alone, on a fresh copy, before anybody is accused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from gates.database import Clone, Database
from gates.database.proofs.isolation.views_and_functions import Exposure
from gates.database.proofs.tenants.outcomes import Leak
from gates.database.proofs.tenants.replay import COMMITS, PSQL_PATH, shows
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.records import dataclass, replace

Seen = TypeVar("Seen", Leak, Exposure)


@dataclass(frozen=True)
class Confirmed:
    """What the proof saw, sorted by whether its scripts show it."""

    leaks: tuple[Leak, ...]
    exposures: tuple[Exposure, ...]
    not_shown: tuple[Leak | Exposure, ...] = ()


def confirm(
    database: Database, tenants: Tenants, leaks: Sequence[Leak], exposures: Sequence[Exposure]
) -> Confirmed:
    """Run every script on a copy of the module in use. One that shows nothing is tried once more
    with the other rows that the proof had; what then shows it is what is printed.

    A server whose role is no superuser cannot run them: there the proof's own attempts count.
    """
    if not (leaks or exposures) or not database.workspace.superuser:
        return Confirmed(tuple(leaks), tuple(exposures))
    with database.clone("in use") as clone:
        trial = _Trial(database, clone, tenants)
        shown_leaks, other_leaks = trial.sorted_out(leaks)
        shown, other = trial.sorted_out(exposures)
    return Confirmed(shown_leaks, shown, (*other_leaks, *other))


@dataclass(frozen=True)
class _Trial:
    database: Database
    clone: Clone
    tenants: Tenants

    def sorted_out(self, seen: Sequence[Seen]) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
        """Those whose script shows it, and the others."""
        shown: list[Seen] = []
        others: list[Seen] = []
        for each in seen:
            if isinstance(each, Exposure) and each.shown:
                shown.append(each)
                continue
            for script in (each.script, self._fuller(each)):
                if self._shows(script):
                    shown.append(replace(each, script=script))
                    break
            else:
                others.append(each)
        return tuple(shown), tuple(others)

    def _shows(self, script: str) -> bool:
        with contextlib.ExitStack() as stack:
            clone = self.clone
            if COMMITS in script:  # what it leaves behind is nothing for the next script
                clone = stack.enter_context(self.database.clone("in use"))
            session = clone.workspace.connect(clone.name, search_path=PSQL_PATH)
            return shows(session, script, self.tenants.a, self.tenants.b, self.database.limit)

    def _fuller(self, seen: Leak | Exposure) -> str:
        """The script with the rows of the platform, and those of tenant A that are no rows of the
        table itself: policies and functions may ask them."""
        maker = self.tenants.maker
        about = seen.table.oid if isinstance(seen, Leak) else None
        extra = [
            family
            for (oid, tenant), row in maker.made.items()
            if (oid not in maker.own_tables and tenant in {self.tenants.a, self.tenants.b})
            or tenant == self.tenants.a
            for family in [row.family()]
            if all(each.table.oid != about for each in family)
        ]
        return self._with_rows(seen.script, dict.fromkeys(r for each in extra for r in each))

    def _with_rows(self, script: str, rows: Iterable[Row]) -> str:
        before, begin, after = script.rpartition("BEGIN;\n")
        for row in rows:
            after = after.replace(f"{row.statement()};\n", "", 1)
        made = "".join(f"{line}\n" for line in self.tenants.made(list(rows)))
        return f"{before}{begin}{made}{after}"

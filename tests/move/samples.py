"""Pages of a move as the browser looks at them: a run that goes on, one that was taken back, and
the grounds of a decision."""

from __future__ import annotations

from gates.move.decide import decide
from gates.move.journal import Entry
from gates.move.progress import progress
from gates.move.read import load_plan
from gates.move.record import Injected, Rehearsal, Rehearsed
from gates.report.migration import decision_page, status_page
from tests.move.conftest import EXAMPLE

PLAN = load_plan(EXAMPLE)


def rehearsal() -> Rehearsal:
    """Ten rehearsals, all rolled back, and one fault."""
    return Rehearsal(
        PLAN.sha256, "2027-03-01T00:00:00+00:00", "generated", 100, "PostgreSQL",
        tuple(Rehearsed(True, 60.0 + n, {"move-modules": 50.0 + n}, 30.0, True) for n in range(10)),
        (Injected("kill -9", "move-modules", True, "went on"),),
    )  # fmt: skip


def pages() -> dict[str, str]:
    """By the name of the file."""
    begun = [
        Entry("opened", 100.0), Entry("began", 101.0, "close-platform"),
        Entry("ended", 103.0, "close-platform", 2.0, figures={"sessions ended": "4"}),
        Entry("began", 103.0, "full-backup"),
    ]  # fmt: skip
    undone = [
        *begun, Entry("failed", 160.0, "full-backup", 57.0, "pg_dump failed: File too large"),
        Entry("stopped", 160.0, note="full-backup: pg_dump failed: File too large"),
        Entry("rollback", 200.0), Entry("began", 200.0, "restore-backup"),
        Entry("ended", 240.0, "restore-backup", 40.0, figures={"kept": "axon_moved_1"}),
        Entry("rolled-back", 240.0),
    ]  # fmt: skip
    measured = {"rehearsals": 10.0, "rehearsed-rollbacks": 10.0, "worst-rollback-minutes": 0.5}
    return {
        "migration-running.html": status_page(progress(PLAN, begun), 160.0),
        "migration-live.html": status_page(progress(PLAN, begun), 160.0, live=True),
        "migration-stopped.html": status_page(progress(PLAN, undone[:6]), 170.0),
        "migration-undone.html": status_page(progress(PLAN, undone), 250.0),
        "migration-decision.html": decision_page(PLAN, decide(PLAN, measured), (rehearsal(),), ()),
    }

"""Runs the steps of a plan, one after the other, as far as its limits allow; and the way back.

Each step is journaled before it begins and after it ended. One that began and did not end is run
again by the next run: built-in actions find out themselves what is done, a command only where its
check passes already or the plan calls it repeatable.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from gates.errors import CouldNotCheckError, GatesError
from gates.move.actions import RUN
from gates.move.journal import Entry, Journal
from gates.move.place import Deadline, Place, StepFailedError
from gates.move.plan import Plan, Step, minutes
from gates.move.progress import DONE, Progress, progress
from gates.records import dataclass, replace

NEVER = 1e9
"""Seconds: no limit of the window, in rehearsals that measure how long things take."""


def _nothing(_what: object) -> None:
    return None


@dataclass(frozen=True)
class Hooks:
    """What happens beside the steps; a rehearsal puts its faults here."""

    before: Callable[[Step], object] = _nothing
    """Called when a step has begun, inside its limit."""
    after: Callable[[Step], object] = _nothing
    """Called when its work is done and the journal does not say so yet."""
    show: Callable[[Progress], object] = _nothing
    """Called after each entry of the journal."""


def run(plan: Plan, place: Place, journal: Journal, hooks: Hooks = Hooks()) -> Progress:
    """Run what is not done yet. How it ended is in the state: "done" or "stopped".

    Raises `CouldNotCheckError` for a journal of another plan or database.
    """
    found = _open(plan, place, journal)
    if found.state in ("rolling back", "rolled back"):
        raise CouldNotCheckError(
            f"this run is {found.state}", hint="begin a new one in another folder"
        )
    while found.state != "done" and (step := found.next) is not None:
        if reason := _too_late(plan, found, step, journal.time()):
            return _add(
                plan, journal, hooks, Entry("stopped", journal.time(), step.id, note=reason)
            )
        ran = next(each for each in found.steps if each.step is step)
        found = _one(plan, place, journal, hooks, step, again=ran.tries > 0)
        if next(each for each in found.steps if each.step.id == step.id).state != DONE:
            note = next(each.note for each in found.steps if each.step.id == step.id)
            return _add(
                plan, journal, hooks, Entry("stopped", journal.time(), note=f"{step.id}: {note}")
            )
    if found.state != "done":
        found = _add(plan, journal, hooks, Entry("finished", journal.time()))
    return found


def roll_back(plan: Plan, place: Place, journal: Journal, hooks: Hooks = Hooks()) -> Progress:
    """Undo everything: each step's own command of the way back, the last one's first, then the
    plan's rollback. May be called again after it was interrupted.

    Raises `CouldNotCheckError` after the point of no return, and where nothing ran.
    """
    found = _open(plan, place, journal)
    if not found.returns:
        raise CouldNotCheckError("the point of no return is behind: nothing is rolled back")
    if found.state == "rolled back":
        return found
    _add(plan, journal, hooks, Entry("rollback", journal.time()))
    began = {f"undo-{each.step.id}" for each in found.steps if each.tries}
    for step in (*(each for each in plan.undoing if each.id in began), *plan.rollback):
        found = progress(plan, journal.entries)
        before = next(each for each in found.back if each.step.id == step.id)
        if before.state == DONE:
            continue
        found = _one(plan, place, journal, hooks, step, again=before.tries > 0)
        after = next(each for each in found.back if each.step.id == step.id)
        if after.state != DONE:
            return _add(
                plan,
                journal,
                hooks,
                Entry("stopped", journal.time(), note=f"{step.id}: {after.note}"),
            )
    return _add(plan, journal, hooks, Entry("rolled-back", journal.time()))


def _open(plan: Plan, place: Place, journal: Journal) -> Progress:
    opened = next((each for each in journal.entries if each.event == "opened"), None)
    if opened is None:
        journal.add(
            Entry("opened", journal.time(), figures={"plan": plan.sha256, "place": place.identity})
        )
    elif opened.figures.get("plan") != plan.sha256:
        raise CouldNotCheckError(
            f"{journal.path} is of another plan than this file",
            hint="take the file that the run began with",
        )
    elif (began := opened.figures.get("place", "")) != place.identity:
        raise CouldNotCheckError(
            f"{journal.path} is of {began or 'a place that it does not name'}, and this is"
            f" {place.identity or 'not named'}",
            hint="--database and --database-url of the run that began, or another --folder",
        )
    return progress(plan, journal.entries)


def _add(plan: Plan, journal: Journal, hooks: Hooks, entry: Entry) -> Progress:
    journal.add(entry)
    found = progress(plan, journal.entries)
    hooks.show(found)
    return found


def _too_late(plan: Plan, found: Progress, step: Step, at: float) -> str:
    """Why a step may not begin any more; "" where it may."""
    spent = at - found.started
    if spent > plan.window:
        return f"the window of {minutes(plan.window)} is over"
    if found.returns and not step.point_of_no_return and spent + step.limit > plan.last_rollback:
        return (
            f"{step.id} may take {minutes(step.limit)}, and a rollback must begin by minute"
            f" {plan.last_rollback / 60:.4g} of the window"
        )
    return ""


def _one(
    plan: Plan, place: Place, journal: Journal, hooks: Hooks, step: Step, *, again: bool
) -> Progress:
    _add(plan, journal, hooks, Entry("began", journal.time(), step.id))
    started = time.monotonic()
    deadline = Deadline(step.limit, started)
    try:
        hooks.before(step)
        figures = _work(place, step, deadline, again=again)
        deadline.left()
        hooks.after(step)
    except GatesError as error:
        ended = Entry("failed", journal.time(), step.id, time.monotonic() - started, error.message)
    except OSError as error:
        ended = Entry("failed", journal.time(), step.id, time.monotonic() - started, str(error))
    else:
        ended = Entry("ended", journal.time(), step.id, time.monotonic() - started, figures=figures)
    return _add(plan, journal, hooks, ended)


def _work(place: Place, step: Step, deadline: Deadline, *, again: bool) -> Mapping[str, str]:
    if step.action:
        figures = RUN[step.action](place, deadline)
        if step.check is not None:
            _checked(place, step, deadline)
        return figures
    if again and not step.repeatable:
        # What it did before it was interrupted is not known; its check alone can tell.
        try:
            _checked(place, step, deadline)
        except StepFailedError as error:
            raise StepFailedError(
                f"it was interrupted, is not repeatable, and its check says: {error.message}"
            ) from error
        return {"again": "its check passes already"}
    place.command([_filled(place, each) for each in step.command], deadline)
    _checked(place, step, deadline)
    return {}


def _checked(place: Place, step: Step, deadline: Deadline) -> None:
    check = step.check
    if check is None:
        raise StepFailedError("nothing shows that it did what it should")
    if check.command:
        place.command([_filled(place, each) for each in check.command], deadline)
        return
    with place.session(
        deadline, default_transaction_read_only="on", search_path="public"
    ) as connection:
        connection.execute("BEGIN READ ONLY")
        rows = connection.execute(check.sql.encode()).fetchall()
        connection.execute("ROLLBACK")
    values = [str(each) for row in rows for each in row]
    if values != [check.expect]:
        shown = ", ".join(values)[:100] or "nothing"
        raise StepFailedError(f"its check gives {shown} and not {check.expect}")


def _filled(place: Place, argument: str) -> str:
    """An argument with what the run knows in the place of {database} and {backup}."""
    known = {"database": place.database, "backup": str(place.backup / "dump")}
    return re.sub(r"\{(database|backup)\}", lambda found: known[found[1]], argument)


def without_window(plan: Plan) -> Plan:
    """The same plan in an endless window: what a rehearsal runs."""
    return replace(plan, window=NEVER)

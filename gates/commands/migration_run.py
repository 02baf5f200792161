"""`gates migration run`, `rollback` and `report`: the real move, and the case for it."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.migration_place import (
    DATABASE,
    FOLDER,
    KEY,
    PLAN,
    POLICY,
    URL,
    folder_of,
    load,
    place_of,
    real_server,
    sound,
)
from gates.commands.options import settings_of
from gates.errors import CouldNotCheckError, RefusedError, UsageError

if TYPE_CHECKING:
    from gates.move.decide import Judged
    from gates.move.place import Place
    from gates.move.plan import Plan
    from gates.move.progress import Progress
    from gates.move.record import Rehearsal
    from gates.settings import Settings


@click.command("run")
@PLAN
@DATABASE
@FOLDER
@URL
@KEY
@POLICY
@click.option(
    "--despite-no-go", metavar="REASON", help="Begin although a criterion is not met; signed."
)
def migration_run(
    plan_file: Path, database: str, folder: Path | None, despite_no_go: str | None, **given: Any
) -> NoReturn:
    """Run PLAN on the real database, or go on with a run that was interrupted or stopped.

    Begins only where the plan's criteria say go. Writes FOLDER/status.html after each step and
    stops at the limits: exit code 1, and `gates migration rollback` undoes what was done.
    """
    from gates.move.alone import alone
    from gates.move.decide import go
    from gates.move.engine import Hooks, run
    from gates.move.journal import Journal

    settings = settings_of(**given)
    plan = sound(plan_file)
    target = folder_of(plan_file, folder)
    place = place_of(plan, plan_file, settings, real_server(settings), database, target)
    with Journal(target) as journal:
        judged = () if journal.entries else _judged(plan, target, settings, place)
        for each in judged:
            click.echo(str(each))
        if not journal.entries and not go(judged) and not despite_no_go:
            raise RefusedError(
                ["no-go: " + "; ".join(str(e) for e in judged if not e.met)],
                hint="gates migration rehearse, or --despite-no-go REASON",
            )
        with alone(place) as here:
            found = run(plan, here, journal, Hooks(show=lambda now: _show(now, target)))
        said = [
            *map(str, judged),
            *([f"despite no-go: {despite_no_go}"] if despite_no_go else []),
        ]
        _sign(plan, journal.entries, found, said, target, settings)
    raise SystemExit(0 if found.state == "done" else 1)


@click.command("rollback")
@PLAN
@DATABASE
@FOLDER
@URL
@KEY
def migration_rollback(
    plan_file: Path, database: str, folder: Path | None, **given: Any
) -> NoReturn:
    """Undo a run: the backup is restored into a fresh database, compared, and put in the place.

    May be called again after it was interrupted. Refused behind the point of no return.
    """
    from gates.move.alone import alone
    from gates.move.engine import Hooks, roll_back
    from gates.move.journal import Journal, read

    settings = settings_of(**given)
    plan = load(plan_file)
    target = folder_of(plan_file, folder)
    if not read(target):
        raise UsageError(f"nothing was run in {target}", hint="--folder names that of the run")
    place = place_of(plan, plan_file, settings, real_server(settings), database, target)
    with Journal(target) as journal:
        with alone(place) as here:
            found = roll_back(plan, here, journal, Hooks(show=lambda now: _show(now, target)))
        _sign(plan, journal.entries, found, [], target, settings)
    raise SystemExit(0 if found.state == "rolled back" else 1)


@click.command("report")
@PLAN
@click.argument("page", type=click.Path(path_type=Path, dir_okay=False))
@DATABASE
@FOLDER
@URL
@KEY
@POLICY
def migration_report(
    plan_file: Path, page: Path, database: str, folder: Path | None, **given: Any
) -> NoReturn:
    """Write PAGE for the people who decide: criteria, rehearsed times, faults.

    Without a server, what would be measured there is shown as not measured, which is no-go.
    """
    from gates.move.decide import go
    from gates.move.judge_plan import faults
    from gates.report.migration import decision_page

    settings = settings_of(**given)
    plan = load(plan_file)
    target = folder_of(plan_file, folder)
    series = _series(plan, target, settings)
    place = None
    if settings.database_url:
        place = place_of(plan, plan_file, settings, settings.database_url, database, target)
    judged = _judged(plan, target, settings, place)
    found = faults(plan)
    _write(page, decision_page(plan, judged, series, found))
    for each in judged:
        click.echo(str(each))
    raise SystemExit(0 if go(judged) and not found else 1)


def _series(plan: Plan, folder: Path, settings: Settings) -> tuple[Rehearsal, ...]:
    from gates.evidence.keys import Trust
    from gates.move.record import read_rehearsals
    from gates.settings import load_policy

    policy = load_policy(Path.cwd() / "migration", settings.policy)
    return read_rehearsals(folder, plan, Trust.of(policy, settings, datetime.now(UTC).date()))


def _judged(
    plan: Plan, folder: Path, settings: Settings, place: Place | None
) -> tuple[Judged, ...]:
    """The criteria, held against the records and what is measured now."""
    import shutil

    from gates.move.decide import decide, from_rehearsals
    from gates.move.place import Deadline

    now = datetime.now(UTC)
    size = None
    if place is not None:
        # A size that is not known leaves its criteria unmeasured, which is no-go.
        with contextlib.suppress(CouldNotCheckError), place.session(Deadline.of(30)) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            size = int(row[0]) if row else None
    measured = from_rehearsals(plan, _series(plan, folder, settings), now, size)
    if size:
        measured["free-space"] = shutil.disk_usage(folder).free / size
    left = plan.starts.timestamp() + plan.window - now.timestamp()
    measured["minutes-left"] = min(left, plan.window) / 60
    return decide(plan, measured)


def _show(found: Progress, folder: Path) -> None:
    """The status in the terminal, and the pages beside the journal."""
    from gates.move.journal import now
    from gates.report.migration import LIVE, STILL, status_page, status_text

    at = max(now(), found.last)  # the clock may have been put back
    click.echo(status_text(found, at), nl=False)
    with contextlib.suppress(OSError):  # a full disk must not end a run that it does not touch
        for name in (STILL, LIVE):
            _write(folder / name, status_page(found, at, live=name == LIVE))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)


def _sign(
    plan: Plan, entries: Any, found: Progress, said: list[str], folder: Path, settings: Settings
) -> None:
    from gates.move import record

    payload = record.run_payload(plan, entries, found.state, said)
    click.echo(f"signed: {record.write(payload, folder, 'run', settings)}")

"""Rehearses a plan on copies of a database: forwards, back, and with faults at its steps."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.database.server.driver import connect, parts_shown
from gates.errors import CouldNotCheckError
from gates.move import faults, legacy, stand_in
from gates.move.backup import equals_backup
from gates.move.engine import Hooks, roll_back, run, without_window
from gates.move.journal import Journal
from gates.move.place import Deadline, Place, StepFailedError, identifier
from gates.move.plan import Plan
from gates.move.progress import Progress
from gates.move.record import Injected, Rehearsal, Rehearsed
from gates.records import dataclass, replace

if TYPE_CHECKING:
    import psycopg

PRISTINE = "gates_rehearsal_source"
COPY = "gates_rehearsal"
Tell = Callable[[str], object]


@dataclass(frozen=True)
class Source:
    """What is rehearsed on: a generated world of a size, or a dump in pg_dump's directory format.

    With neither, the database itself is cloned: nobody may be connected to it.
    """

    generated: legacy.Size | None = None
    dump: Path | None = None
    database: str = ""

    def __str__(self) -> str:
        if self.generated:
            size = self.generated
            return (
                f"generated: {size.organisations} organisations, {size.modules} modules, seed"
                f" {size.seed}"
            )
        return f"dump {self.dump.name}" if self.dump else f"clone of {self.database}"


def stand_ins(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Fill a new catalog with the stand-ins of a generated world."""
    stand_in.release(connection, legacy.MODULES)


def rehearse(
    plan: Plan,
    place: Place,
    source: Source,
    *,
    times: int,
    rollbacks: int,
    with_faults: bool = True,
    tell: Tell = lambda _: None,
) -> Rehearsal:
    """Run the plan `times` times on fresh copies, roll the first `rollbacks` of them back, and
    inject each fault once. Raises `StepFailedError` where no copy can be made."""
    if rollbacks > times:
        raise CouldNotCheckError("there cannot be more rollbacks than rehearsals")
    plan = without_window(plan)
    with _pristine(place, source) as (base, size):
        made = []
        for number in range(1, times + 1):
            one = _once(plan, base, back=number <= rollbacks)
            made.append(one)
            tell(f"rehearsal {number} of {times}: {_shown(one)}")
        spent = {name: seconds for each in made for name, seconds in each.steps.items()}
        hit = []
        for fault in faults.all_faults(plan) if with_faults else ():
            came = _with_fault(plan, base, fault, spent.get(fault.step.id, 1.0) / 2)
            hit.append(came)
            tell(f"{came.fault} at {came.step}: {came.outcome}")
        server = _server(base)
    return Rehearsal(
        plan.sha256, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"), str(source), size,
        server, tuple(made), tuple(hit),
    )  # fmt: skip


def _shown(one: Rehearsed) -> str:
    back = "" if one.rollback is None else f", back in {one.rollback:.1f} s"
    equal = "" if one.equal is None else (", equal" if one.equal else ", NOT equal")
    return f"{one.seconds:.1f} s{back}{equal}{'' if one.passed else f': FAILED, {one.note}'}"


@contextlib.contextmanager
def _pristine(place: Place, source: Source) -> Iterator[tuple[Place, int]]:
    """A database that every rehearsal is a copy of, its size, and the place beside it."""
    folder = Path(tempfile.mkdtemp(prefix="gates-rehearsal-"))
    base = replace(place, database=COPY, folder=folder)
    name = PRISTINE
    try:
        if source.generated:
            stand_in.write_modules(folder / "modules", legacy.MODULES)
            base = replace(base, modules=folder / "modules", releases=stand_ins)
            _create(base, name, "template0")
            with connect(base.url, timeout=600.0, database=name) as connection:
                legacy.make(connection, source.generated)
        elif source.dump:
            _create(base, name, "template0")
            base.program(
                "pg_restore",
                ["--exit-on-error", f"--jobs={base.jobs}", "--dbname", name, str(source.dump)],
                Deadline.of(86400), name,
            )  # fmt: skip
        else:
            name = source.database
        with connect(base.url, timeout=60.0, database="postgres") as connection:
            size = connection.execute("SELECT pg_database_size(%s)", (name,)).fetchone()
        yield replace(base, options={"pristine": name}), int(size[0]) if size else 0
    finally:
        _drop(base, COPY)
        if name == PRISTINE:
            _drop(base, name)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _copy(base: Place) -> Iterator[Place]:
    """A fresh copy with a folder of its own."""
    folder = Path(tempfile.mkdtemp(dir=base.folder, prefix="run-"))
    _drop(base, COPY)
    _create(base, COPY, base.options["pristine"])
    try:
        yield replace(base, folder=folder)
    finally:
        _drop(base, COPY)
        shutil.rmtree(folder, ignore_errors=True)


def _once(plan: Plan, base: Place, *, back: bool) -> Rehearsed:
    with _copy(base) as place, Journal(place.folder) as journal:
        plan_here = replace(plan, steps=_returnable(plan)) if back else plan
        found = run(plan_here, place, journal)
        steps = {each.step.id: each.seconds for each in found.steps if each.tries}
        total = sum(steps.values())
        if found.state != "done":
            return Rehearsed(False, total, steps, note=found.note)
        if not back:
            return Rehearsed(True, total, steps)
        ended = roll_back(plan_here, place, journal)
        seconds = sum(each.seconds for each in ended.back)
        equal = ended.state == "rolled back" and not equals_backup(place, Deadline.of(3600))
        return Rehearsed(equal, total, steps, seconds, equal, ended.note)


def _returnable(plan: Plan) -> tuple[Any, ...]:
    """The steps as a rehearsal of the rollback runs them: all, with none that forbids it."""
    return tuple(replace(each, point_of_no_return=False) for each in plan.steps)


def _with_fault(plan: Plan, base: Place, fault: faults.Fault, seconds: float) -> Injected:
    """Let one fault happen; then the run goes on, or is rolled back, and what comes out is held
    against what it should be."""
    with _copy(base) as place:
        outcome, survived = "", False
        try:
            first = _hit(plan, place, fault, seconds)
            if isinstance(first, str):
                return Injected(fault.kind, fault.step.id, False, first)
            with Journal(place.folder) as journal:
                if fault.kind == faults.BAD_TARGET:
                    ended = roll_back(replace(plan, steps=_returnable(plan)), place, journal)
                    different = equals_backup(place, Deadline.of(3600))
                    survived = ended.state == "rolled back" and not different
                    outcome = f"found ({first.note}); rolled back, equals the backup"
                else:
                    ended = run(plan, place, journal)
                    survived = ended.state == "done"
                    outcome = f"{_first_end(first)}; went on to the end, and validated"
                if not survived:
                    outcome = f"{_first_end(first)}; then {ended.state}: {ended.note}"
        except StepFailedError as error:
            outcome = error.message
    return Injected(fault.kind, fault.step.id, survived, outcome[:400])


def _first_end(found: Progress) -> str:
    if found.state == "stopped":
        return f"stopped ({found.note})"
    return "ended in the middle" if found.state == "running" else "set aside, no stop"


def _hit(plan: Plan, place: Place, fault: faults.Fault, seconds: float) -> Progress | str:
    """The first run, up to the fault; a text where the fault did not come about."""
    from gates.move.journal import read
    from gates.move.progress import progress

    if fault.kind == faults.KILL:
        ended = faults.run_killed(plan, place, fault, seconds)
        found = progress(plan, read(place.folder))
        hit = next(each for each in found.steps if each.step.id == fault.step.id)
        if ended != -signal.SIGKILL or hit.state != "running":
            return f"the process was not killed in this step: {ended}, {found.note or found.state}"
        return found
    with Journal(place.folder) as journal, faults.injected(fault, place) as hooks:
        found = run(plan, place, journal, Hooks(before=hooks.before))
    if fault.kind == faults.BAD_ROW:
        return found if found.state == "done" else f"stopped: {found.note}"
    hit = next(each for each in found.steps if each.step.id == fault.step.id)
    if found.state != "stopped" or hit.state != "failed":
        return f"the fault was not noticed: {found.state}"
    return found


def _create(base: Place, name: str, template: str) -> None:
    with connect(base.url, timeout=3600.0, database="postgres") as connection:
        strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
        connection.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)".encode())
        connection.execute(
            f"CREATE DATABASE {identifier(name)} TEMPLATE {identifier(template)}{strategy}".encode()
        )


def _drop(base: Place, name: str) -> None:
    with connect(base.url, timeout=600.0, database="postgres") as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname = %s OR datname ~ %s",
            (name, f"^{name}_(moved_[0-9]+|backup_trial|restored)$"),
        ).fetchall()
        for (each,) in rows:
            connection.execute(f"DROP DATABASE IF EXISTS {identifier(each)} WITH (FORCE)".encode())


def _server(base: Place) -> str:
    with connect(base.url, timeout=30.0, database="postgres") as connection:
        found = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync')"
        ).fetchone()
    version, fsync = found or ("?", "?")
    return f"PostgreSQL {version}, fsync {fsync}, {parts_shown(base.url).partition(',')[0]}"

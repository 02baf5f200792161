"""Faults that a rehearsal injects: each is real where that can be, and says so where it cannot."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator

from gates.database.server.driver import connect
from gates.move.engine import Hooks, run
from gates.move.journal import Journal
from gates.move.place import Place
from gates.move.plan import Plan, Step
from gates.records import dataclass

KILL, DISK, LOCK = "kill -9", "disk full", "lock held"
BAD_ROW, BAD_TARGET = "one bad row", "wrong row"
_BAD = """
INSERT INTO public.organization_modules (id, organization_id, module_slug, status, configuration,
    module_version, created_at, updated_at)
SELECT gen_random_uuid(), o.id, bad.slug, bad.status, '[["\\\\"]]', repeat('9', 9000),
    'infinity', '-infinity'
FROM (SELECT id FROM public.organizations LIMIT 1) AS o CROSS JOIN (VALUES
    (E'x\\u00e9 -- \\x01', 'active'), ('mail-sync', 'archived')) AS bad (slug, status)
"""
_FULL = """
CREATE FUNCTION pg_temp_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION pg_temp_full()
"""
_TARGETS = {
    "move": "public.tenant_modules", "audit": "public.audit_logs",
}  # fmt: skip
_OLD = {"move": "public.organization_modules", "audit": "public.module_file_audit"}


@dataclass(frozen=True)
class Fault:
    """One fault at one step of a plan."""

    kind: str
    step: Step


def all_faults(plan: Plan) -> tuple[Fault, ...]:
    """Every fault for a plan: a kill at each step, and the others where they fit."""
    found = [Fault(KILL, each) for each in plan.steps if each.action]
    for step in plan.steps:
        if step.action in ("backup", "move", "audit"):
            found.append(Fault(DISK, step))
        if step.action in _OLD:
            found.append(Fault(LOCK, step))
        if step.action == "backup":
            found.append(Fault(BAD_ROW, step))
        if step.action == "validate":
            found.append(Fault(BAD_TARGET, step))
    return tuple(found)


@contextlib.contextmanager
def injected(fault: Fault, place: Place) -> Iterator[Hooks]:
    """Hooks that let a fault happen, once; what it did is taken back at the end."""
    with contextlib.ExitStack() as stack:
        begin = _BEGIN[fault.kind]

        def before(step: Step) -> None:
            if step.id == fault.step.id:
                begin(step, place, stack)

        yield Hooks(before=before)


def _execute(place: Place, statement: str) -> None:
    with connect(place.url, timeout=30.0, database=place.database) as connection:
        connection.execute(statement.encode())


def _full(step: Step, place: Place, stack: contextlib.ExitStack) -> None:
    """For programs a limit of file sizes, which the kernel enforces; for the server an error of
    the class that it raises, from a trigger: a full disk of its own would end all its databases."""
    if step.action == "backup":
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        return
    table = _TARGETS[step.action]
    _execute(place, _FULL.format(table=table))

    def undo() -> None:
        _execute(place, f"DROP TRIGGER full_disk ON {table}; DROP FUNCTION pg_temp_full()")

    stack.callback(undo)


def _locked(step: Step, place: Place, stack: contextlib.ExitStack) -> None:
    held = connect(place.url, timeout=600.0, database=place.database)
    held.execute("SELECT set_config('application_name', 'somebody''s session', false)")
    held.execute("BEGIN")
    held.execute(f"LOCK TABLE {_OLD[step.action]} IN ACCESS EXCLUSIVE MODE".encode())
    stack.callback(held.close)


def _bad_row(_step: Step, place: Place, _stack: contextlib.ExitStack) -> None:
    _execute(place, _BAD)


def _wrong_row(_step: Step, place: Place, _stack: contextlib.ExitStack) -> None:
    """Somebody changes one moved row behind the validation's back."""
    _execute(
        place,
        "UPDATE public.tenant_module_settings SET settings = settings || '{\"limit\": -1}'"
        " WHERE id = (SELECT min(id) FROM public.tenant_module_settings)",
    )


_BEGIN: dict[str, Callable[[Step, Place, contextlib.ExitStack], None]] = {
    DISK: _full, LOCK: _locked, BAD_ROW: _bad_row, BAD_TARGET: _wrong_row,
}  # fmt: skip


def killing(step: str, seconds: float) -> Hooks:
    """Hooks that end this process by SIGKILL, `seconds` into a step or at its end if that is
    sooner. Only for a process of its own."""

    def end() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def before(now: Step) -> None:
        if now.id == step:
            timer = threading.Timer(seconds, end)
            timer.daemon = True
            timer.start()

    def after(now: Step) -> None:
        if now.id == step:
            end()

    return Hooks(before=before, after=after)


def run_killed(plan: Plan, place: Place, fault: Fault, seconds: float) -> int:
    """Run a plan in a process that is killed in the middle of a step: a copy of this one, so that
    it has the same releases. What it ended with: an exit status, or a signal below 0."""
    process = os.fork()
    if process == 0:
        with contextlib.suppress(BaseException), Journal(place.folder) as journal:
            run(plan, place, journal, killing(fault.step.id, seconds))
        os._exit(1)  # not killed; nothing of the parent's is cleaned up here
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)

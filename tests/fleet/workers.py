"""Ways for a Dask worker to die: it kills itself, or is killed while it runs a module.

Only processes of this one are ever ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from gates.fleet.engines import try_task
from gates.fleet.task import Outcome, Task

MARKER = "a-worker-was-killed"


def dies_once(task: Task) -> Outcome:
    """Run a task; the first worker that is asked to, whatever the task, is killed instead."""
    marker = Path(os.environ["GATES_STATE_DIR"]) / MARKER
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return try_task(task)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@contextlib.contextmanager
def worker_killed(after: float) -> Iterator[list[int]]:
    """Kill the first worker that is seen to run a module, `after` seconds from now or later; its
    process number, once it is killed."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        over.wait(after)
        while not over.wait(1.0):
            for each in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if "gates.child" in each.cmdline() and (worker := each.parent()):
                        worker.kill()
                        killed.append(worker.pid)
                        return

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()

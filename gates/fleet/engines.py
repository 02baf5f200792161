"""Where the modules of a fleet are run: processes of this machine, or workers of a Dask cluster.

Both give an outcome for every task, in the order in which they end. A task whose worker died is
tried again, and is an error after that; it never counts as anything better.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from typing import Any

from gates.errors import ConfigurationError, CouldNotCheckError
from gates.fleet.task import ERROR, Outcome, Task, run_task
from gates.records import replace

TRIES = 2
"""How often a task is run whose process died, or that ran out of time or space."""
LOCAL = "local"
"""The address that stands for a Dask cluster of processes on this machine."""

_QUIET = {
    "logging.distributed": "error",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "2s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.tick.interval": "500ms",
}
"""Dask's settings: workers only wait for a process, and to be watched while they do costs more."""


def longest_first(tasks: Sequence[Task], known: Mapping[str, float]) -> list[Task]:
    """Tasks in the order in which to begin them: those of which no seconds are known by name, then
    the longest, so that no worker is left with a long one at the end."""
    return sorted(tasks, key=lambda each: (-known.get(each.name, float("inf")), each.name))


def run_here(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Run tasks side by side, each in a process of its own, `workers` at a time.

    Whoever stops asking for outcomes stops what is running.
    """
    stop = threading.Event()
    pool = ThreadPoolExecutor(workers, "fleet")
    try:
        for future in as_completed([pool.submit(try_task, each, stop) for each in tasks]):
            yield future.result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def try_task(task: Task, stop: threading.Event | None = None) -> Outcome:
    """Run a task, and once more where what ended it need not end it again."""
    stopping = stop.is_set if stop else lambda: False
    outcome = run_task(task, stopping)
    for _ in range(1, TRIES):
        if outcome.verdict != ERROR or outcome.lasting or stopping():
            break
        outcome = run_task(task, stopping)
    return outcome


def run_on_dask(tasks: Sequence[Task], address: str, workers: int) -> Iterator[Outcome]:
    """Run tasks on a Dask cluster; `LOCAL` starts one with so many workers on this machine.

    A worker runs one task at a time and must see the modules' folders, the policy and the catalog
    where this machine sees them. Raises `ConfigurationError` where Dask is not installed,
    `CouldNotCheckError` where the scheduler does not answer.
    """
    try:
        # Before the rest of it is imported, which is when it sets its loggers up.
        importlib.import_module("dask").config.set(_QUIET)
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise ConfigurationError(
            "Dask is not installed", hint="pip install 'axon-gates[fleet]'"
        ) from error
    with ExitStack() as stack:
        client = stack.enter_context(_client(distributed, address, workers, stack))
        names = {f"gates-{each.key}": each for each in tasks}
        futures = [
            client.submit(try_task, each, key=key, pure=True, retries=TRIES - 1)
            for key, each in names.items()
        ]
        ended = distributed.as_completed(futures, raise_errors=False)
        for future in ended:
            yield _result(future, names[future.key])


def _client(dask: Any, address: str, workers: int, stack: ExitStack) -> Any:  # noqa: ANN401 - untyped
    try:
        if address != LOCAL:
            return dask.Client(address, timeout=30)
        cluster = dask.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
            env={"DASK_LOGGING__DISTRIBUTED": "error"},
        )  # fmt: skip
        return dask.Client(stack.enter_context(cluster), timeout=30)
    except (OSError, ValueError) as error:
        raise CouldNotCheckError(
            f"the Dask scheduler {address} does not answer: {error}", hint="check the address"
        ) from error


def _result(future: Any, task: Task) -> Outcome:  # noqa: ANN401 - untyped
    """What a worker answered; an error where it gave no answer of its own."""
    if future.status == "finished" and isinstance(found := future.result(), Outcome):
        return replace(found, name=task.name)
    error = future.exception() if future.status == "error" else None
    why = f"{type(error).__name__}: {error}" if error else future.status
    return Outcome(
        task.name, task.key, ERROR, 0.0, reason=f"its worker failed: {why}", lasting=False
    )

"""Threads that take tasks in the order in which they come, so many at a time.

A task that waits for what another task makes is not counted meanwhile: else a few that wait for one
slow program would keep all others from beginning.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
_local = threading.local()


class Held(Protocol):
    """A lock of `threading`, of either kind."""

    def acquire(self, blocking: bool = ...) -> bool:
        """Take it, now or never, or once it is free."""

    def release(self) -> None:
        """Give it back."""


class CancelledTaskError(Exception):
    """The task had not begun when the workers were stopped."""


class Task(Generic[T]):
    """A call, made by one of the workers or known already."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._value: list[T] = []
        self._error: BaseException | None = None

    @property
    def ended(self) -> bool:
        """Whether there is a value or an error."""
        return self._ended.is_set()

    @property
    def succeeded(self) -> bool:
        """Whether there is a value."""
        return bool(self._value)

    @classmethod
    def known(cls, value: T) -> Task[T]:
        """A task that has ended with a value."""
        task = cls(lambda: value)
        task.run()
        return task

    def run(self) -> None:
        """Make the call and keep what came of it; an interrupt goes on, and is no answer."""
        try:
            self._value.append(self._call())
        except Exception as error:  # noqa: BLE001 - raised again for who asks
            self._error = error
        self._ended.set()

    def fail(self, error: BaseException) -> None:
        """End it with an error."""
        self._error = error
        self._ended.set()

    def result(self) -> T:
        """What the call gave, once it has; raises what the call raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._value[0]


class Workers:
    """At most `limit` tasks at a time, besides those that wait for another; with these, eight times
    as many."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._places = 8 * limit
        self._tasks: deque[Task[Any]] = deque()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def submit(self, call: Callable[[], T]) -> Task[T]:
        """Hand over a call; it begins after all that were handed over before."""
        task = Task(call)
        with self._lock:
            self._tasks.append(task)
            self._begin()
        return task

    def stop(self) -> None:
        """Begin no other task, and wait for those that run."""
        with self._lock:
            tasks, self._tasks = self._tasks, deque()
            threads = tuple(self._threads)
        for task in tasks:
            task.fail(CancelledTaskError())
        for thread in threads:
            thread.join()

    def pause(self) -> None:
        """The task of this thread waits now: another may begin."""
        with self._lock:
            self._free += 1
            self._begin()

    def resume(self) -> None:
        """The task of this thread goes on, at once: it may hold a lock that others wait for."""
        with self._lock:
            self._free -= 1

    def _begin(self) -> None:
        while self._tasks and self._free > 0 and self._places > 0:
            self._free -= 1
            self._places -= 1
            thread = threading.Thread(target=self._work, args=(self._tasks.popleft(),))
            self._threads.append(thread)
            thread.start()

    def _work(self, task: Task[Any]) -> None:
        _local.workers = self
        while True:
            try:
                task.run()
            except BaseException as error:  # noqa: BLE001 - raised again for who asks
                task.fail(error)
            with self._lock:
                if not self._tasks or self._free < 0:
                    self._free += 1
                    self._places += 1
                    self._begin()
                    return
                task = self._tasks.popleft()


@contextmanager
def alone(lock: Held) -> Iterator[None]:
    """Hold a lock behind which another may work for long; a worker that waits for it does not
    count."""
    workers: Workers | None = getattr(_local, "workers", None)
    if not lock.acquire(blocking=False):
        if workers is not None:
            workers.pause()
        try:
            lock.acquire()
        finally:
            if workers is not None:
                workers.resume()
    try:
        yield
    finally:
        lock.release()

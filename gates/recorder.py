"""What a thread has asked of the world since recording began: a trace, question by question.

A question is a text such as "file:src/index.ts"; its answer a digest, or a word. What nobody
records costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

from gates.workers import Task, alone

T = TypeVar("T")

UNREPEATABLE = "unrepeatable"
"""The question that has no lasting answer: a result whose trace holds it is not kept."""
LATER = "later"
"""The answer of who notes a question that only the end of a run can answer."""
CHANGED = "changed while it was looked at"
"""The answer to a question that was answered in two ways; no later answer is the same."""

_local = threading.local()


@contextmanager
def recording() -> Iterator[dict[str, str]]:
    """Everything that this thread notes inside the context, and nothing that it notes outside."""
    outer: dict[str, str] | None = getattr(_local, "trace", None)
    trace: dict[str, str] = {}
    _local.trace = trace
    try:
        yield trace
    finally:
        _local.trace = outer


def note(question: str, answer: str) -> None:
    """Add a question and its answer to what is recorded in this thread."""
    trace: dict[str, str] | None = getattr(_local, "trace", None)
    if trace is not None and trace.setdefault(question, answer) != answer:
        trace[question] = CHANGED


def note_all(trace: Mapping[str, str]) -> None:
    """Add what something else was made from: whoever uses it depends on that, too."""
    for question, answer in trace.items():
        note(question, answer)


class Once(Generic[T]):
    """A value made by its first call, for all threads; what making it raised, each call raises.

    Each call notes all that was asked while the value was made.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._task = Task(make)
        self._lock = threading.Lock()
        self._trace: Mapping[str, str] = {}

    def __call__(self) -> T:
        """The value. Raises what making it raised."""
        with alone(self._lock):
            if not self._task.ended:
                with recording() as trace:
                    self._task.run()
                self._trace = trace
        note_all(self._trace)
        return self._task.result()

    @property
    def made(self) -> T | None:
        """The value if it was made already; None before, and where making it failed."""
        return self._task.result() if self._task.succeeded else None

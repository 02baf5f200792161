"""Strikes one step of a stage at one of its moments, in a process of its own.

A step's moments are its begin, each time that it is about to change the file system or to ask the
database or a registry, and its end. They are heard of from the interpreter (`sys.addaudithook`), so
the product needs to know nothing of it.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from types import ModuleType
from typing import Any

import psycopg

from gates import cli
from gates.steps import Step

_CHANGES = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.truncate", "fcntl.flock"}
_OWN = "faults.moment"


class Moments:
    """Counts the moments of each step, and calls `strike` at one of them."""

    def __init__(self, step: str = "", moment: int = -1, strike: Callable[[], None] = int) -> None:
        self.step, self.moment, self.strike = step, moment, strike
        self.seen: Counter[str] = Counter()
        self.within = ""

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An event of the interpreter."""
        if not self.within or not _is_moment(event, arguments):
            return
        number, name = self.seen[self.within], self.within
        self.seen[name] += 1
        if (name, number) == (self.step, self.moment):
            self.within = ""
            self.strike()

    def around(self, step: Step[Any]) -> Step[Any]:
        """The step, with its begin and its end as moments."""

        def run(state: Any) -> str:
            self.within = step.name
            sys.audit(_OWN)
            done = step.run(state)
            sys.audit(_OWN)
            self.within = ""
            return done

        return replace(step, run=run)


def _is_moment(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR)) and arguments[0] != os.devnull
    return event in _CHANGES or event in (_OWN, "http.client.send")


def _announce_statements() -> None:
    execute, leave = psycopg.Connection.execute, psycopg.Transaction.__exit__

    def announced(self: Any, *arguments: Any, **more: Any) -> Any:
        sys.audit(_OWN)
        return execute(self, *arguments, **more)

    def announced_end(self: Any, *arguments: Any) -> Any:
        sys.audit(_OWN)
        return leave(self, *arguments)

    psycopg.Connection.execute = announced  # type: ignore[method-assign]
    psycopg.Transaction.__exit__ = announced_end  # type: ignore[method-assign]


def run_command(stage: ModuleType, work: Callable[[], object], moments: Moments) -> tuple[int, str]:
    """Run a stage's work as the command does, in a process of its own.

    Gives its exit status (-n for signal n) and what it said; at the end of a run that nothing
    struck, that is how many moments each step had, as JSON.
    """
    heard, told = os.pipe()

    def child() -> None:
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(told, number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
        _announce_statements()
        stage.STEPS = tuple(moments.around(each) for each in stage.STEPS)  # type: ignore[attr-defined]
        sys.addaudithook(moments.heard)

        def command(*_: object, **__: object) -> None:
            work()
            sys.stdout.write(json.dumps(moments.seen))

        cli._call = command
        cli.main([])

    process = get_context("fork").Process(target=child)
    process.start()
    os.close(told)
    with os.fdopen(heard, "rb") as file:
        said = file.read().decode("utf-8", "replace")
    process.join()
    assert process.exitcode is not None
    return process.exitcode, said

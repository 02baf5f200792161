"""What can be wrong with an entrypoint's `register()`, whatever it is written in."""

from __future__ import annotations

from gates.model import Location
from gates.toolchains.problem import Problem

NAME = "register"
MAX_HOPS = 10
"""Most files that a re-export is followed through."""


def needs_arguments(path: str, line: int, column: int, names: list[str]) -> Problem:
    """The function is there, but the platform could not call it."""
    return Problem(
        f"{NAME}() needs arguments ({', '.join(names)[:80]}); the platform calls it without any",
        Location(path, line, column),
        fix="give every parameter a default, or read it from the environment module",
    )


def is_no_function(path: str, line: int, column: int, what: str) -> Problem:
    """Something of that name is there, but nobody can call it."""
    where = Location(path, line, column)
    return Problem(f"{NAME} is {what}, not a function", where, fix=f"define a function {NAME}()")

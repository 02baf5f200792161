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


READ = frozenset(
    {
        "slug", "version", "routes", "jobs", "method", "path", "authenticated", "permissions",
        "name", "queue", "schedule",
    }
)  # fmt: skip
"""The members of an answer, and of its routes and jobs, that the platform reads as data."""


def is_computed(shown: str, location: Location) -> Problem:
    """A part of the answer is not written out."""
    return Problem(
        f"{NAME}() answers with what is not written out: {_cut(shown)}",
        location,
        fix="write literals, lists and objects of them, or names that are bound once to such",
    )


def is_a_step(shown: str, location: Location) -> Problem:
    """The function does something before, or instead of, answering."""
    return Problem(
        f"{NAME}() does more than bind names and return: {_cut(shown)}",
        location,
        fix="return what is written out, whatever the time or the environment",
    )


def is_used(shown: str, location: Location) -> Problem:
    """Something that the answer holds is used elsewhere, where it could be changed."""
    return Problem(
        f"{_cut(shown)} is part of what {NAME}() answers with, and is used here too",
        location,
        fix=f"use it in what {NAME}() returns alone, so that nothing can change it",
    )


def is_not_defined(location: Location) -> Problem:
    """No function of the module's own sources is found under the name."""
    return Problem(
        f"{NAME}() is not one function that the sources define once",
        location,
        fix=f"define {NAME}() as a function at the top of a file, and import it by its name",
    )


def _cut(shown: str) -> str:
    return " ".join(shown.split())[:60]

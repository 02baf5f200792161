"""Holds the bill of materials in a bundle against the lock, and what the bundle asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gates.model import Location
from gates.toolchains.bundle import BILL, Bundle
from gates.toolchains.carried.packages import carried_in, list_parts
from gates.toolchains.locks import Locked
from gates.toolchains.problem import Problem
from gates.toolchains.sbom import Part, read_bill, read_digest, validate_bill
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools

Key = tuple[str, str]
"""A package's name and version."""


def find_differences(session: Session, bundle: Bundle) -> Iterator[Problem]:
    """Where the bill in the bundle says something else than the lock or the bundle itself.

    Raises `CouldNotCheckError` for a bill that is not as CycloneDX 1.6 says, `LockError` as
    `read_lock`.
    """
    from gates.toolchains.languages import language_of

    language = language_of(session.module)
    data = bundle.read(BILL)
    validate_bill(data)
    bill = read_bill(data)
    packages = language.read_lock(session)
    components = language.list_components(session, packages)
    supplied = [each for each in components if each.supplied]
    carried = list_parts(carried_in(Tools(session)), components)
    path = language.lock_file if language.lock_file in session.module.files else None
    place = path or language.project_file
    locked = [each for each in bill if not each.carried_in]
    for message, line in compare_lock(locked, packages, supplied):
        yield _problem(message, Location(place, line if path else None), language.lock_command)
    for message in compare_carried(bill, carried):
        yield Problem(message, Location(place), fix="build the module again")
    for each in language.list_unneeded(session):
        message = f"{each.name} {each.version} is in the lock, and nothing there asks for it"
        yield _problem(message, Location(place, each.line), language.lock_command)
    for message, where in compare_required(locked, language.find_required(session, bundle)):
        yield Problem(message, where, fix="list it as a dependency that is needed at run time")


def compare_lock(
    bill: Sequence[Part], locked: Sequence[Locked], supplied: Iterable[Part]
) -> Iterator[tuple[str, int | None]]:
    """What is in one and not in the other, or otherwise, with the line of the lock. Pure.

    `supplied` are the platform's packages, which no lock of a module has to hold.
    """
    listed: dict[Key, set[str]] = {}
    for part in bill:
        listed.setdefault((part.name, part.version), set()).update(part.digests)
    digests: dict[Key, set[str]] = {}
    lines: dict[Key, int] = {}
    for each in locked:
        key = (each.name, each.version)
        digests.setdefault(key, set()).update(map(read_digest, each.digests))
        lines.setdefault(key, each.line)
    for key in sorted(digests.keys() - listed.keys()):
        yield f"the bill of materials lacks {' '.join(key)}, which the lock holds", lines[key]
    known = digests.keys() | {(each.name, each.version) for each in supplied}
    for key in sorted(listed.keys() - known):
        yield f"the bill of materials holds {' '.join(key)}, which the lock lacks", None
    for key in sorted(digests.keys() & listed.keys()):
        if digests[key] != listed[key]:
            yield f"the lock has other digests of {' '.join(key)} than the bill", lines[key]


def compare_carried(bill: Iterable[Part], carried: Iterable[Part]) -> Iterator[str]:
    """What packages carry, and the bill does not say so, or the other way round. Pure."""
    listed, there = (
        {(each.url_type, each.name, each.version, inside) for each in parts
         for inside in each.carried_in}
        for parts in (bill, carried)
    )  # fmt: skip
    for _, name, version, inside in sorted(there - listed):
        yield f"the bill of materials lacks {name} {version}, which {inside} carries"
    for _, name, version, inside in sorted(listed - there):
        yield f"the bill of materials says that {inside} carries {name} {version}, and it does not"


def compare_required(
    bill: Sequence[Part], required: Mapping[str, Location]
) -> Iterator[tuple[str, Location]]:
    """Each package that the bundle needs to run, and that the bill does not say it runs with."""
    running = {each.name for each in bill if not each.development}
    every = {each.name for each in bill}
    for name, where in sorted(required.items()):
        if name not in every:
            yield f"the bundle needs {name}, which is not locked", where
        elif name not in running:
            yield f"the bundle needs {name}, which is locked for development alone", where


def _problem(message: str, where: Location, command: str) -> Problem:
    return Problem(message, where, fix=f"run {command}")

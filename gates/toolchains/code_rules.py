"""What a language's type checker, and the platform's rules on its types, say of a module's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gates.errors import CouldNotCheckError
from gates.model import Location, RanRecord
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.problem import Problem

RULES = frozenset(
    {
        "capabilities", "code-sql", "environment-access", "errors-thrown", "handlers-traced",
        "imports-inside", "logs-correlated", "platform-logger", "public-any", "queue-names",
        "register-signature",
    }
)  # fmt: skip
"""The rules, each by the id of its check."""


@dataclass(frozen=True)
class Break:
    """A place where code breaks a rule."""

    rule: str
    """One of `RULES`."""
    message: str
    location: Location
    text: str
    """The whole statement there, for an approval of exactly this text."""


@dataclass(frozen=True)
class CodeStatement:
    """A SQL statement that is written out in code."""

    sql: str
    location: Location
    values: frozenset[str] | None = None
    """Names, or numbers from "1", of the values that it is given; None where they are not written
    out."""


@dataclass(frozen=True)
class CodeRules:
    """One run over all sources of a module."""

    problems: tuple[Problem, ...]
    """What the type checker itself objects to."""
    breaks: tuple[Break, ...] | None
    """None where the type checker could not read the sources, and the rules know nothing."""
    queues: tuple[tuple[str | None, Location], ...]
    """Each place that opens a queue or listens to one, with its name up to the first part that is
    not known; None where nothing of it is known."""
    records: tuple[RanRecord, ...]
    """What proves that it ran."""
    statements: tuple[CodeStatement, ...] = ()
    """The SQL of the sources, as far as it is written out; the rest is a break."""

    def of(self, rule: str) -> tuple[Break, ...]:
        """What breaks one rule, in the order of the files.

        Raises `CouldNotCheckError` where the rules could not look.
        """
        if self.breaks is None:
            raise CouldNotCheckError("the type checker cannot read the sources")
        found = [each for each in self.breaks if each.rule == rule]
        return tuple(sorted(found, key=lambda each: _order(each.location)))


def find_entry(module: Module) -> str | None:
    """The source file that `register()` is asked of; None where the manifest names none."""
    entry = module.entrypoint
    return entry if entry in module.files else None


def read_breaks(entries: Iterable[Mapping[str, object]]) -> list[Break]:
    """What a language's program prints of them. Raises `ValueError`, `KeyError` or `TypeError`."""
    found = {}
    for each in entries:
        rule, message = str(each["rule"]), str(each["message"])
        if rule not in RULES:
            raise ValueError(f"there is no rule {rule}")
        made = Break(rule, message, _place(each), str(each["text"]))
        found[rule, message, made.location] = made
    return list(found.values())


def read_queues(entries: Iterable[Mapping[str, object]]) -> list[tuple[str | None, Location]]:
    """The queues that a language's program prints. Raises as `read_breaks`."""
    return [
        (name if isinstance(name := each["name"], str) else None, _place(each)) for each in entries
    ]


def read_statements(entries: Iterable[Mapping[str, object]]) -> tuple[CodeStatement, ...]:
    """The SQL that a language's program prints. Raises as `read_breaks`."""
    found = (
        CodeStatement(str(each["sql"]), _place(each), _values(each.get("values")))
        for each in entries
    )
    return tuple(dict.fromkeys(found))


def _values(listed: object) -> frozenset[str] | None:
    if listed is None:
        return None
    if not isinstance(listed, list):
        raise TypeError(f"the values of a statement are not understood: {listed}")
    return frozenset(map(str, listed))


def _order(place: Location) -> tuple[str, int, int]:
    return place.path, place.line or 0, place.column or 0


def _place(entry: Mapping[str, object]) -> Location:
    path, line, column, end = (entry[key] for key in ("path", "line", "column", "end"))
    if not (isinstance(path, str) and isinstance(line, int) and isinstance(column, int)):
        raise TypeError(f"a place is not understood: {path}")
    return Location(path, line, column, end if isinstance(end, int) else None)

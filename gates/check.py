"""What a check is: a plain function, made into a value by one decorator."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from functools import cache

from gates.errors import CheckDefinitionError
from gates.lazy import pattern
from gates.model import Finding, Level, Location, Stage
from gates.records import dataclass, replace

Run = Callable[..., Iterable[Finding]]

NEEDS: dict[str, str] = {
    "module": "Module",
    "previous": "Previous",
    "releases": "Releases",
    "policy": "Policy",
    "tools": "Tools",
    "database": "Database",
    "tests": "TestRun",
    "bundle": "Bundle",
    "rebuilt": "Bundle",
    "catalog": "Catalog",
    "registry": "Registry",
    "evidence": "EvidenceSet",
    "changes": "Changes",
    "signers": "Signers",
    "today": "date",
}
"""The closed set of what a check may ask for, by parameter name, with its annotation.

How each is made is in `gates.needs`. `tools` and `database` are new for every check, so that their
ran-records are the check's own, and `evidence` is read anew; everything else is made once per run,
on first use, and shared.
"""

REPAIRED = "gates fix repairs this"
"""The last line of the fix of a finding that a fixer of the same check repairs."""

HEADINGS = ("Why", "Bad", "Good", "Fix")
"""What a check's page must hold besides its first sentence, each at the start of a line."""


@dataclass(frozen=True)
class Check:
    """One rule. Its name is its id, its docstring its page, its parameters what it needs."""

    id: str
    stage: Stage
    doc: str
    needs: tuple[str, ...]
    run: Run
    language: str | None = None
    """The only language it applies to ("python", "typescript"); None for every module."""
    provider: str = "axon-gates"

    @property
    def summary(self) -> str:
        """The first sentence of its page."""
        return self.doc.partition("\n")[0]

    def load(self) -> Check:
        """Itself: it is loaded."""
        return self

    def finding(
        self,
        message: str,
        at: Location | str,
        *,
        level: Level = Level.ERROR,
        fix: str | None = None,
        detail: str | None = None,
        rule: str | None = None,
        repaired: bool = False,
    ) -> Finding:
        """A finding of this check. `at` is a location, or the path of a whole file; `repaired`
        says that the fixer of this check repairs it."""
        location = Location(at) if isinstance(at, str) else at
        if repaired:
            fix = f"{fix}\n{REPAIRED}" if fix else REPAIRED
        return Finding(self.id, message, location, level, fix, detail, rule=rule)

    def deviation(
        self, message: str, at: Location, *, definition: str, fix: str, detail: str | None = None
    ) -> Finding:
        """A finding that a person may approve for exactly one text; `definition` is its digest."""
        found = Finding(self.id, message, at, Level.ERROR, fix, detail, definition=definition)
        approve = (
            f"or have it approved for exactly this text: a waiver of {self.id} with the"
            f" fingerprint {found.fingerprint}"
        )
        return replace(found, fix=f"{fix}\n{approve}")


def check(stage: Stage, *, language: str | None = None) -> Callable[[Run], Check]:
    """Turn a generator function into a `Check`.

    Raises `CheckDefinitionError` for a function without a page or with an unknown need.
    """

    def wrap(run: Run) -> Check:
        import inspect

        name = getattr(run, "__name__", "")
        doc = inspect.getdoc(run) or ""
        missing = [head for head in HEADINGS if f"\n{head}:" not in doc]
        if missing:
            raise CheckDefinitionError(f"check {name}: its docstring has no {', '.join(missing)}")
        needs = tuple(inspect.signature(run).parameters)
        if unknown := [need for need in needs if need not in NEEDS]:
            raise CheckDefinitionError(f"check {name}: unknown need {', '.join(unknown)}")
        return Check(name.replace("_", "-"), stage, doc, needs, run, language)

    return wrap


@dataclass(frozen=True)
class Outline:
    """What the file of a check says of it before it is imported: enough to plan a run."""

    id: str
    stage: Stage
    language: str | None
    needs: tuple[str, ...]
    provider: str = "axon-gates"

    def load(self) -> Check:
        """The check. Raises `CheckDefinitionError` where its file holds another, or none."""
        name = self.id.replace("-", "_")
        place = f"gates.checks.{self.stage.value.replace('-', '_')}.{name}"
        value = getattr(importlib.import_module(place), name, None)
        if not isinstance(value, Check) or value.id != self.id:
            raise CheckDefinitionError(f"{place} holds no such check")
        said = (self.stage, self.language, self.needs)
        if (value.stage, value.language, value.needs) != said:
            raise CheckDefinitionError(f"check {self.id} is not what the text of {place} says")
        return value


Planned = Check | Outline
_HERE = os.path.dirname(__file__)  # noqa: PTH120
_DECORATOR = pattern(rb'\n@check\(Stage\.([A-Z_]+)(?:, language="([a-z]+)")?\)\ndef \w+\(([^)]*)\)')
_PARAMETER = pattern(r"(\w+):")


@cache
def outlines(stage: Stage) -> tuple[Outline, ...]:
    """The built-in checks of one stage, by id; found in `gates.checks`, and not imported.

    Raises `CheckDefinitionError` for a file that has not one decorator on a line of its own, or
    that lies in another stage's folder.
    """
    # Plain names and bytes: this is done for all checks at each start.
    folder = f"{_HERE}/checks/{stage.value.replace('-', '_')}"
    found = []
    for name in os.listdir(folder):  # noqa: PTH208
        if name.startswith(("_", ".")) or not name.endswith(".py"):
            continue
        with open(f"{folder}/{name}", "rb") as file:  # noqa: PTH123
            text = file.read()
        decorator = _DECORATOR.search(text)
        if decorator is None or text.count(b"\n@check(") != 1:
            raise CheckDefinitionError(f"{name} has not one line @check(Stage.…)")
        named, language, parameters = (each.decode("utf-8") for each in decorator.groups(b""))
        needs = tuple(_PARAMETER.findall(parameters))
        identity = name.removesuffix(".py").replace("_", "-")
        if Stage[named] is not stage:
            raise CheckDefinitionError(f"check {identity} is of {named} but lies in {stage}")
        found.append(Outline(identity, stage, language or None, needs))
    return tuple(sorted(found, key=lambda each: each.id))


@cache
def stage_checks(stage: Stage) -> tuple[Check, ...]:
    """The built-in checks of one stage, by id; imports no other stage's checks."""
    return tuple(each.load() for each in outlines(stage))


@cache
def all_checks() -> tuple[Check, ...]:
    """Every built-in check, by stage and id. Raises `CheckDefinitionError` as `outlines`."""
    return tuple(found for stage in Stage for found in stage_checks(stage))


def find(check_id: str) -> Check | None:
    """The check of this id, or None."""
    return next((each.load() for each in all_outlines() if each.id == check_id), None)


def all_outlines() -> tuple[Outline, ...]:
    """What is known of every built-in check without importing one, by stage and id."""
    return tuple(found for stage in Stage for found in outlines(stage))

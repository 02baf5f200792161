"""The part of the gate that looks at SQL, on one mutant: who kills it.

The checks are found by what they need and are called, so that a new check takes part by itself; a
check that does not pass the clean module takes no part, and is named.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gates.check import Check, all_checks
from gates.database import Database
from gates.database.prepared.databases import Prepared
from gates.model import CheckResult, Level, Stage, Verdict
from gates.module import Module, load
from gates.needs import Needs, Once
from gates.run import run_check
from gates.settings import Policy, Settings
from tests.mutation.shapes import Shape

_STAGES = (Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST, Stage.SCAN)
_NEEDS = frozenset({"module", "policy", "today", "database", "previous"})
_ABOUT_SQL = ("migration", "rollback", "table", "names-prefixed", "squawk")
"""In the names of static checks that look at SQL; a change of SQL is nothing to the others."""
_CHEAP_FIRST = (
    "migrations-apply", "table-columns", "tenant-index", "row-security", "table-grants",
    "audit-trigger", "tenant-isolation", "migrations-idempotent", "rollback-restores",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What the gate said of one mutant."""

    killer: str = ""
    """The first check that failed; "" for none."""
    said: str = ""
    """Its first message, or why a check was inconclusive where none failed."""
    inconclusive: bool = False
    """Whether it survived, but no release would follow: some check could not be done."""


def checks() -> tuple[Check, ...]:
    """The checks that look at SQL or at the folder of migrations, cheap ones first."""
    order = {name: number for number, name in enumerate(_CHEAP_FIRST)}
    found = [
        each
        for each in all_checks()
        if each.stage in _STAGES
        and each.language is None
        and (_NEEDS.issuperset(each.needs) or each.id == "squawk")
        and ("database" in each.needs or any(word in each.id for word in _ABOUT_SQL))
    ]
    return tuple(
        sorted(found, key=lambda each: ("database" in each.needs, order.get(each.id, 99), each.id))
    )


class Gate:
    """The checks on a server by URL, in a work folder of its own.

    The roles and the platform's baseline are made once and lent to each mutant, whose migrations
    run in databases of their own.
    """

    def __init__(self, url: str, work: Path) -> None:
        self.work = Path(tempfile.mkdtemp(prefix="gate-", dir=work))
        self.work.chmod(0o755)
        environment = {**os.environ, "GATES_STATE_DIR": str(self.work / "state")}
        self.settings = replace(Settings.from_environment(environment), database_url=url)
        self._lender: Prepared | None = None

    def close(self) -> None:
        """Drop what was made."""
        if self._lender is not None:
            self._lender.close()

    def try_(self, shape: Shape, changed: dict[str, str], used: Iterable[Check]) -> Outcome:
        """Run the checks one after the other until one kills the mutant."""
        unsure = ""
        for result in self.results(shape, changed, used):
            if result.verdict is Verdict.FAIL:
                first = next(each for each in result.findings if each.level is Level.ERROR)
                return Outcome(result.check, first.message)
            if result.verdict is Verdict.INCONCLUSIVE and not unsure:
                self._still_there()
                unsure = f"{result.check}: {result.reason}"
        return Outcome("", unsure, inconclusive=bool(unsure))

    def results(
        self, shape: Shape, changed: dict[str, str], used: Iterable[Check]
    ) -> Iterator[CheckResult]:
        """The results of the checks on a changed module, as they come."""
        folder = Path(tempfile.mkdtemp(prefix="m", dir=self.work))
        module = load(shape.write(folder, changed))
        needs = Needs(module, Policy(), self.settings, today=date(2026, 11, 24))
        prepared = self._lent(module)
        needs._shared_database = Once(lambda: Database(prepared))
        try:
            for each in used:
                yield run_check(each, needs)
        finally:
            needs.close()
            if made := prepared.__dict__.get("_attempt"):
                prepared.workspace.drop(made[0])
            shutil.rmtree(folder, ignore_errors=True)

    def _lent(self, module: Module) -> Prepared:
        """What a module is proved with; its close() closes nothing that is ours."""
        if self._lender is None:
            self._lender = Prepared(module, Policy(), self.settings)
        prepared = Prepared(module, Policy(), self.settings)
        for name in ("_workspace", "_baseline"):
            prepared.__dict__[name] = getattr(self._lender, name)
        return prepared

    def _still_there(self) -> None:
        """Raise where the server is gone: no mutant does that, and none would be killed."""
        import psycopg

        with psycopg.connect(self.settings.database_url or "") as connection:
            connection.execute("SELECT count(*) FROM pg_class")

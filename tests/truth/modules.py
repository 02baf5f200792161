"""Seeded defects and hostile modules: each refused by its check, on a real server."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gates.database.server.embedded import throwaway_server
from gates.model import CheckResult, Verdict
from gates.module import load
from gates.settings import Settings
from tests.conftest import EXAMPLES
from tests.database.conftest import results
from tests.database.corpus import DEFECTS
from tests.database.hostile.certain_rows import MORE_CERTAIN_ROWS
from tests.database.hostile.conditions import MORE_CONDITIONS
from tests.database.hostile.files import SIBLINGS
from tests.database.hostile.test_hostile import REFUSED, reasons
from tests.truth.tally import Tally

MUTANTS = 520


def mutants() -> Tally:
    """Clean modules changed in one place; docs/mutation.md lists each that survives."""

    from tests.mutation.mutators import chosen
    from tests.mutation.mutators import mutants as mutants_of
    from tests.mutation.report import score
    from tests.mutation.runner import run
    from tests.mutation.shapes import shapes

    picked = chosen([each for shape in shapes() for each in mutants_of(shape)], MUTANTS)
    tried, _ = run(picked, os.cpu_count() or 1, lambda mutant, outcome: None)
    found = score(tried)
    right = len(found.killed) + len(found.no_defect)
    note = f"{len(found.no_defect)} are no defects by a rule that says why (docs/mutation.md)"
    return Tally("mutants of clean modules", len(tried), right, len(found.survived), 0, note)


@contextmanager
def server() -> Iterator[Settings]:
    """Settings that point at a server for all of a corpus."""
    settings = Settings.from_environment()
    with throwaway_server(settings) as url:
        yield replace(settings, database_url=url)


def checked(settings: Settings, files: Mapping[str, str], check: str) -> CheckResult:
    """What a check says of the base module with other migrations."""
    with tempfile.TemporaryDirectory(prefix="gates-truth-") as folder:
        root = Path(folder) / "sample-module"
        shutil.copytree(EXAMPLES / "_base" / "python", root)
        for name, text in files.items():
            path = root / "migrations" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return results(load(root), settings, check)[check]


def defects() -> Tally:
    """Each seeded defect is one finding of the check that it is written for."""
    missed = []
    with server() as settings:
        for defect in DEFECTS:
            result = checked(settings, defect.files, defect.check)
            said = [each.message for each in result.findings]
            if result.verdict is not Verdict.FAIL or not any(defect.says in each for each in said):
                missed.append(defect.name)
    return Tally("seeded defects", len(DEFECTS), len(DEFECTS) - len(missed), len(missed), 0,
                 ", ".join(missed) or "own corpus: shows that code and tests agree")  # fmt: skip


def hostile() -> Tally:
    """Each module of an attacker is refused."""
    missed = []
    modules = (*REFUSED, *SIBLINGS, *MORE_CONDITIONS, *MORE_CERTAIN_ROWS)
    with server() as settings:
        for each in modules:
            said = reasons(checked(settings, each.files, each.check))
            if not any(each.says in one for one in said):
                missed.append(each.name)
    note = ", ".join(missed) or "nearly all written by somebody who did not write the gate"
    right = len(modules) - len(missed)
    return Tally("hostile modules", len(modules), right, len(missed), 0, note)


if __name__ == "__main__":
    print(json.dumps([vars(defects()), vars(hostile())], indent=2))  # noqa: T201

"""A caller's repo for act, with the real gates or with cheap ones."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.running import HERE, Act


@pytest.fixture
def cheap(folder: Path) -> Callable[..., Act]:
    """A repo of modules whose stages end as they are told, by folder; "." is a repo of one."""

    def make(modules: dict[str, dict[str, str]], **inputs: object) -> Act:
        program = folder / "bin"
        program.mkdir()
        command = f'#!/bin/sh\nexec {sys.executable} {HERE / "cheap_gates.py"} "$@"\n'
        (program / "gates").write_text(command)
        (program / "gates").chmod(0o755)
        act = prepared(folder, str(program))
        for name, verdicts in modules.items():
            (act.repo / name).mkdir(parents=True, exist_ok=True)
            (act.repo / name / "module.json").write_text("{}")
            (act.repo / name / "verdicts.json").write_text(json.dumps(verdicts))
        act.call(inputs, ["signing-key", "catalog-read-url", "catalog-write-url"])
        act.commit()
        return act

    return make


def prepared(folder: Path, program: str) -> Act:
    """A folder for act, with an empty repo."""
    act = Act(folder, program)
    act.repo.mkdir()
    shutil.copy(HERE / "stand_ins" / "artefacts.py", folder)
    return act

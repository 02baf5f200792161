"""Runs the installed command, as its users do, on copies of the examples."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.model import Stage
from tests.conftest import ROOT

GATES = Path(sysconfig.get_path("scripts")) / "gates"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str
    report: Mapping[str, Any]

    @property
    def stages(self) -> dict[str, str]:
        """The verdict of each stage."""
        return {each["stage"]: each["verdict"] for each in self.report["stages"]}

    def findings(self, level: str = "error") -> list[dict[str, Any]]:
        """The open findings of a level, in order."""
        return [
            finding
            for stage in self.report["stages"]
            for check in stage["checks"]
            for finding in check["findings"]
            if finding["level"] == level
        ]

    def reasons(self) -> dict[str, str]:
        """Why each inconclusive check is."""
        return {
            check["id"]: check["reason"]
            for stage in self.report["stages"]
            for check in stage["checks"]
            if check["verdict"] == "inconclusive"
        }


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """What a user's shell has, with a state folder of its own and the shared cache."""
    return {**os.environ, "GATES_STATE_DIR": str(folder / "state")}


@pytest.fixture
def examples(folder: Path) -> Path:
    """A copy of examples/, with the policy, the workspace and the advisories."""
    return copy_examples(folder)


def copy_examples(folder: Path) -> Path:
    copied = folder / "examples"
    skipped = shutil.ignore_patterns("node_modules", ".gates", "dist", ".venv", "__pycache__")
    shutil.copytree(ROOT / "examples", copied, ignore=skipped)
    return copied


@pytest.fixture(scope="session")
def passed_once() -> Iterator[Path]:
    """A folder with examples/, state/ and report.json, in which a module has passed all stages but
    the last; one for all processes of a run of the tests, removed by the last of them."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(16))
    folder = Path(tempfile.gettempdir(), f"gates-test-{run}")
    folder.mkdir(mode=0o755, exist_ok=True)
    # Two locks: who comes late must not wait until everybody before has ended all of its tests.
    with (folder / "used").open("w") as used, (folder / "made").open("w") as made:
        fcntl.flock(used, fcntl.LOCK_SH)
        fcntl.flock(made, fcntl.LOCK_EX)
        if not (folder / "report.json").exists():
            module = copy_examples(folder) / "retention-report"
            ended = run_gates(
                folder,
                {**os.environ, "GATES_STATE_DIR": str(folder / "state")},
                ["run", module, *(f"--stage={stage}" for stage in Stage.RELEASE.before)],
            )
            assert ended.code == 0, ended.out
        fcntl.flock(made, fcntl.LOCK_UN)
        yield folder
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


@pytest.fixture
def passed(passed_once: Path, folder: Path) -> Path:
    """A module that passed all stages but the release, as if in this test's own folder."""
    for part in ("examples", "state"):
        shutil.copytree(passed_once / part, folder / part, symlinks=True)
    return folder / "examples" / "retention-report"


@pytest.fixture
def first_run(passed_once: Path) -> Ended:
    """How the module of `passed` passed, when everything was run."""
    return Ended(0, "", "", json.loads((passed_once / "report.json").read_text()))


def run_gates(
    folder: Path,
    environment: Mapping[str, str],
    arguments: Sequence[object],
    *,
    report: bool = True,
) -> Ended:
    """Run `gates ...` to its end."""
    path = folder / "report.json"
    path.unlink(missing_ok=True)
    command = [str(GATES), *map(str, arguments)]
    if report:
        command += ["--output", f"json={path}"]
    ended = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip
    document = json.loads(path.read_text()) if path.is_file() else {}
    if ended.returncode not in (0, 1, 2, 3, 4):
        sys.stderr.write(ended.stderr)
    return Ended(ended.returncode, ended.stdout, ended.stderr, document)


@pytest.fixture
def gates(folder: Path, environment: dict[str, str]) -> Callable[..., Ended]:
    """Run `gates ...` to its end; stages also write a JSON report, which is parsed."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, json_report: bool = True):
        return run_gates(folder, environment | dict(env or {}), arguments, report=json_report)

    return run

"""`gates migration run` itself, killed with SIGKILL in the middle of a step, goes on to the end.

One step here; `EVERY_STEP=1 pytest tests/move/test_killed.py` takes all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gates.move.journal import NAME, read
from gates.move.read import load_plan
from tests.move.conftest import EXAMPLE, at, connect

STEPS = [each.id for each in load_plan(EXAMPLE).steps]
CHOSEN = STEPS if os.environ.get("EVERY_STEP") else ["move-modules"]


@pytest.mark.parametrize("step", CHOSEN)
def test_a_run_that_is_killed_in_a_step_goes_on(place, world, catalogued, tmp_path, step):
    plan = tmp_path / "plan.toml"
    text = EXAMPLE.read_text("utf-8").replace("jobs = 4", f'jobs = 1\nmodules = "{world.modules}"')
    plan.write_text(text, "utf-8")
    folder = tmp_path / "plan"
    environment = {
        **os.environ, "GATES_STATE_DIR": str(tmp_path / "state"), "GATES_DATABASE_URL": world.url,
        "GATES_CATALOG": at(world.url, catalogued),
    }  # fmt: skip
    command = [
        sys.executable, "-m", "gates", "migration", "run", str(plan), "--database", place.database,
        "--despite-no-go", "a trial",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    ) as first:
        while not _began(folder, step):
            assert first.poll() is None
            time.sleep(0.002)
        first.kill()
    assert first.returncode == -9
    assert [(each.event, each.step) for each in read(folder)][-1] == ("began", step)
    again = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stdout + again.stderr
    ended = [each.step for each in read(folder) if each.event == "ended"]
    assert ended == STEPS
    assert "finished" in {each.event for each in read(folder)}
    assert json.loads(next(folder.glob("run-*.json")).read_text("utf-8"))["signatures"]
    with connect(place) as connection:
        states = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE state = 'ENABLED') FROM tenant_modules"
        ).fetchone()
    assert states is not None
    assert states[0] > states[1] > 10


def _began(folder: Path, step: str) -> bool:
    try:
        text = (folder / NAME).read_text("utf-8")
    except FileNotFoundError:
        return False
    return any(json.loads(line)["step"] == step for line in text.splitlines(keepends=True)
               if line.endswith("\n"))  # fmt: skip

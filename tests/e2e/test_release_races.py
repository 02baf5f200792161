"""Releases that meet each other, or are killed: one row, nothing half-written."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from gates.model import Stage
from tests.e2e.conftest import GATES

BEFORE_RELEASE = [f"--stage={stage}" for stage in Stage if stage is not Stage.RELEASE]
ROWS = "SELECT count(*) FROM core_module_versions"


def start(module: Path, environment: Mapping[str, str], *more: object) -> subprocess.Popen[str]:
    command = [str(GATES), "release", str(module), *map(str, more)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_two_releases_of_the_same_content_at_once_make_one_row(gates, passed, environment):
    both = [start(passed, environment), start(passed, environment)]
    outs = [each.communicate(timeout=120)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], outs
    assert gates("catalog", "psql", "-tAc", ROWS, json_report=False).out.strip() == "1"


def test_two_releases_of_other_content_at_once_make_one_row_and_one_refusal(
    gates, passed, environment, folder
):
    other = folder / "other" / "retention-report"
    shutil.copytree(passed.parent, other.parent)
    (other / "README.md").write_text("# Retention report\n\nOther words.\n")
    registry = folder / "other-registry"
    ended = gates("run", other, *BEFORE_RELEASE, "--registry", registry)
    assert ended.code == 0, ended.out
    both = [start(passed, environment), start(other, environment, "--registry", registry)]
    outs = [each.communicate(timeout=120)[0] for each in both]
    assert sorted(each.returncode for each in both) == [0, 4], outs
    refusal = outs[[each.returncode for each in both].index(4)]
    assert "1.0.0" in refusal
    assert "other content" in refusal or "different content" in refusal
    assert gates("catalog", "psql", "-tAc", ROWS, json_report=False).out.strip() == "1"


def test_a_release_that_is_killed_again_and_again_converges(gates, passed, environment):
    chance = random.Random(4711)
    for _ in range(12):
        process = start(passed, environment)
        time.sleep(chance.uniform(0.05, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.communicate()
    ended = gates("release", passed)
    assert ended.code == 0, ended.out
    query = (
        "SELECT v.version, count(e.*) FROM core_module_versions v"
        " JOIN core_module_version_evidence e ON e.module_version_id = v.id GROUP BY v.version"
    )
    shown = gates("catalog", "psql", "-tAc", query, json_report=False)
    assert shown.out.strip() == "1.0.0|6"


@pytest.mark.parametrize("stage", Stage.RELEASE.before)
def test_evidence_edited_by_one_byte_is_refused_by_name(gates, passed, stage):
    path = passed / ".gates" / "evidence" / f"{stage}.dsse.json"
    envelope = json.loads(path.read_text())
    flipped = bytearray(envelope["payload"].encode())
    flipped[40] ^= 1
    envelope["payload"] = flipped.decode()
    path.write_text(json.dumps(envelope))
    ended = gates("release", passed)
    assert ended.code == 4
    assert stage in ended.out

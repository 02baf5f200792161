"""kill -9 of the real command at several moments: within seconds nothing of it is left."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import GATES
from tests.e2e.test_bad_input import assert_no_server_is_left, own_cache


def of_the_run(cache: Path) -> list[str]:
    """The processes whose environment or command line names the run's cache."""
    found, mark = [], str(cache).encode() + b"/"
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.parametrize("programs", [1, 3])
def test_a_killed_command_leaves_nothing(examples, environment, folder, programs):
    """Killed as soon as so many programs of its own run at a time."""
    cache = Path(own_cache(folder))
    env = environment | {"GATES_CACHE_DIR": str(cache)}
    command = [str(GATES), "run", str(examples / "retention-report")]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 20
        while len(of_the_run(cache)) < programs and time.monotonic() < until:
            time.sleep(0.02)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while (left := of_the_run(cache)) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []
    work = cache / "work"
    while (folders := [*work.glob("[!.]*")]) and time.monotonic() < until:
        time.sleep(0.05)
    assert folders == []
    if (cache / "postgresql").exists():
        assert_no_server_is_left(folder)

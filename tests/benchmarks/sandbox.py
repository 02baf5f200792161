"""How long a program waits for its sandbox, against bare bubblewrap with the same mounts."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gates.toolchains.bubblewrap import find_bubblewrap
from gates.toolchains.processes import Processes
from gates.toolchains.sandbox import Sandbox, interpreter
from gates.toolchains.walls import walls

TRUE = "/bin/true"


def sandbox(folder: Path, times: int, say: Callable[[str], None]) -> str | None:
    """`true` in the sandbox, in bare bubblewrap, and what the launcher's own Python takes."""
    if find_bubblewrap() is None:
        say("bubblewrap does not work here")
        return None
    own = folder / "own"
    own.mkdir()
    box = Sandbox(read=interpreter(), write=(own,))
    processes = Processes()
    ours = _several(
        lambda: processes.run([TRUE], cwd=own, env={}, timeout=60, sandbox=box), 4 * times
    )
    python = [sys.executable, "-I", "-S", "-c", "pass"]
    started = _several(lambda: subprocess.run(python, check=True), 4 * times)
    bare = _several(lambda: subprocess.run(bare_command(box, own), check=True, env={}), 4 * times)
    for name, seconds in (("sandbox", ours), ("bubblewrap", bare), ("Python", started)):
        least, usual = 1000 * min(seconds), 1000 * statistics.median(seconds)
        say(f"{name:10}  min {least:4.0f} ms, median {usual:4.0f} ms")
    say(f"ratio to bubblewrap  {min(ours) / min(bare):.1f}")
    return None


def bare_command(box: Sandbox, own: Path) -> list[str]:
    """The sandbox's own bubblewrap and mounts, without the launcher in it."""
    with walls(box, own) as around:
        command = around.command[: around.command.index("--")]
    at = command.index("--json-status-fd")
    return [*command[:at], *command[at + 2 :], "--", TRUE]


def _several(once: Callable[[], object], times: int) -> list[float]:
    """The seconds of several runs, after one that warms caches. Processor time would say little:
    what ends in bubblewrap's own processes is not all counted to who waits for it."""
    once()
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        once()
        seconds.append(time.perf_counter() - begin)
    return seconds

"""Tries an attack in a sandbox, and looks from outside whether anything was reached."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from gates.errors import ToolFailedError
from gates.toolchains.bubblewrap import find_bubblewrap
from gates.toolchains.processes import Processes
from gates.toolchains.sandbox import Sandbox, interpreter
from tests.attacks.attacks import MARKER, Attack, Target

HELD, REACHED = "held", "**reached**"


@contextmanager
def target(folder: Path) -> Iterator[tuple[Target, socket.socket, subprocess.Popen[bytes]]]:
    """Something worth to be reached, for one attack."""
    outside, tools, own = (folder / name for name in ("outside", "tools", "own"))
    for each in (outside, tools, own):
        each.mkdir()
    (outside / "key").write_text("secret")
    (outside / "key").chmod(0o600)
    (tools / "tool").write_text("#!/bin/sh\n")
    echo = "import os\nwhile got := os.read(0, 1): os.write(1, got)"
    command = [sys.executable, "-I", "-S", "-c", echo, MARKER]
    pipe = subprocess.PIPE
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
        subprocess.Popen(command, env={"SECRET": "secret"}, stdin=pipe, stdout=pipe) as process,
    ):
        listener.bind(str(outside / "listener"))
        listener.setblocking(False)
        try:
            number = int.from_bytes(os.urandom(3), "big") + 1
            address, key = outside / "listener", outside / "key"
            aim = Target(folder, key, tools / "tool", process.pid, address, number)
            yield aim, listener, process
        finally:
            process.kill()


def tried(attack: Attack, folder: Path, *, walls: str = "bubblewrap") -> tuple[str, str]:
    """How an attack ended: held or reached, and what there was to see.

    `walls` is "bubblewrap", "fallback", or "none" for no sandbox at all.
    """
    with target(folder) as (aim, listener, victim):
        before = _state(aim)
        sandbox = replace(
            Sandbox(read=(*interpreter(), aim.tool.parent), write=(folder / "own",), network=True),
            **attack.limits,
        )
        names = {
            "KEY": str(aim.key), "TOOL": str(aim.tool), "PROCESS": aim.process,
            "ADDRESS": str(aim.address),
        }  # fmt: skip
        head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        code = head + attack.code.replace("NUMBER", str(aim.number))
        found = find_bubblewrap() if walls == "bubblewrap" else None
        seen, stopped = "", ""
        with mock.patch("gates.toolchains.walls.find_bubblewrap", return_value=found):
            try:
                ran = Processes().run(
                    [*(exposed(folder) if walls == "none" else ()), *interpreter_of(code)],
                    cwd=folder / "own", env={}, timeout=attack.timeout,
                    sandbox=None if walls == "none" else sandbox,
                )  # fmt: skip
                seen = (ran.stdout + ran.stderr).decode("utf-8", "replace")
                assert ran.sandbox.startswith("bubblewrap") == (found is not None), ran
            except ToolFailedError as error:
                stopped = error.message
        reasons = [name for name, value in _state(aim).items() if value != before[name]]
        reasons += [] if _alive(victim) else ["killed"]
        reasons += ["printed"] if re.search("^REACHED", seen, re.MULTILINE) else []
        reasons += ["datagram"] if _received(listener) else []
        reasons += ["shared memory"] if _shared(aim.number) else []
        if remaining := _remaining(f"ATTACK-{aim.number}"):
            reasons.append(f"{len(remaining)} processes remain")
            for process in remaining:
                os.kill(process, signal.SIGKILL)
        if attack.stopped and not re.search(attack.stopped, stopped + seen):
            reasons.append("was not stopped")
        return (REACHED if reasons else HELD), "; ".join([*reasons, stopped, seen[-300:]])


def interpreter_of(code: str) -> list[str]:
    """The command that runs an attack."""
    return [sys.executable, "-I", "-S", "-c", code]


def exposed(folder: Path) -> list[str]:
    """What to put before an attack that no sandbox holds: processes, sockets and memory of the
    machine are in its reach, and of its files the trial's own folder alone. What it mounts is not
    there for others.

    Whatever an attack does, the machine that the tests run on has to be the same afterwards.
    """
    found = find_bubblewrap()
    assert found is not None, "without bubblewrap an attack would hit the machine itself"
    rights = ("CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SYS_NICE", "CAP_SYS_PTRACE")
    kept = [part for each in rights for part in ("--cap-add", each)] if os.geteuid() == 0 else []
    return [
        found.program, "--cap-drop", "ALL", *kept, "--ro-bind", "/", "/", "--dev-bind", "/dev",
        "/dev", "--bind", str(folder), str(folder), "--die-with-parent", "--",
    ]  # fmt: skip


def _state(aim: Target) -> dict[str, object]:
    """What an attack may have changed: any change of a file moves its ctime."""
    files = {each.name: each.stat().st_ctime_ns for each in (aim.key, aim.tool)}
    beside = sorted(each.name for each in aim.key.parent.iterdir())
    limits = resource.prlimit(aim.process, resource.RLIMIT_NOFILE)
    ways = {
        "priority": os.getpriority(os.PRIO_PROCESS, aim.process),
        "processors": os.sched_getaffinity(aim.process),
        "scheduler": os.sched_getscheduler(aim.process),
    }
    return {**files, **ways, "beside": beside, "limits": limits}


def _alive(process: subprocess.Popen[bytes]) -> bool:
    """Whether it still answers: one that was sent a deadly signal may be listed, and never does."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        os.write(process.stdin.fileno(), b"x")
        return os.read(process.stdout.fileno(), 1) == b"x"
    except BrokenPipeError:
        return False


def _received(listener: socket.socket) -> bool:
    try:
        return bool(listener.recv(10))
    except BlockingIOError:
        return False


def _shared(number: int) -> bool:
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    if number not in [int(line.split()[0]) for line in lines]:
        return False
    import ctypes

    libc = ctypes.CDLL(None)
    libc.shmctl(libc.shmget(number, 0, 0), 0, None)
    return True


def _remaining(marker: str) -> list[int]:
    """Processes of an attack that are still there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def all_at_once(attacks: Iterable[Attack]) -> Attack:
    """One program that tries them one after the other: for tests, which are to be fast."""
    lines = [f"try: exec({each.code!r})\nexcept BaseException: pass" for each in attacks]
    return Attack("all", "", "\n".join(lines))

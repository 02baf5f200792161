"""Starts programs: the only place in this package that does.

Every program runs in a process group of its own, with its input closed, in an environment that
holds nothing of the caller's, under a limit of time and of output. Programs of the module under
test run in a sandbox besides: see `gates.toolchains.walls`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError, ToolMissingError, machine_fault
from gates.records import dataclass
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.walls import walls as _walls

OUTPUT_LIMIT = 64 * 1024 * 1024
GRACE = 2.0
"""Seconds between asking a program to end and killing it."""

_FULL = (b"No space left on device", b"ENOSPC", b"Disk quota exceeded", b"EDQUOT")


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it printed."""

    program: str
    exit_status: int
    """128 + n where signal n ended it."""
    stdout: bytes
    stderr: bytes
    seconds: float
    sandbox: str = ""
    """The layers of its sandbox that held ("landlock+seccomp", "none"); "" without a sandbox."""

    def json(self) -> Any:  # noqa: ANN401 - JSON has no better type
        """What it printed, parsed; `ToolFailedError` where that is not JSON."""
        try:
            return json.loads(self.stdout)
        except (ValueError, RecursionError) as error:
            raise ToolFailedError(
                f"{self.program} printed something that is not JSON: {self.end()}"
            ) from error

    def end(self, limit: int = 400) -> str:
        """The end of what it printed, on one line, for a message."""
        text = (self.stderr.strip() or self.stdout.strip()).decode("utf-8", "replace")
        return " | ".join(line.strip() for line in text.splitlines() if line.strip())[-limit:]


@contextlib.contextmanager
def disk() -> Iterator[None]:
    """Around our own writing: a full or read-only disk is `CouldNotCheckError`, not a crash."""
    try:
        yield
    except OSError as error:
        if fault := machine_fault(error):
            raise fault from error
        raise


def disk_is_full(where: object = "") -> CouldNotCheckError:
    """The error for a disk without space."""
    return CouldNotCheckError(
        f"the disk is full{f' ({where})' if where else ''}",
        hint="free some space, or set GATES_CACHE_DIR to another disk",
    )


class Processes:
    """Every running program of one run, so that one call ends them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._over = False

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        timeout: float,
        output_limit: int = OUTPUT_LIMIT,
        sandbox: Sandbox | None = None,
        pass_fds: Sequence[int] = (),
        given: bytes = b"",
    ) -> Ran:
        """Run a program to its end; `timeout` in seconds, `output_limit` in bytes, `given` are a
        few bytes that it reads from its input.

        Raises `ToolMissingError` where it cannot be started, `ToolFailedError` where it ran out of
        time, printed too much or has no sandbox, `CouldNotCheckError` on a full disk.
        """
        name = Path(command[0]).name
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            walls = stack.enter_context(_walls(sandbox, cwd)) if sandbox is not None else None
            before, passed = (walls.command, walls.passed) if walls else ([], [])
            command = [*before, *command]
            process = self._start(command, name, cwd, env, [*pass_fds, *passed], given)
            try:
                if walls is not None:
                    walls.started()
                stdout, stderr = _read(process, name, started + timeout, timeout, output_limit)
            finally:
                end_group(process)
                if walls is not None:
                    walls.wait()
                for stream in (process.stdout, process.stderr):
                    if stream is not None:
                        stream.close()
                with self._lock:
                    self._running.discard(process)
            layers, excess = walls.report() if walls is not None else ("", "")
        status = process.returncode
        ran = Ran(
            name,
            status if status >= 0 else 128 - status,
            stdout,
            stderr,
            time.monotonic() - started,
            layers,
        )
        if self._over:
            raise ToolFailedError(f"{name} was stopped: the run was interrupted")
        if sandbox is not None and not layers:
            reason = ran.end() or f"exit status {ran.exit_status}"
            raise ToolFailedError(f"{name} could not be started in its sandbox: {reason}")
        if excess:
            raise ToolFailedError(f"{name} {excess} and was stopped")
        if ran.exit_status and any(sign in stdout + stderr for sign in _FULL):
            raise disk_is_full(f"{name} in {cwd}")
        return ran

    def _start(
        self,
        command: list[str],
        name: str,
        cwd: Path,
        env: Mapping[str, str],
        pass_fds: list[int],
        given: bytes,
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._over:
                raise ToolFailedError(f"{name} was not started: the run was interrupted")
            source = _source(given)
            try:
                process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=dict(env),
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    pass_fds=pass_fds,
                )
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise disk_is_full(cwd) from error
                reason = f"cannot start {name}: {error.strerror or error}"
                raise ToolMissingError(reason) from error
            finally:
                if given:
                    os.close(source)
            self._running.add(process)
            return process

    def kill_all(self) -> None:
        """End every running program and start no other: for Ctrl-C, from any thread."""
        with self._lock:
            self._over = True
            running = tuple(self._running)
        for process in running:  # ask all of them first, so that they end side by side
            _signal(process, signal.SIGTERM)
        for process in running:
            end_group(process)


def _source(given: bytes) -> int:
    """An input that holds these bytes and then ends; they fit into a pipe."""
    if not given:
        return subprocess.DEVNULL
    reader, writer = os.pipe()
    try:
        os.write(writer, given[: select.PIPE_BUF])
    finally:
        os.close(writer)
    return reader


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that is left of its process group, first asking, then killing."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    # The group lives as long as any of its members, even after its leader has been waited for.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _read(
    process: subprocess.Popen[bytes], name: str, deadline: float, timeout: float, limit: int
) -> tuple[bytes, bytes]:
    """Both streams to their end; kills what a finished program left behind to hold them open."""
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    read: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    out, err = read
    size = 0
    with selectors.DefaultSelector() as selector:
        for descriptor in read:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise ToolFailedError(f"{name} did not end within {timeout:g} s and was stopped")
            ended = process.poll() is not None
            events = selector.select(0.05 if ended else min(left, 0.25))
            if ended and not events:
                break
            for key, _ in events:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fd)
                read[key.fd].append(chunk)
                size += len(chunk)
            if size > limit:
                raise ToolFailedError(f"{name} printed more than {limit} bytes and was stopped")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise ToolFailedError(f"{name} did not end within {timeout:g} s and was stopped") from None
    return b"".join(read[out]), b"".join(read[err])

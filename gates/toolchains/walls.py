"""The walls around one program: bubblewrap where it works, and the launcher inside or alone."""

from __future__ import annotations

import contextlib
import json
import os
import select
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.errors import ToolFailedError
from gates.records import dataclass, field
from gates.toolchains.bubblewrap import find_bubblewrap, give, other_user
from gates.toolchains.sandbox import LAUNCHER, Sandbox, interpreter

PATIENCE = 10.0
"""Seconds that the kernel may take to end what is left in a killed sandbox."""


@dataclass
class Walls:
    """What is put around one program, and what is heard of it."""

    command: list[str]
    """What stands before the program's own command."""
    passed: tuple[int, ...]
    """Descriptors that the program's process inherits."""
    _heard: tuple[int, ...]
    _open: set[int] = field(default_factory=set)

    def started(self) -> None:
        """Close our side of what the process has inherited, so that its end is noticed."""
        for descriptor in self.passed:
            if descriptor in self._open:
                self._open.discard(descriptor)
                os.close(descriptor)

    def wait(self) -> None:
        """Wait until nothing is left inside: the kernel ends it all with bubblewrap's init."""
        self.started()
        if len(self._heard) < 2:
            return
        try:
            init = json.loads(_received(self._heard[1]).partition(b"\n")[0])["child-pid"]
            handle = os.pidfd_open(init)
        except (OSError, ValueError, KeyError, TypeError):
            return
        try:
            select.select([handle], [], [], PATIENCE)
        finally:
            os.close(handle)

    def report(self) -> tuple[str, str]:
        """The names of the walls that held, and what the program had too much of ("" for each)."""
        held, _, excess = _received(self._heard[0]).decode("utf-8", "replace").partition("\n")
        return held, excess


@contextlib.contextmanager
def walls(sandbox: Sandbox, folder: Path) -> Iterator[Walls]:
    """The walls of a sandbox, for a program that starts in `folder`.

    Raises `ToolFailedError` for paths that the launcher cannot be told.
    """
    bubblewrap = find_bubblewrap()
    if any("\n" in str(each) for each in (folder, *sandbox.read, *sandbox.write)):
        raise ToolFailedError(f"no sandbox can be made for a path with a line break: {folder}")
    with contextlib.ExitStack() as stack:
        opened: set[int] = set()
        stack.callback(_close, opened)

        def pipe() -> tuple[int, int]:
            heard, told = os.pipe()
            opened.update((heard, told))
            os.set_blocking(heard, False)
            return heard, told

        heard, told = pipe()
        if bubblewrap is None:
            launcher = sandbox.launcher(told, folder, namespaces=False, user=None)
            yield Walls(launcher, (told,), (heard,), opened)
            return
        read = [*sandbox.readable, *_needed()]
        user = other_user(read)
        status, told_status = pipe()
        around = bubblewrap.command(read, sandbox.writable, user=user, status=told_status)
        launcher = sandbox.launcher(told, folder, namespaces=True, user=user)
        with _owned_by(user, sandbox.write):
            yield Walls([*around, *launcher], (told, told_status), (heard, status), opened)


@contextlib.contextmanager
def _owned_by(user: int | None, folders: Sequence[Path]) -> Iterator[None]:
    """Let another user own the folders meanwhile; what they hold is nobody else's later."""
    if user is None:
        yield
        return
    given = [str(folder) for folder in folders]
    give(given, user)
    try:
        yield
    finally:
        give(given, os.geteuid())


def _close(descriptors: set[int]) -> None:
    while descriptors:
        os.close(descriptors.pop())


def _needed() -> list[str]:
    """What the launcher itself needs."""
    return [str(LAUNCHER), *map(str, interpreter())]


def _received(descriptor: int) -> bytes:
    """All that was written to a pipe so far, up to a bound that no wall comes near."""
    try:
        return os.read(descriptor, 4096)
    except BlockingIOError:
        return b""

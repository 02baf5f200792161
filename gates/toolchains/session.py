"""One run's work folder, programs and shared results."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

from gates.filesystem import spread
from gates.module import Module
from gates.recorder import note_all, recording
from gates.settings import Policy, Settings
from gates.supervisor import Supervisor
from gates.supervisor.programs import end_programs
from gates.toolchains.processes import Processes, disk
from gates.workers import alone

T = TypeVar("T")
DEEPEST = 100
"""Folders in folders that are removed as they lie."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Session:
    """What the checks of one run share. Safe to use from several threads.

    Its work folder lies under the cache and goes when the session is closed; that of a run which
    was killed is removed by its supervisor, or else by the next run.
    """

    def __init__(self, module: Module, policy: Policy, settings: Settings) -> None:
        self.module = module
        self.policy = policy
        self.settings = settings
        self.processes = Processes()
        self._counter = itertools.count(1)
        self._lock = threading.Lock()
        self._locks: dict[object, threading.Lock] = {}
        self._made: dict[object, Any] = {}
        with disk():
            self.folder, self._hold = _open_work_folder(settings.cache / "work")
        self._supervisor = Supervisor(self.folder / "lock", remove_abandoned, self.folder)

    def new_folder(self, name: str = "") -> Path:
        """A new, empty folder of this run. Short names keep sockets inside it possible."""
        with disk():
            folder = self.folder / f"{next(self._counter)}{name}"
            folder.mkdir(mode=0o700)
        return folder

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` returned the first time for this key, or the error that it raised."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with alone(lock):
            if key not in self._made:
                with recording() as trace:
                    try:
                        self._made[key] = (make(), None, trace)
                    except Exception as error:  # noqa: BLE001 - raised again for all who ask
                        self._made[key] = (None, error, trace)
        value, failure, asked = self._made[key]
        note_all(asked)
        if failure is not None:
            raise failure
        made: T = value
        return made

    def cancel(self) -> None:
        """End every program that runs, and start no other; from any thread."""
        self.processes.kill_all()

    def close(self) -> None:
        """End every program and remove the work folder."""
        self.processes.kill_all()
        remove(self.folder)
        self._supervisor.close()
        self._hold.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remove(folder: Path) -> None:
    """Remove a folder and all in it, also where the module's code closed a folder to us."""

    def open_up(_function: object, path: str, _error: object) -> None:
        with contextlib.suppress(OSError):
            os.chmod(Path(path).parent, 0o700)  # noqa: PTH101
            if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
                os.chmod(path, 0o700)  # noqa: PTH101
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)  # noqa: PTH108

    with contextlib.suppress(OSError):
        _lift_deep_folders(folder)
    shutil.rmtree(folder, onerror=open_up)
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def _lift_deep_folders(folder: Path) -> None:
    """Move folders that lie deeper than `DEEPEST` to the top of `folder`, until none does.

    What removes a tree goes down into it by calls and open folders, of which there is an end long
    before that of the folders that a module's tests can make. Paths have one, too, so each is
    opened from the one above.
    """
    top = os.open(folder, _FOLDER)
    try:
        waiting = ["."]
        while waiting:
            with contextlib.suppress(OSError):
                waiting += _lift(top, top, waiting.pop(), 0)
    finally:
        os.close(top)


def _lift(top: int, above: int, name: str, depth: int) -> list[str]:
    """The new names of the folders that were moved to the top, from one that lies in `above`."""
    if depth > DEEPEST:
        lifted = f"deep-{secrets.token_hex(8)}"
        os.rename(name, lifted, src_dir_fd=above, dst_dir_fd=top)
        return [lifted]
    with contextlib.suppress(OSError):
        os.chmod(name, 0o700, dir_fd=above)
    here = os.open(name, _FOLDER, dir_fd=above)
    moved: list[str] = []
    try:
        with os.scandir(here) as entries:
            names = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
        for each in names:
            with contextlib.suppress(OSError):
                moved += _lift(top, here, each, depth + 1)
    finally:
        os.close(here)
    return moved


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_abandoned(folder: Path, _lock: int) -> None:
    """End the programs of a run that was killed, and remove what it wrote: for its supervisor, or
    the next run. The lock goes with the process."""
    end_programs(folder)
    remove(folder)


def hold(folder: Path) -> FileIO | None:
    """The lock of a folder, as an open file; None while its owner lives. Raises `OSError`."""
    file = FileIO(os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if isinstance(error, BlockingIOError):
            return None
        raise
    return file


def _open_work_folder(parent: Path) -> tuple[Path, FileIO]:
    parent.mkdir(parents=True, exist_ok=True)
    spread(parent)
    # One at a time: a folder whose owner has not locked it yet must not be taken for dead.
    with _locked(parent / ".lock"):
        dead = []
        for folder in parent.iterdir():
            if folder.name.startswith(".") or folder.is_symlink() or not folder.is_dir():
                continue
            with contextlib.suppress(OSError):
                if (lock := hold(folder)) is not None:
                    dead.append((folder, lock))
        folder = parent / secrets.token_hex(4)
        folder.mkdir(mode=0o700)
        held = hold(folder)
    for old, lock in dead:
        remove_abandoned(old, lock.fileno())
        lock.close()
    if held is None:
        raise OSError(f"cannot lock {folder}")
    return folder, held

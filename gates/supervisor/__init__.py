"""Cleans up after a run that was killed: a small process that waits for the lock of its owner.

The kernel drops a `flock` with the process that holds it, also after kill -9. So whoever makes
something that must not stay (a server, a work folder) holds a lock, and has a supervisor that waits
for it: the supervisor gets the lock only when its owner is gone, and then removes what is left.
An owner that ends in order removes everything itself and ends its supervisor.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gates.errors import CouldNotCheckError

_WAIT = Path(__file__).with_name("wait.py")
_ROOT = Path(__file__).resolve().parents[2]


class Supervisor:
    """One waiting process. `close` ends it; the caller holds the lock until then."""

    def __init__(self, lock: Path, clean: Callable[[Path, int], None], folder: Path) -> None:
        """Wait for the file `lock`, which the caller has locked; when that is free, call `clean`
        with `folder` and the descriptor that holds the lock now, in a process of its own.

        `clean` is a function of a module. Raises `CouldNotCheckError` where no process starts.
        """
        what = (str(_ROOT), clean.__module__, clean.__name__, str(folder))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_WAIT), str(lock), *what],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                start_new_session=True,  # what ends the owner's group must not end this
            )
        except OSError as error:
            raise CouldNotCheckError(
                f"no process can be started to clean up after this one: {error.strerror}",
                hint="allow this user more processes (ulimit -u)",
            ) from error

    def close(self) -> None:
        """End the process: its owner has cleaned up."""
        self._process.kill()
        self._process.wait()

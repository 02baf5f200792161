"""The programs that a killed run has left: found by their environment, ended without mistaking any.

Every program of a run has folders of that run in its environment (`HOME`, `TMPDIR`), its children
inherit them, and no other run's programs have them, since the work folder's name is random.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

SECONDS = 5.0
"""How long programs are looked for: one that was just being started has its environment late."""
_PAUSE = 0.05
_QUIET = 3
"""So many looks in a row that find none are believed."""


def end_programs(folder: Path) -> None:
    """Kill every process whose environment names a run's work folder. Needs Linux's `/proc`;
    elsewhere it does nothing."""
    mark = os.fsencode(folder) + b"/"
    until, quiet = time.monotonic() + SECONDS, 0
    while hasattr(os, "pidfd_open") and quiet < _QUIET and time.monotonic() < until:
        quiet = 0 if _end_once(mark) else quiet + 1
        time.sleep(_PAUSE)


def _end_once(mark: bytes) -> bool:
    """Whether there was one."""
    found = False
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is not ours
            handle = os.pidfd_open(int(entry.name))
            try:
                # The handle came first: what is read is of its process, or of none that lives.
                if mark in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    found = True
            finally:
                os.close(handle)
    return found

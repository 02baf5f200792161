"""The process of a supervisor: waits without the weight of this package, then cleans up with it.

Arguments while it waits: the lock, the folder that the package lies in, a module and a function of
it, a folder. When it has the lock it begins anew with the lock's descriptor as its first argument.
"""

from __future__ import annotations

import fcntl
import os
import sys


def wait(lock: str, *what: str) -> None:
    """Wait for the lock, then become the process that cleans up."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # the owner has cleaned up, or another run after it
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.set_inheritable(descriptor, True)
    again = [sys.executable, "-I", __file__, str(descriptor), *what]
    os.execv(sys.executable, again)  # noqa: S606 - the interpreter that runs this


def clean(descriptor: int, root: str, module: str, function: str, folder: str) -> None:
    """Call the function with the folder and the lock."""
    import importlib
    from pathlib import Path

    os.set_inheritable(descriptor, False)
    sys.path.insert(0, root)
    getattr(importlib.import_module(module), function)(Path(folder), descriptor)


if __name__ == "__main__":
    first, *rest = sys.argv[1:]
    if first.isdigit():
        clean(int(first), *rest)
    else:
        wait(first, *rest)

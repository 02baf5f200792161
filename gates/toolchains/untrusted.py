"""Reads files that a module's own code could have written: never through a link, never for ever."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gates.errors import ToolFailedError
from gates.toolchains.processes import disk

LARGEST = 256 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_untrusted(folder: Path, path: Path, *, limit: int = LARGEST) -> bytes | None:
    """The content of a file under `folder`, which is this package's own; None where there is none.

    No part of the path below `folder` may be a link, and the file must be a plain one of at most
    `limit` bytes. Raises `ToolFailedError` otherwise.
    """
    *parents, name = path.relative_to(folder).parts
    with disk():
        opened = [os.open(folder, _FOLDER)]
        try:
            for parent in parents:
                opened.append(os.open(parent, _FOLDER, dir_fd=opened[-1]))
            opened.append(os.open(name, _FILE, dir_fd=opened[-1]))
            status = os.fstat(opened[-1])
            if not stat.S_ISREG(status.st_mode):
                raise ToolFailedError(f"{path.name}, which was to be a report, is no plain file")
            if status.st_size > limit:
                raise ToolFailedError(f"{path.name} is larger than {limit >> 20} MiB")
            with os.fdopen(opened.pop(), "rb") as file:
                return file.read(limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ToolFailedError(f"{path.name} cannot be read: {error.strerror}") from error
        finally:
            for descriptor in opened:
                os.close(descriptor)

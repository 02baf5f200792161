"""Writes files of a module back to disk: whole or not at all, and never through a link."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.errors import CouldNotCheckError
from gates.module.model import Module

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_files(module: Module, changes: Mapping[str, bytes | None]) -> None:
    """Put new contents in the place of files that are as they were when the module was loaded, and
    remove those whose content is None.

    Each file is written beside its old one and then takes its name, once all are written; its mode
    stays. Files are removed last. Raises `CouldNotCheckError`, with nothing replaced, where a file
    was changed meanwhile, or cannot be written.
    """
    with contextlib.ExitStack() as stack:
        ready: list[tuple[str, str, str, int]] = []
        gone: list[tuple[str, str, int]] = []
        try:
            for path, data in sorted(changes.items()):
                folder = stack.enter_context(_parent(module.root, path))
                name = path.rpartition("/")[2]
                mode = _unchanged(module, path, folder, name)
                if data is None:
                    gone.append((path, name, folder))
                    continue
                new = f".{name[:60]}.{secrets.token_hex(4)}"
                stack.callback(_discard, new, folder)
                with os.fdopen(os.open(new, _NEW, 0o600, dir_fd=folder), "wb") as out:
                    os.fchmod(out.fileno(), mode)
                    out.write(data)
                    out.flush()
                    os.fsync(out.fileno())
                ready.append((path, new, name, folder))
            for path, _, name, folder in ready:
                _unchanged(module, path, folder, name)
            for path, name, folder in gone:
                _unchanged(module, path, folder, name)
            for _, new, name, folder in ready:
                os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
            for _, name, folder in gone:
                os.unlink(name, dir_fd=folder)
        except OSError as error:
            message = f"the repaired files could not be written: {error.strerror}"
            raise CouldNotCheckError(message) from error


@contextlib.contextmanager
def _parent(root: Path, path: str) -> Iterator[int]:
    """The open folder that holds a path, reached without any link, and made where it is not."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in path.split("/")[:-1]:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _unchanged(module: Module, path: str, folder: int, name: str) -> int:
    """The mode of a file that is still what was loaded; of one that is not there yet, the usual."""
    known = module.files.get(path)
    try:
        with os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb") as stream:
            status = os.fstat(stream.fileno())
            same = known is not None and hashlib.sha256(stream.read()).hexdigest() == known.sha256
    except FileNotFoundError:
        if known is None:
            return 0o644
        raise
    if not same or not stat.S_ISREG(status.st_mode):
        raise CouldNotCheckError(f"{path} was changed meanwhile, so nothing was written")
    return stat.S_IMODE(status.st_mode)


def _discard(name: str, folder: int) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder)

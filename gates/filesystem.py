"""Asks the file system about a text that comes from a module, a tool or a command line.

Such a text may be the name of nothing: too long for a name or a path, with a NUL, with half a
character, or a link that leads to itself. pathlib answers each in another way, with an error of
its own; here they are what they mean: nothing is there. Sources: path_resolution(7), stat(2).

Files of ours are written whole or not at all, and read only where they are plain and not large.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path

_NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EILSEQ}


def status(path: Path, *, follow: bool = True) -> os.stat_result | None:
    """What lies at a path, without `follow` a link itself; None where nothing does.

    Raises `OSError` where that cannot be told: no permission, a broken disk.
    """
    try:
        return path.stat(follow_symlinks=follow)
    except ValueError:  # a NUL, half a character: no file system has such a name
        return None
    except OSError as error:
        if error.errno in _NOTHING:
            return None
        raise


def is_file(path: Path) -> bool:
    """Whether a plain file lies there, also behind a link. Raises as `status`."""
    found = status(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a folder lies there, also behind a link. Raises as `status`."""
    found = status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_link(path: Path) -> bool:
    """Whether a symbolic link lies there. Raises as `status`."""
    found = status(path, follow=False)
    return found is not None and stat.S_ISLNK(found.st_mode)


def resolved(path: Path) -> Path:
    """The path without links, absolute. Raises `ValueError` for a text that can be no path.

    A link that leads to itself stays as it is: nothing lies there, which `status` says.
    """
    try:
        return Path(os.path.realpath(path))
    except UnicodeError as error:
        raise ValueError("half a character is part of no path") from error
    except ValueError as error:
        raise ValueError("a zero byte is part of no path") from error


def write_whole(path: Path, data: bytes) -> bool:
    """Write a file aside and rename it into place; False where that is not possible."""
    aside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        aside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        return False
    return True


def read_plain(path: Path, largest: int) -> bytes | None:
    """The bytes of a plain file of at most so many, never through a link; else None."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_size > largest:
                return None
            return file.read(largest + 1)
    except OSError:
        return None


_LONG = 8 if sys.maxsize > 1 << 32 else 4
_READ_FLAGS = (2 << 30) | (_LONG << 16) | (ord("f") << 8) | 1
_WRITE_FLAGS = (1 << 30) | (_LONG << 16) | (ord("f") << 8) | 2
"""FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of Linux (ioctl_iflags(2))."""
_TOP_OF_HIERARCHIES = 0x20000


def spread(parent: Path) -> bool:
    """Tell the file system that the folders in this one have nothing to do with each other, as
    `chattr +T` does; False where it takes no such hint.

    ext4 puts a new folder near its parent, and without a journal it passes by the number of each
    file that was removed there in the last minutes, for every file that is made: what one run
    removed at its end made the next one's files cost ten times as much.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    flags = bytearray(_LONG)
    try:
        folder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.ioctl(folder, _READ_FLAGS, flags)
            known = int.from_bytes(flags[:4], sys.byteorder)
            if not known & _TOP_OF_HIERARCHIES:
                flags[:4] = (known | _TOP_OF_HIERARCHIES).to_bytes(4, sys.byteorder)
                fcntl.ioctl(folder, _WRITE_FLAGS, flags)
        finally:
            os.close(folder)
    except OSError:
        return False
    return True

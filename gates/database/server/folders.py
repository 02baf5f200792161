"""Folders that a server lives in: who owns one is said by a lock, not by a file's age.

The kernel drops a `flock` with the process that holds it, also after kill -9. So a folder whose
lock is free belongs to nobody, and whoever comes next may stop its server and remove it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from gates.database.server.postmaster import forget_memory, stop
from gates.database.server.programs import Account, not_written
from gates.errors import DatabaseUnavailableError
from gates.filesystem import spread
from gates.supervisor import Supervisor

SOCKET_NAME_BYTES = len("/.s.PGSQL.5432")
SOCKET_PATH_BYTES = 103
"""What `sockaddr_un` holds on the strictest of the systems that we run on, less its final NUL."""


class Lock:
    """A `flock` on one file, shared or exclusive; released by `close` or with the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise not_written(path, error) from error
        # A file object forgets its number when it is closed: closed twice, a number alone would
        # close what another thread has opened since.
        self._file = io.FileIO(number, "r+")

    def take(self, *, shared: bool = False, timeout: float = 120.0) -> None:
        """Wait for the lock. Raises `DatabaseUnavailableError` after `timeout` seconds."""
        until = time.monotonic() + timeout
        while not self.try_take(shared=shared):
            if time.monotonic() > until:
                raise DatabaseUnavailableError(
                    f"another process has held {self.path} for {timeout:.0f} s", hint="gates doctor"
                )
            time.sleep(0.01)

    def try_take(self, *, shared: bool = False) -> bool:
        """Take the lock if nobody stands in the way, and say whether that worked."""
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @property
    def in_place(self) -> bool:
        """Whether the path still leads to the file that is locked."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.lstat())
        except OSError:
            return False

    def close(self) -> None:
        """Let go; also a second time."""
        self._file.close()

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def make(path: Path, account: Account, *, private: bool) -> Path:
    """Make one folder. Private: only the account (and root) enters; else others may pass through.

    Folders above it that are missing are made so that the account can pass.
    """
    try:
        for parent in reversed(path.parents):
            if not parent.exists():
                with contextlib.suppress(FileExistsError):
                    parent.mkdir(0o700)
                    parent.chmod(0o755 if account.switch else 0o700)
        path.mkdir(0o700)
        path.chmod(0o700 if private or not account.switch else 0o755)
        if private:
            account.own(path)
    except FileExistsError:
        raise
    except OSError as error:
        raise not_written(path, error) from error
    return path


def socket_folder(beside: Path, account: Account) -> Path:
    """A private folder for the server's socket: in `beside`, or in the system's temporary folder
    where that path would be too long for a socket. `beside/socket.path` names it."""
    folder = beside / "socket"
    if len(os.fsencode(folder)) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES:
        folder = Path(tempfile.mkdtemp(prefix="gates-", dir=_short_temporary()))
        account.own(folder)
    elif not folder.is_dir():
        make(folder, account, private=True)
    (beside / "socket.path").write_text(str(folder), "utf-8")
    return folder


def forget_sockets(beside: Path) -> None:
    """Remove the socket folder of a server that has stopped, where it lies elsewhere."""
    with contextlib.suppress(OSError):
        sockets = Path((beside / "socket.path").read_text("utf-8"))
        if sockets.parent == _short_temporary() and sockets.name.startswith("gates-"):
            shutil.rmtree(sockets, ignore_errors=True)


def _short_temporary() -> Path:
    return Path("/tmp")  # noqa: S108 - the only place that is always short enough; mkdtemp is safe


_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is private to this user
_ROOM = 4 << 30
"""Bytes that must be free before files of a server lie in memory."""


def runs_folder(home: Path, account: Account) -> Path:
    """Where folders of runs lie: in memory where Linux offers it and there is plenty, else in
    `home`. A copy of a database is some 300 small files, which takes a disk ten times as long."""
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    place = _IN_MEMORY / f"axon-gates-{os.geteuid()}-{digest}"
    try:
        if not os.path.ismount(_IN_MEMORY) or min(_free(_IN_MEMORY), _memory()) < _ROOM:
            return home / "runs"
        with contextlib.suppress(FileExistsError):
            place.mkdir(0o700)
            place.chmod(0o755 if account.switch else 0o700)
        found = place.lstat()
    except (OSError, ValueError):
        return home / "runs"
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    # Others may write to /dev/shm: what they put in the place of our folder is left alone.
    return place if ours and not found.st_mode & 0o022 else home / "runs"


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _memory() -> int:
    """Bytes of memory that are available (proc(5), /proc/meminfo)."""
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no MemAvailable")


class RunFolder:
    """A folder of one run under `runs`, locked for as long as the run lives."""

    def __init__(self, runs: Path, account: Account) -> None:
        with _entered(runs, account):
            abandoned = list(_abandoned(runs))
            self.path = make(runs / secrets.token_hex(4), account, private=False)
            self._lock = Lock(self.path / "lock")
            self._lock.take()
            self._supervisor = Supervisor(self._lock.path, discard_abandoned, self.path)
        for folder, lock in abandoned:
            with lock:
                discard(folder)

    def close(self) -> None:
        """Remove the folder and give up the lock."""
        discard(self.path)
        self._supervisor.close()
        self._lock.close()
        _leave(self.path.parent)


@contextlib.contextmanager
def _entered(runs: Path, account: Account) -> Iterator[None]:
    """The folder of runs, there and locked: a run that ends may remove it at any time."""
    while True:
        if not runs.exists():
            with contextlib.suppress(FileExistsError):
                make(runs, account, private=False)
                spread(runs)
        if runs.exists() and runs.lstat().st_uid != os.geteuid():
            raise DatabaseUnavailableError(
                f"{runs} belongs to somebody else", hint="remove it, or set GATES_CACHE_DIR"
            )
        try:
            everybody = Lock(runs / ".lock")
        except DatabaseUnavailableError:
            if runs.exists():
                raise
            continue
        with everybody:
            everybody.take()
            if everybody.in_place:
                yield
                return


def _leave(runs: Path) -> None:
    """Remove the folder of runs after the last of them: they would add up in memory."""
    with contextlib.suppress(OSError, DatabaseUnavailableError), Lock(runs / ".lock") as everybody:
        if everybody.try_take() and everybody.in_place and len(list(runs.iterdir())) == 1:
            (runs / ".lock").unlink()
            runs.rmdir()


def _abandoned(runs: Path) -> Iterator[tuple[Path, Lock]]:
    """Folders of runs that are gone, each with its lock taken."""
    for folder in sorted(runs.iterdir()):
        if folder.name.startswith(".") or folder.is_symlink() or not folder.is_dir():
            continue
        lock = Lock(folder / "lock")
        if lock.try_take():
            yield folder, lock
        else:
            lock.close()


def discard(folder: Path) -> None:
    """Stop the server that may still run in `folder`, and remove both it and its socket."""
    stop(folder / "data", immediate=True)
    forget_memory(folder / "data")
    forget_sockets(folder)
    shutil.rmtree(folder, ignore_errors=True)


def discard_abandoned(folder: Path, _lock: int) -> None:
    """`discard`, for the supervisor of a run that was killed; the lock goes with its process."""
    discard(folder)
    _leave(folder.parent)

"""Starts and stops PostgreSQL servers of our own: one that is thrown away, one that lasts.

`throwaway_server` is for proofs: its files are copied from a cached template, nothing is synced to
disk, and the folder goes with the run. `durable_server` is for the catalog: everything is synced,
several `gates` processes share it, the last one out stops it, and after kill -9 the next one in
finds it as it was. Both listen on a Unix socket in a private folder and on nothing else.
"""

from __future__ import annotations

import contextlib
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from gates.database.server.folders import (
    Lock,
    RunFolder,
    forget_sockets,
    make,
    runs_folder,
    socket_folder,
)
from gates.database.server.postmaster import (
    START_SECONDS,
    SUPERUSER,
    Process,
    initialise,
    new_cluster,
    nobody_works_in,
    postmaster,
    ready,
    start,
    stop,
)
from gates.database.server.programs import Account, Programs
from gates.errors import DatabaseUnavailableError
from gates.settings import Settings
from gates.supervisor import Supervisor

_LEAN = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # A statement that fails may hold a password.
    "log_min_error_statement": "panic",
}
_FORGETFUL = _LEAN | {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "autovacuum": "off",
    "max_worker_processes": "0",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    # Elsewhere, an immediate stop leaves segments behind in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "temp_file_limit": "1GB",
    # A module under test may raise as many messages as it likes; why the server dies is FATAL.
    "log_min_messages": "fatal",
    # Passwords live as long as the run and are random: one round of hashing is as good as many.
    "scram_iterations": "1",
    "track_activities": "on",
    "update_process_title": "off",
}


@contextlib.contextmanager
def throwaway_server(settings: Settings) -> Iterator[str]:
    """A new, empty server for as long as the context lasts; yields its superuser's URL.

    What earlier runs left behind (after kill -9) is stopped and removed first.
    Raises `DatabaseUnavailableError`.
    """
    home = _home(settings)
    programs = Programs.find(home)
    template = _template(programs, home)
    run = RunFolder(runs_folder(home, programs.account), programs.account)
    try:
        data = make(run.path / "data", programs.account, private=True)
        programs.run(["cp", "-R", f"{template}/.", f"{data}/"], data)
        sockets = socket_folder(run.path, programs.account)
        process = start(programs, data, sockets, run.path / "log", _FORGETFUL)
        try:
            yield url(sockets)
        finally:
            stop(data, immediate=True)
            process.wait(timeout=30)
    finally:
        run.close()


@contextlib.contextmanager
def durable_server(
    data_directory: Path,
    settings: Settings,
    at_end: Callable[[str], Callable[[], object]] | None = None,
) -> Iterator[str]:
    """A lasting server whose files are in `data_directory`; yields its superuser's URL.

    The directory is made and initialised on first use, whole or not at all. It holds `data`
    (PostgreSQL's own files), `socket`, `log` and two lock files. Processes that use it at the same
    time share one server, which the last one stops: then `at_end` is called with the URL, and what
    it returns once the server has stopped.
    Raises `DatabaseUnavailableError`, also where the directory holds something else.
    """
    programs = Programs.find(_home(settings))
    folder = _durable_folder(data_directory.absolute(), programs)
    data = folder / "data"
    with Lock(folder / "users") as users, contextlib.ExitStack() as stack:
        with Lock(folder / "lock") as change:
            change.take()
            users.take(shared=True)
            supervisor = Supervisor(users.path, settle_abandoned, folder)
            stack.callback(supervisor.close)
            if not data.exists():
                initialise(programs, data)
            process = None
            if _attach(data):
                sockets = _known(folder)
            else:
                forget_sockets(folder)
                sockets = socket_folder(folder, programs.account)
                process = _start_again(programs, data, sockets, folder / "log")
        try:
            yield url(sockets)
        finally:
            with Lock(folder / "lock") as change:
                change.take()
                supervisor.close()  # else it gets the lock while ours changes its kind
                if users.try_take():
                    afterwards = None
                    with contextlib.suppress(Exception):  # the server stops whatever it raises
                        afterwards = at_end(url(sockets)) if at_end else None
                    _stop(folder)
                    if afterwards is not None:
                        afterwards()
                    if process is not None:
                        process.wait(timeout=30)


def settle_abandoned(folder: Path, lock: int) -> None:
    """Stop the lasting server in `folder` if nobody uses it, for the supervisor of a process that
    was killed. `lock` is given up first: whoever comes holds `lock` before it waits for `users`."""
    os.close(lock)
    with Lock(folder / "lock") as change, Lock(folder / "users") as users:
        change.take()
        if users.try_take():
            _stop(folder)


def _stop(folder: Path) -> None:
    """Stop the server in `folder`, which nobody but the caller uses, who holds both locks."""
    stop(folder / "data", immediate=False)
    forget_sockets(folder)


def url(sockets: Path, user: str = SUPERUSER, database: str = "postgres") -> str:
    """A connection URL for a server that listens on a socket in `sockets`."""
    host = urllib.parse.quote(str(sockets), safe="")
    return f"postgresql://{user}@/{database}?host={host}"


def _home(settings: Settings) -> Path:
    """Where templates and run folders lie: in the cache, or, for root with a cache that the
    servers' account may not enter, in the cache that root has by default."""
    account = Account.choose()
    if account.reaches(settings.cache):
        return settings.cache / "postgresql"
    return Path("/var/cache/axon-gates/postgresql")


_PROVED: set[Path] = set()
"""Templates that this process has found as they were made: reading all of one takes 0.1 s."""


def _template(programs: Programs, home: Path) -> Path:
    """A data directory as `initdb` leaves it, made once for each version and account, and anew
    where it is no longer what was made: a crash or a full disk leaves files that are empty."""
    from gates.toolchains.cache import install_once, sealed

    account = programs.account
    if not account.reaches(home):
        raise DatabaseUnavailableError(
            f"PostgreSQL does not run as root, and the account {account.name!r} that it runs as"
            f" cannot enter {home}",
            hint="set GATES_CACHE_DIR to a folder that every user may enter",
        )
    template = home / f"lean-{programs.version}-{account.uid}-peer"
    if template in _PROVED and template.is_dir():
        return template
    if sealed(template) is not None:
        _PROVED.add(template)
        return template
    if not home.exists():
        with contextlib.suppress(FileExistsError):
            make(home, account, private=False)
    with Lock(home / "template.lock") as lock:
        lock.take()
        with contextlib.ExitStack() as stack:
            made = new_cluster(programs, template, throwaway=True)
            return install_once(template, lambda: stack.enter_context(made)).place


def _durable_folder(folder: Path, programs: Programs) -> Path:
    if folder.is_dir():
        known = {"answers.json", "data", "socket", "socket.path", "lock", "users", "log"}
        strange = sorted(
            each.name
            for each in folder.iterdir()
            if each.name not in known and not each.name.startswith("data.new-")
        )
        if strange and not (folder / "users").exists():
            raise DatabaseUnavailableError(
                f"{folder} is no data directory of ours: it holds {strange[0]}",
                hint="name a folder that does not exist yet",
            )
    elif folder.exists():
        raise DatabaseUnavailableError(
            f"{folder} is not a folder", hint="name a folder that does not exist yet"
        )
    else:
        with contextlib.suppress(FileExistsError):
            make(folder, programs.account, private=False)
    if not programs.account.reaches(folder):
        raise DatabaseUnavailableError(
            f"PostgreSQL does not run as root, and the account {programs.account.name!r} that it"
            f" runs as cannot enter {folder}",
            hint="choose a folder that every user may enter (its parents too)",
        )
    return folder


def _attach(data: Path) -> bool:
    """Whether a server runs on `data` already; waits for one that is just starting or stopping."""
    until = time.monotonic() + START_SECONDS
    while (pid := postmaster(data)) is not None:
        if ready(data, pid):
            return True
        if time.monotonic() > until:
            raise DatabaseUnavailableError(
                f"the server on {data} (process {pid}) neither starts nor stops",
                hint="stop it with pg_ctl and try again",
            )
        time.sleep(0.01)
    return False


def _start_again(programs: Programs, data: Path, sockets: Path, log: Path) -> Process:
    """Start the lasting server, also where the process of an old one is still in the table: its
    number is in use again, or nobody has waited for it.

    PostgreSQL refuses that case, since it cannot know; we do: the caller holds the lock, and no
    process works in the data directory.
    """
    for left in sockets.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)
    try:
        return start(programs, data, sockets, log, _LEAN)
    except DatabaseUnavailableError as error:
        if "postmaster.pid" not in error.message or not nobody_works_in(data):
            raise
        (data / "postmaster.pid").unlink(missing_ok=True)
        return start(programs, data, sockets, log, _LEAN)


def _known(folder: Path) -> Path:
    try:
        return Path((folder / "socket.path").read_text("utf-8"))
    except OSError as error:
        raise DatabaseUnavailableError(
            f"a server runs on {folder / 'data'}, but where it listens is not known",
            hint="stop it with pg_ctl and try again",
        ) from error

"""One PostgreSQL server process: made ready, started, recognised, stopped."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.database.server.programs import Programs, environment, failed
from gates.errors import DatabaseUnavailableError

SUPERUSER = "postgres"
START_SECONDS = 60.0

Process = subprocess.Popen[bytes]
"""A server that we started ourselves."""


_DROP_TEMPLATE1 = (
    b"UPDATE pg_database SET datistemplate = false WHERE datname = 'template1'\n"
    b"DROP DATABASE template1\n"
)
"""A third of the files that every throwaway server would copy; template0 does all that it does."""


def initialise(programs: Programs, data: Path) -> None:
    """Make a data directory, whole or not at all."""
    with new_cluster(programs, data, throwaway=False) as fresh:
        fresh.rename(data)


@contextlib.contextmanager
def new_cluster(programs: Programs, data: Path, *, throwaway: bool) -> Iterator[Path]:
    """A data directory beside where it belongs, to be renamed; else it goes at the end.

    The caller holds a lock on the folder: nobody else works on what was left there.
    """
    for left in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    try:
        programs.account.own(fresh)
        quick = ["--no-sync", "--no-data-checksums", "--wal-segsize=4"] if throwaway else []
        programs.run(
            programs.command(
                "initdb", "-D", fresh, "--username", SUPERUSER, "--auth-local=peer",
                "--auth-host=reject", "--encoding=UTF8", "--no-locale", "--no-instructions", *quick,
            ),
            fresh,
        )  # fmt: skip
        _let_in(fresh, programs)
        if throwaway:
            single = ("--single", "-F", "-D", fresh, "postgres")
            programs.run(programs.command("postgres", *single), fresh, given=_DROP_TEMPLATE1)
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _let_in(data: Path, programs: Programs) -> None:
    """Whoever started us becomes the superuser, as the kernel says who that is; every other role
    needs its password. There is no way in over the network."""
    (data / "pg_hba.conf").write_text(
        f"local all {SUPERUSER} peer map=ours\nlocal all all scram-sha-256\n", "ascii"
    )
    users = {pwd.getpwuid(uid).pw_name for uid in (os.geteuid(), programs.account.uid)}
    lines = [f'ours "{user}" {SUPERUSER}\n' for user in sorted(users)]
    (data / "pg_ident.conf").write_text("".join(lines), "utf-8")


def postmaster(data: Path) -> int | None:
    """The process id of the server that runs on `data`, or None.

    The number in postmaster.pid alone proves nothing: it may be an old one that another process
    has now. PostgreSQL's postmaster always works in its data directory, so that is asked for.
    """
    try:
        pid = int((data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    if pid <= 1:
        return None
    proc = Path("/proc", str(pid))
    if Path("/proc/self").exists():
        try:
            return pid if (proc / "cwd").samefile(data) else None
        except OSError:
            return None
    shown = subprocess.run(  # systems without /proc
        ["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return pid if "postgres" in shown and not shown.startswith("Z") else None


def ready(data: Path, pid: int) -> bool:
    """Whether line 8 of postmaster.pid says so (miscadmin.h, LOCK_FILE_LINE_PM_STATUS)."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").split("\n")
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def nobody_works_in(data: Path) -> bool:
    """Whether it is certain that no process has `data` as its working directory."""
    if not Path("/proc/self").exists():
        return False
    for proc in Path("/proc").iterdir():
        if proc.name.isdigit():
            with contextlib.suppress(OSError):
                if (proc / "cwd").samefile(data):
                    return False
    return True


def start(
    programs: Programs, data: Path, sockets: Path, log: Path, options: Mapping[str, str]
) -> Process:
    """Start a server and wait until it accepts connections.

    Raises `DatabaseUnavailableError` with the end of its log where it does not.
    """
    command = programs.command("postgres", "-D", data, "-c", f"unix_socket_directories={sockets}")
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=environment(),
                umask=0o077,
                start_new_session=True,  # Ctrl-C is ours to handle, then we stop the server
                **programs.account.process_arguments(),
            )
        except OSError as error:
            raise failed("PostgreSQL does not start", str(error), data) from error
    until = time.monotonic() + START_SECONDS
    try:
        while not ready(data, process.pid):
            if process.poll() is not None or time.monotonic() > until:
                raise failed("PostgreSQL does not start", _tail(log), data)
            time.sleep(0.003)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def stop(data: Path, *, immediate: bool, timeout: float = 30.0) -> None:
    """Stop the server on `data`, if one runs: at once, or after a checkpoint.

    Raises `DatabaseUnavailableError` where an orderly stop takes longer than `timeout` seconds.
    """
    pid = postmaster(data)
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT if immediate else signal.SIGINT)
    until = time.monotonic() + timeout
    while postmaster(data) == pid:
        if time.monotonic() > until:
            if not immediate:
                raise DatabaseUnavailableError(
                    f"the server on {data} (process {pid}) does not stop", hint="gates doctor"
                )
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.005)


def forget_memory(data: Path) -> None:
    """Remove the shared memory segment of a server on `data` that was killed.

    PostgreSQL makes a small one to know its own kind by, and writes its key and number into line 7
    of postmaster.pid (src/include/utils/pidfile.h); only the next server on that folder removes it.
    """
    try:
        words = (data / "postmaster.pid").read_text("ascii").splitlines()[6].split()
        key, number = (int(word) for word in words)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) == number:
            libc.shmctl(number, 0, None)  # IPC_RMID
    except (OSError, ValueError, IndexError, AttributeError):
        return


def _tail(log: Path) -> str:
    try:
        return log.read_bytes()[-2000:].decode("utf-8", "replace").strip()
    except OSError:
        return "no log"

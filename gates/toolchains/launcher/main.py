"""The launcher: sets limits and walls, runs the program as its child, holds it to its bounds.

Arguments: CONFIG PROGRAM [ARGUMENT ...]; see `config`. It writes the names of the walls that hold
("bubblewrap+landlock+seccomp", "none") to the report's descriptor, runs the program, and ends with
its status. It adopts every orphan of the program, and kills them all when the program ends, when it
is told to stop, when its own parent dies, and when they exceed a bound: that is a second line in
the report. It imports little: each program of a module waits for it.

Exit status `BLOCKED` with nothing in the report: a wall that this machine has did not hold.
Source: prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

from . import BLOCKED, SandboxError
from .config import Config
from .family import Watch, kill_descendants
from .landlock import restrict_paths
from .namespaces import become, can_have_own_network, check_bubblewrap, own_network
from .seccomp import restrict_calls
from .signals import signal

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
OPEN_FILES = 4096


def _prctl(libc: ctypes.CDLL, *arguments: int) -> int:
    return int(libc.prctl(*(ctypes.c_ulong(each) for each in arguments)))


def _limit(config: Config) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: config.file_limit,
        resource.RLIMIT_NOFILE: OPEN_FILES,
    }
    if config.namespaces:  # elsewhere the kernel counts all processes of the user together
        limits[resource.RLIMIT_NPROC] = config.processes
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))
    try:
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:  # no /proc, or no such file: the bound of memory stands all the same
        return


def enter_sandbox(libc: ctypes.CDLL | None, config: Config) -> str:
    """Give up every privilege and set the limits; the names of the walls that hold."""
    _limit(config)
    if libc is None:
        return "none"
    network, namespaces = config.network, config.namespaces
    walls = ["bubblewrap"] if namespaces else []
    alone = namespaces or (can_have_own_network(libc) and own_network(libc))
    for capability in range(64):
        _prctl(libc, PR_CAPBSET_DROP, capability, 0, 0, 0)
    if _prctl(libc, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise SandboxError(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    if restrict_paths(libc, config.read, config.write, network=network):
        walls.append("landlock")
    if alone and not namespaces:
        walls.append("loopback")
    if restrict_calls(libc, network=network, namespaces=namespaces):
        walls.append("seccomp")
    return "+".join(walls) or "none"


def _stop(number: int, _frame: object) -> None:
    kill_descendants()
    os._exit(128 + number)


def _child(libc: ctypes.CDLL | None, config: Config, command: list[str], parent: int) -> int:
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        walls = enter_sandbox(libc, config)
        if libc is not None:  # after the sandbox, because changing credentials forgets it
            _prctl(libc, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                return BLOCKED
        os.write(config.report, walls.encode())
        os.close(config.report)
        os.execve(command[0], command, os.environ)  # noqa: S606
    except Exception as error:  # noqa: BLE001 - nothing may come back from here
        os.write(2, f"launcher: {error}\n".encode(errors="replace"))
    return BLOCKED


def _wait(child: int, watch: Watch) -> tuple[int, str]:
    """The child's exit code (-n where signal n ended it), and what it had too much of."""
    excess = ""
    while True:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == child:
            return os.waitstatus_to_exitcode(status), excess
        if process:
            continue
        if watch.wait == 0.0 and (excess := excess or watch.excess()):
            os.kill(child, signal.SIGKILL)
        if sys.platform.startswith("linux"):
            signal.sigtimedwait({signal.SIGCHLD}, max(watch.wait, 0.01))
        else:
            import time

            time.sleep(min(watch.wait, 0.01))


def main(arguments: list[str]) -> int:
    """Start the program, wait for it, leave nothing of it behind; the child's exit status."""
    config, command = Config(arguments[0]), arguments[1:]
    libc: ctypes.CDLL | None = None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        if sys.platform.startswith("linux"):
            libc = ctypes.CDLL(None, use_errno=True)
            if config.namespaces:
                check_bubblewrap()
            if config.user is not None:
                become(libc, config.user)
            os.chdir(config.folder)
            _prctl(libc, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            _prctl(libc, PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    except (OSError, SandboxError) as error:
        os.write(2, f"launcher: {error}\n".encode(errors="replace"))
        return BLOCKED
    parent = os.getpid()
    watch = Watch(config.memory, config.processes, config.disk, config.write)
    child = os.fork()
    if child == 0:
        os._exit(_child(libc, config, command, parent))
    code, excess = _wait(child, watch)
    kill_descendants()
    if excess:
        os.write(config.report, f"\n{excess}".encode())
    return code if code >= 0 else 128 - code

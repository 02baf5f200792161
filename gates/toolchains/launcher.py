"""Starts a program of the module under test in a sandbox, of every layer that this machine has.

Run as `python -I -S launcher.py CONFIG PROGRAM [ARGUMENT ...]`, on its own: it imports nothing of
this package. CONFIG is JSON: `read` and `write` (lists of paths), `network` (bool), `file_limit`
(bytes a written file may have), `report` (a file descriptor). It writes the names of the layers
that hold ("landlock+loopback+seccomp", "landlock", "none") to the descriptor, then runs the
program as its child, and ends with the child's status. It adopts every orphan of the child, and
kills them all when the child ends, when it is told to stop, and when its own parent dies.

Exit status 125 with nothing in the report: a layer that this machine has did not hold.
Sources: landlock(7), seccomp(2), prctl(2), linux/landlock.h, linux/filter.h.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import struct
import sys
from types import FrameType
from typing import Any

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 24, 36
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CLONE_NEWUSER, CLONE_NEWNET, SET_INTERFACE_FLAGS, INTERFACE_UP = 0x10000000, 0x40000000, 0x8914, 1
RULE_PATH_BENEATH, RULESET_VERSION = 1, 1
READ_RIGHTS = 1 << 0 | 1 << 2 | 1 << 3  # execute a file, read it, read a folder
FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # what there is for a file
RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3
BLOCKED = 125


class SandboxError(Exception):
    """A layer of the sandbox that this machine has could not be set up."""


def _prctl(libc: ctypes.CDLL, *arguments: int) -> int:
    return int(libc.prctl(*(ctypes.c_ulong(each) for each in arguments)))


def landlock(libc: ctypes.CDLL, read: list[str], write: list[str], *, network: bool) -> bool:
    """Close every path but these for good, and TCP unless `network`; False without Landlock.

    `read` may be read and run, `write` read, run and changed; a path that is missing is left out.
    """
    syscall = libc.syscall
    abi = int(syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(RULESET_VERSION)))
    if abi < 1:
        return False
    handled = RIGHTS_BY_ABI[max(each for each in RIGHTS_BY_ABI if each <= abi)]
    scoped = SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0
    tcp = 0 if network or abi < 4 else 3
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    attributes = struct.pack("=QQQ", handled, tcp, scoped)[:size]
    ruleset = int(syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
    if ruleset < 0:
        raise SandboxError(f"landlock_create_ruleset: {os.strerror(ctypes.get_errno())}")
    for paths, rights in ((read, READ_RIGHTS), (write, handled)):
        for path in paths:
            try:
                handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            allowed = rights & handled
            if not os.path.isdir(path):  # noqa: PTH112 - starts in a fraction of pathlib's time
                allowed &= FILE_RIGHTS
            rule = struct.pack("=Qi", allowed, handle)
            if syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0):
                raise SandboxError(f"landlock_add_rule {path}: {os.strerror(ctypes.get_errno())}")
            os.close(handle)
    if syscall(RESTRICT_SELF, ruleset, 0):
        raise SandboxError(f"landlock_restrict_self: {os.strerror(ctypes.get_errno())}")
    os.close(ruleset)
    return True


def own_network(libc: ctypes.CDLL) -> bool:
    """Move to a network of its own that has loopback alone; False where that is not allowed."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNET) and libc.unshare(CLONE_NEWNET | CLONE_NEWUSER):
        return False
    if os.geteuid() != user:  # in a user namespace, which was needed, it stays who it was
        maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
        for name, text in maps.items():
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
                file.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", INTERFACE_UP))
    return True


def can_have_own_network(libc: ctypes.CDLL) -> bool:
    """Whether `own_network` works here: tried in a child, because half of it cannot be undone."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if own_network(libc) else 1)
        except BaseException:  # noqa: BLE001 - whatever it is, there is no such layer
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


# By machine: audit architecture, then the numbers of socket, io_uring_setup, add_key,
# request_key, keyctl and, on x86-64, of the bit that marks the x32 numbers.
_NUMBERS = {
    "x86_64": (0xC000003E, 41, (425, 248, 249, 250), 0x40000000),
    "aarch64": (0xC00000B7, 198, (425, 217, 218, 219), None),
}


def seccomp(libc: ctypes.CDLL, *, network: bool) -> bool:
    """Deny key rings and io_uring for good, and sockets; False where unknown.

    With `network`, sockets of the local system (AF_UNIX) are denied alone: neither Landlock nor a
    network of its own keeps a program from servers that listen on a path.
    A denied call fails with EACCES, so that the program can say what it tried.
    """
    known = _NUMBERS.get(platform.machine())
    if known is None or sys.maxsize < 2**32:
        return False
    architecture, socket_call, denied, x32 = known
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | 13, 0x80000000
    numbers = list(denied) if network else [*denied, socket_call]
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    tests = [(equal, number) for number in numbers]
    if x32 is not None:
        tests.append((at_least, x32))
    family = [(equal, 0, 2, socket_call), (load, 0, 0, 16), (equal, 1, 0, socket.AF_UNIX)]
    behind = family if network else []
    for index, (kind, number) in enumerate(tests):
        program.append((kind, len(tests) + len(behind) - index, 0, number))
    program += [*behind, (answer, 0, 0, allow), (answer, 0, 0, refuse)]
    code = b"".join(struct.pack("=HBBI", *each) for each in program)
    instructions = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    whole = Program(len(program), ctypes.addressof(instructions))
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0):
        if ctypes.get_errno() == 22:
            return False
        raise SandboxError(f"seccomp: {os.strerror(ctypes.get_errno())}")
    return True


def enter_sandbox(libc: ctypes.CDLL | None, config: dict[str, Any]) -> str:
    """Give up every privilege and set the limits; the names of the layers that hold."""
    limits = ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, config["file_limit"]))
    for limit, value in (*limits, (resource.RLIMIT_NOFILE, 4096)):
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))
    if libc is None:
        return "none"
    layers = ["loopback"] if can_have_own_network(libc) and own_network(libc) else []
    for capability in range(64):
        _prctl(libc, PR_CAPBSET_DROP, capability, 0, 0, 0)
    if _prctl(libc, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise SandboxError(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    if landlock(libc, config["read"], config["write"], network=config["network"]):
        layers.insert(0, "landlock")
    if seccomp(libc, network=config["network"]):
        layers.append("seccomp")
    return "+".join(layers) or "none"


def _parents() -> dict[int, int]:
    found: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    found[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    return found


def kill_descendants() -> None:
    """Kill all that descends from this process, until nothing is left of it."""
    if not sys.platform.startswith("linux"):
        return
    for _ in range(100):
        parents = _parents()
        family = {os.getpid()}
        while more := {child for child, parent in parents.items() if parent in family} - family:
            family |= more
        family.discard(os.getpid())
        if not family:
            return
        for process in family:
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            continue


def _stop(number: int, _frame: FrameType | None) -> None:
    kill_descendants()
    os._exit(128 + number)


def _child(
    libc: ctypes.CDLL | None, config: dict[str, Any], command: list[str], parent: int
) -> int:
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        layers = enter_sandbox(libc, config)
        if libc is not None:  # after the sandbox, because changing credentials forgets it
            _prctl(libc, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                return BLOCKED
        os.write(config["report"], layers.encode())
        os.close(config["report"])
        os.execve(command[0], command, os.environ)  # noqa: S606
    except Exception as error:  # noqa: BLE001 - nothing may come back from here
        os.write(2, f"launcher: {error}\n".encode(errors="replace"))
    return BLOCKED


def main(arguments: list[str]) -> int:
    """Start the program, wait for it, leave nothing of it behind; the child's exit status."""
    config, command = json.loads(arguments[0]), arguments[1:]
    libc: ctypes.CDLL | None = None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        _prctl(libc, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _prctl(libc, PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os._exit(_child(libc, config, command, parent))
    os.close(config["report"])
    while True:
        process, status = os.waitpid(-1, 0)
        if process == child:
            break
    kill_descendants()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

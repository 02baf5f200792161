"""seccomp: which system calls a process may make. Sources: seccomp(2), linux/filter.h,
arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from . import SandboxError

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, EQUAL, AT_LEAST, MASK, ANSWER = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24
"""Where the filter finds the call's number, its architecture, and the low words of two arguments.
The kernel reads all that is tested here as 32 bits."""
ALLOW, ANSWER_ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
AF_UNIX, SOCK_DGRAM = 1, 2
FAMILIES = (2, 10, 16)
"""What a program with network may open: AF_INET, AF_INET6, and AF_NETLINK to list interfaces."""
KIND = 0xF
"""The bits of a socket's type that are no flags."""

Instruction = tuple[int, int, int, int]

_X86_64 = {
    "architecture": (0xC000003E,),
    "socket": (41,), "socketpair": (53,), "prlimit": (302,),
    # io_uring_setup, _enter, _register; add_key, request_key, keyctl; bpf, perf_event_open
    "refused": (425, 426, 427, 248, 249, 250, 321, 298),
    # shmget, semget, msgget, mq_open
    "shared": (29, 64, 68, 240),
    # chmod, fchmod, chown, fchown, lchown, utime, utimes, futimesat, utimensat, fchownat, fchmodat,
    # fchmodat2, setxattr (3), removexattr (3), setxattrat, removexattrat, file_setattr
    "metadata": (
        90, 91, 92, 93, 94, 132, 235, 261, 280, 260, 268, 452,
        188, 189, 190, 197, 198, 199, 463, 466, 469,
    ),
}  # fmt: skip
_AARCH64 = {
    "architecture": (0xC00000B7,),
    "socket": (198,), "socketpair": (199,), "prlimit": (261,),
    "refused": (425, 426, 427, 217, 218, 219, 280, 241),
    "shared": (194, 190, 186, 180),
    # fchmod, fchmodat, fchownat, fchown, utimensat, fchmodat2, then as above
    "metadata": (52, 53, 54, 55, 88, 452, 5, 6, 7, 14, 15, 16, 463, 466, 469),
}  # fmt: skip
_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}
_X32 = 0x40000000


def _answer(error: int) -> Instruction:
    return (ANSWER, 0, 0, ANSWER_ERROR | error)


def _call(number: int, inner: list[Instruction]) -> list[Instruction]:
    """The instructions for one call; falls through to the next where they give no answer."""
    return [(LOAD, 0, 0, NUMBER), (EQUAL, 0, len(inner), number), *inner]


def make_filter(machine: str, *, network: bool, namespaces: bool) -> list[Instruction] | None:
    """The filter's instructions (code, jump if true, jump if false, value); None where unknown.

    Refused with EACCES, so that the program can say what it tried: key rings, io_uring, bpf,
    sockets of any family but `FAMILIES` (of every family without `network`), socket pairs that
    could send to an address, limits of other processes. Without `namespaces` of its own around the
    process also System V's shared memory; and changes of modes, owners, times and attributes, which
    Landlock does not know, do nothing there and say that they succeeded: builds set modes.
    """
    known = _MACHINES.get(machine)
    if known is None:
        return None
    (architecture,), refuse = known["architecture"], _answer(errno.EACCES)
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (ANSWER, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]  # fmt: skip
    if machine == "x86_64":
        program += [(AT_LEAST, 0, 1, _X32), refuse]
    for number in known["refused"] + (() if namespaces else known["shared"]):
        program += _call(number, [refuse])
    for number in () if namespaces else known["metadata"]:
        program += _call(number, [_answer(0)])
    for number in known["socket"]:
        families = FAMILIES if network else ()
        tests = [(EQUAL, len(families) - at, 0, each) for at, each in enumerate(families)]
        program += _call(number, [(LOAD, 0, 0, FIRST), *tests, refuse])
    for number in known["socketpair"]:
        kind = [(LOAD, 0, 0, SECOND), (MASK, 0, 0, KIND), (EQUAL, 0, 1, SOCK_DGRAM)]
        local = [(LOAD, 0, 0, FIRST), (EQUAL, 1, 0, AF_UNIX), refuse]
        program += _call(number, [*local, *kind, refuse])
    for number in known["prlimit"]:
        program += _call(number, [(LOAD, 0, 0, FIRST), (EQUAL, 1, 0, 0), refuse])
    return [*program, (ANSWER, 0, 0, ALLOW)]


def restrict_calls(libc: ctypes.CDLL, *, network: bool, namespaces: bool) -> bool:
    """Put `make_filter` in force for good; False where there is none, or no seccomp.

    Raises `SandboxError` where a seccomp that is there does not take it.
    """
    program = make_filter(os.uname().machine, network=network, namespaces=namespaces)
    if program is None or sys.maxsize < 2**32:
        return False
    code = b"".join(struct.pack("=HBBI", *each) for each in program)
    instructions = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    whole = Program(len(program), ctypes.addressof(instructions))
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0):
        if ctypes.get_errno() == errno.EINVAL:
            return False
        raise SandboxError(f"seccomp: {os.strerror(ctypes.get_errno())}")
    return True

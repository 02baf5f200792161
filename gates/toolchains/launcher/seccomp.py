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
LOAD, EQUAL, AT_LEAST, HAS, MASK, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
NUMBER, ARCHITECTURE, FIRST, SECOND, THIRD = 0, 4, 16, 24, 32
"""Where the filter finds the call's number, its architecture, and the low words of arguments.
The kernel reads all that is tested here as 32 bits."""
ALLOW, ANSWER_ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_STREAM, SOCK_DGRAM = 1, 2
PROTOCOLS = (0, 6, 17)
"""What a socket of AF_INET may speak: the default of its type, TCP, UDP."""
NETLINK_ROUTE = 0
"""The one protocol of AF_NETLINK that programs need: it lists the network's interfaces."""
KIND = 0xF
"""The bits of a socket's type that are no flags."""
NEW_NAMESPACE = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
NEW_TIME = 0x80
"""CLONE_NEWTIME, for unshare alone: clone has the signal of the end of a child there."""

Instruction = tuple[int, int, int, int]

_X86_64 = {
    "architecture": (0xC000003E,),
    "socket": (41,), "socketpair": (53,), "prlimit": (302,),
    "clone": (56,), "clone3": (435,), "unshare": (272,),
    # io_uring_setup, _enter, _register; add_key, request_key, keyctl; bpf, perf_event_open; setns
    "refused": (425, 426, 427, 248, 249, 250, 321, 298, 308),
    # sched_setaffinity, _setscheduler, _setparam, _setattr, migrate_pages, move_pages
    "of_process": (203, 144, 142, 314, 256, 279),
    "setpriority": (141,), "ioprio_set": (251,),
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
    "clone": (220,), "clone3": (435,), "unshare": (97,),
    "refused": (425, 426, 427, 217, 218, 219, 280, 241, 268),
    "of_process": (122, 119, 118, 274, 238, 239),
    "setpriority": (140,), "ioprio_set": (30,),
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


def _unless(place: int, allowed: tuple[int, ...]) -> list[Instruction]:
    """Refuse what has none of these values there; falls through where it has one."""
    tests = [(EQUAL, len(allowed) - at, 0, each) for at, each in enumerate(allowed)]
    return [(LOAD, 0, 0, place), *tests, _answer(errno.EACCES)]


def _socket_rules() -> list[Instruction]:
    """For socket(): TCP and UDP over IP, and netlink's route protocol, each as the kernel reads it.

    Every other family, type and protocol is code of the kernel that no program here needs.
    """
    netlink = [*_unless(THIRD, (NETLINK_ROUTE,)), (ANSWER, 0, 0, ALLOW)]
    kinds = [(LOAD, 0, 0, SECOND), (MASK, 0, 0, KIND), (EQUAL, 2, 0, SOCK_STREAM)]
    kinds += [(EQUAL, 1, 0, SOCK_DGRAM), _answer(errno.EACCES)]
    internet = [*kinds, *_unless(THIRD, PROTOCOLS)]
    return [
        *_unless(FIRST, (AF_INET, AF_INET6, AF_NETLINK)),
        (EQUAL, 0, len(netlink), AF_NETLINK), *netlink, *internet,
    ]  # fmt: skip


def make_filter(machine: str, *, network: bool, namespaces: bool) -> list[Instruction] | None:
    """The filter's instructions (code, jump if true, jump if false, value); None where unknown.

    Refused with EACCES, so that the program can say what it tried: key rings, io_uring, bpf,
    namespaces of its own, sockets but those of `_socket_rules` (every one without `network`),
    socket pairs that could send to an address, limits of other processes. clone3, whose flags no
    filter sees, is said to be unknown: C libraries take clone then. Without `namespaces` of its own
    around the process also System V's shared memory, and priority, processor and memory of other
    processes; and changes of modes, owners, times and attributes, which Landlock does not know, do
    nothing there and say that they succeeded: builds set modes.
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
    rules = {
        "refused": [refuse],
        "clone3": [_answer(errno.ENOSYS)],
        "clone": [(LOAD, 0, 0, FIRST), (HAS, 0, 1, NEW_NAMESPACE), refuse],
        "unshare": [(LOAD, 0, 0, FIRST), (HAS, 0, 1, NEW_NAMESPACE | NEW_TIME), refuse],
        "socket": _socket_rules() if network else [refuse],
        "socketpair": [
            *_unless(FIRST, (AF_UNIX,)),
            (LOAD, 0, 0, SECOND), (MASK, 0, 0, KIND), (EQUAL, 0, 1, SOCK_DGRAM), refuse,
        ],
        "prlimit": _unless(FIRST, (0,)),
    }  # fmt: skip
    if not namespaces:
        rules |= {
            "shared": [refuse],
            "metadata": [_answer(0)],
            "of_process": _unless(FIRST, (0,)),
            # of this process or its group; the whole user's are named by 0, too
            "setpriority": [*_unless(FIRST, (0, 1)), *_unless(SECOND, (0,))],
            "ioprio_set": [*_unless(FIRST, (1, 2)), *_unless(SECOND, (0,))],
        }
    for name, inner in rules.items():
        for number in known[name]:
            program += _call(number, inner)
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

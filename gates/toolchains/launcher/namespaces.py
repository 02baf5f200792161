"""Namespaces: those that bubblewrap made, and what can be had without it.

Sources: user_namespaces(7), network_namespaces(7), netdevice(7).
"""

from __future__ import annotations

import ctypes
import os
import struct

from . import SandboxError

CLONE_NEWUSER, CLONE_NEWNET, SET_INTERFACE_FLAGS, INTERFACE_UP = 0x10000000, 0x40000000, 0x8914, 1
PR_SET_DUMPABLE = 4


def check_bubblewrap() -> None:
    """Raise `SandboxError` unless this process is where bubblewrap was to put it."""
    if os.getppid() != 1:
        raise SandboxError("bubblewrap made no processes of its own")
    if not os.statvfs("/").f_flag & os.ST_RDONLY:
        raise SandboxError("bubblewrap's root can be written")
    with open("/proc/net/route") as file:  # noqa: PTH123
        if file.read().count("\n") > 1:
            raise SandboxError("bubblewrap made no network of its own")


def become(libc: ctypes.CDLL, user: int) -> None:
    """Stop being root, as this user in its own user namespace, which has its own limits."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # The maps below belong to root as long as the process counts as privileged.
    libc.prctl(PR_SET_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0)
    if not libc.unshare(CLONE_NEWUSER):
        _map(user, user)


def own_network(libc: ctypes.CDLL) -> bool:
    """Move to a network of its own that has loopback alone; False where that is not allowed."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNET) and libc.unshare(CLONE_NEWNET | CLONE_NEWUSER):
        return False
    if os.geteuid() != user:  # in a user namespace, which was needed, it stays who it was
        _map(user, group)
    import fcntl
    import socket

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


def _map(user: int, group: int) -> None:
    maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)

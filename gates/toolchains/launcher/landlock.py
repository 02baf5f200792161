"""Landlock: which paths a process may reach. Sources: landlock(7), linux/landlock.h."""

from __future__ import annotations

import ctypes
import os
import struct

from . import SandboxError

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH, RULESET_VERSION = 1, 1
READ_RIGHTS = 1 << 0 | 1 << 2 | 1 << 3  # execute a file, read it, read a folder
FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # what there is for a file
RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3


def restrict_paths(libc: ctypes.CDLL, read: list[str], write: list[str], *, network: bool) -> bool:
    """Close every path but these for good, and TCP unless `network`; False without Landlock.

    `read` may be read and run, `write` read, run and changed; a path that is missing is left out.
    Raises `SandboxError` where a Landlock that is there does not take the rules.
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

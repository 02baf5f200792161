"""What hostile code of a module tries against the machine around it, and how to see that it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """What lies outside of the sandbox, to be reached."""

    folder: Path
    key: Path
    """A file of the caller's, which nothing in the sandbox may touch."""
    tool: Path
    """A file that the sandbox may read."""
    process: int
    """A process of the caller's; its arguments hold `MARKER`."""
    address: Path
    """Where a datagram socket of the caller's listens."""
    number: int
    """Different for each run."""


MARKER = "password-of-another-process"
NUMBER_OF_DAEMONS = 40


@dataclass(frozen=True)
class Attack:
    """Code that prints REACHED where it got something, or changes what is `Target`'s.

    A test runs each one without a sandbox, too, as root: none may change the machine, and what it
    could change is shown by what it is allowed to open, or by which error it is told.
    """

    name: str
    wall: str
    """What is to hold it: of bubblewrap, and of the fallback."""
    code: str
    limits: dict[str, int] = field(default_factory=dict)
    """Of the `Sandbox`."""
    stopped: str = ""
    """The end of the sentence with which a run that went too far is stopped; "" for any end."""
    timeout: float = 20.0
    big: Callable[[str], str] = lambda code: code
    """The code of the large attack, on demand."""


_SHARED = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.shmget(NUMBER, 4096, 0o1666) >= 0: print("made")
"""
_NAMESPACES = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
kinds = (17, 25, 26, 27, 28, 29, 30, 7)
for kind in (*(1 << each for each in kinds), 1 << 28 | 1 << 30):
    if libc.unshare(kind) == 0: print("REACHED unshare", hex(kind))
"""
_CLONES = """
import ctypes, os, platform, struct
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
clone = 56 if platform.machine() == "x86_64" else 220
for kind in (1 << 28, 1 << 28 | 1 << 30):
    arguments = struct.pack("8Q", kind, 0, 0, 0, 17, 0, 0, 0)
    for call in (lambda: libc.syscall(clone, ctypes.c_long(kind | 17), 0, 0, 0, 0),
                 lambda: libc.syscall(435, arguments, ctypes.c_size_t(len(arguments)))):
        child = call()
        if child == 0: os._exit(0)
        if child > 0: os.waitpid(child, 0); print("REACHED clone", hex(kind))
"""
_NETLINK = """
import socket
socket.socket(16, 3, 0).close()
for protocol in (2, 4, 6, 9, 10, 12, 15, 16, 20, 21):
    try: socket.socket(16, 3, protocol); print("REACHED netlink", protocol)
    except OSError: pass
for kind, protocol in ((3, 1), (3, 255), (5, 132), (1, 132), (1, 262), (2, 136), (2, 1)):
    try: socket.socket(2, kind, protocol); print("REACHED protocol", protocol)
    except OSError: pass
"""
_PRIORITY = """
import ctypes, os
for call in (lambda: os.setpriority(os.PRIO_PROCESS, PROCESS, 19),
             lambda: os.sched_setaffinity(PROCESS, {0}),
             lambda: os.sched_setscheduler(PROCESS, os.SCHED_IDLE, os.sched_param(0))):
    try: call()
    except OSError: pass
"""
_MEMORY = """
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
if libc.ptrace(0x4206, PROCESS, 0, 0) == 0: print("REACHED ptrace")
try: open(f"/proc/{PROCESS}/mem", "rb"); print("REACHED mem")
except OSError: pass
import os
for name in ("root", "cwd", "map_files"):
    try: os.listdir(f"/proc/{PROCESS}/{name}"); print("REACHED", name)
    except OSError: pass
for name in ("fd/0", "fd/1", "exe"):
    try: os.open(f"/proc/{PROCESS}/{name}", os.O_PATH); print("REACHED", name)
    except OSError: pass
"""
_SYSTEM = """
import os
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches",
             f"/proc/{PROCESS}/oom_score_adj", "/sys/fs/cgroup/cgroup.procs", "/dev/kmsg"):
    try: os.close(os.open(path, os.O_WRONLY)); print("REACHED", path)
    except OSError: pass
"""
_ROOTS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
os.mkdir("top")
if libc.chroot(b"top") == 0: print("REACHED chroot")
libc.mount(b"nothing", b"top", b"no-such-file-system", 0, None)
if ctypes.get_errno() == 19: print("REACHED mount")  # ENODEV: it may, and there is no such kind
"""
_DAEMONS = """
import os, time  # ATTACK-NUMBER
for _ in range(DAEMONS):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        for end in range(3): os.close(end)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
_CHMOD_BY_NAME = "import os; os.chmod(KEY, 0o666)"
_METADATA = "bubblewrap: not there; fallback: seccomp does nothing"

ATTACKS = (
    Attack("chmod of the signing key", _METADATA, _CHMOD_BY_NAME),
    Attack("chmod of it by a folder", _METADATA,
           "import os; f = os.open(os.path.dirname(KEY), os.O_PATH);"
           " os.chmod('key', 0o666, dir_fd=f)"),
    Attack("chown of it", _METADATA, "import os; os.chown(KEY, os.getuid(), os.getgid())"),
    Attack("utime of it", _METADATA, "import os; os.utime(KEY, (1, 1))"),
    Attack("xattr of it", _METADATA, "import os; os.setxattr(KEY, 'user.a', b'1')"),
    Attack("chmod of a tool that it may read", "bubblewrap: read-only; fallback: seccomp",
           "import os; os.chmod(TOOL, 0o777)"),
    Attack("fchmod of that tool", "bubblewrap: read-only; fallback: seccomp",
           "import os; os.fchmod(os.open(TOOL, os.O_RDONLY), 0o777)"),
    Attack("utime of that tool by descriptor", "bubblewrap: read-only; fallback: seccomp",
           "import os; os.utime(os.open(TOOL, os.O_RDONLY), (1, 1))"),
    Attack("reading the signing key", "bubblewrap: not there; Landlock",
           "print('REACHED', open(KEY).read())"),
    Attack("writing beside it", "bubblewrap: read-only root; Landlock",
           "import os; open(os.path.join(os.path.dirname(KEY), 'new'), 'w').write('REACHED')"),
    Attack("prlimit on the gate's process", "bubblewrap: own process ids; seccomp",
           "import resource as r; r.prlimit(PROCESS, r.RLIMIT_NOFILE, (64, 64))"),
    Attack("a signal to it", "bubblewrap: own process ids; Landlock",
           "import os; os.kill(PROCESS, 9)"),
    Attack("its environment", "bubblewrap: own /proc; Landlock",
           "print('REACHED', open(f'/proc/{PROCESS}/environ').read())"),
    Attack("arguments of other processes", "bubblewrap: own /proc; fallback: none",
           "import glob\nfor each in glob.glob('/proc/[0-9]*/cmdline'):\n"
           "    try:\n"
           "        if '-'.join(['password', 'of', 'another', 'process']) in open(each).read():"
           " print('REACHED')\n"
           "    except OSError: pass"),
    Attack("System V shared memory", "bubblewrap: own IPC; fallback: seccomp", _SHARED),
    Attack("a datagram from a socketpair to a path", "seccomp; bubblewrap: not there",
           "import socket; a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
           "try: a.sendto(b'x', ADDRESS)\n"
           "except OSError: a.connect(ADDRESS); a.send(b'x')"),
    Attack("a local socket", "seccomp; bubblewrap: not there",
           "import socket; a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
           " a.sendto(b'x', ADDRESS)"),
    Attack("AF_VSOCK", "seccomp", "import socket; socket.socket(40, 1); print('REACHED')"),
    Attack("AF_PACKET, AF_ALG, AF_BLUETOOTH", "seccomp",
           "import socket\nfor each in (17, 38, 31):\n"
           "    try: socket.socket(each, 2 if each == 17 else 5); print('REACHED')\n"
           "    except OSError: pass"),
    Attack("io_uring and key rings", "seccomp",
           "import ctypes, platform; libc = ctypes.CDLL(None)\n"
           "add = 248 if platform.machine() == 'x86_64' else 217\n"
           "key = libc.syscall(add, b'user', b'a', b'b', 1, -3)\n"
           "ring = libc.syscall(425, 1, ctypes.create_string_buffer(120))\n"
           "if key >= 0 or ring >= 0: print('REACHED')"),
    Attack("namespaces of its own, by unshare", "seccomp", _NAMESPACES),
    Attack("namespaces of its own, by clone and clone3", "seccomp", _CLONES),
    Attack("chroot and mount", "no capabilities; seccomp: no user namespace", _ROOTS),
    Attack("netlink but route; raw, SCTP, MPTCP, UDP-Lite", "seccomp", _NETLINK),
    Attack("priority and processors of the gate's process",
           "bubblewrap: own process ids; fallback: seccomp", _PRIORITY),
    Attack("memory, files and folders of that process",
           "bubblewrap: own /proc; Landlock", _MEMORY),
    Attack("switches of the kernel and its cgroups", "read-only; Landlock", _SYSTEM),
    Attack("daemons that outlive the time limit", "bubblewrap: init; fallback: launcher",
           _DAEMONS.replace("DAEMONS", str(NUMBER_OF_DAEMONS)), timeout=1.0,
           big=lambda code: code.replace(str(NUMBER_OF_DAEMONS), "5000")),
    Attack("more processes than the bound", "bubblewrap: rlimit; launcher",
           _DAEMONS.replace("DAEMONS", "400"), {"process_limit": 50}, "processes|Resource"),
    Attack("more memory than the bound", "launcher",
           "import time; a = bytearray(b'x') * (400 << 20); time.sleep(20)",
           {"memory_limit": 128 << 20}, "of memory"),
    Attack("memory, spread over children", "launcher",
           "import os, time\nfor _ in range(8):\n"
           "    if os.fork() == 0: a = bytearray(b'x') * (40 << 20); time.sleep(20); os._exit(0)\n"
           "time.sleep(20)", {"memory_limit": 128 << 20}, "of memory"),
    Attack("more of the disk than the bound", "launcher",
           "import os, time\nfor each in range(12): open(f'f{each}', 'wb').write(bytes(2 << 20))\n"
           "time.sleep(20)", {"disk_limit": 8 << 20}, "wrote more than"),
    Attack("one endless file", "rlimit",
           "f = open('f', 'wb')\nfor _ in range(64): f.write(bytes(1 << 20))\nprint('REACHED')",
           {"file_limit": 16 << 20}),
)  # fmt: skip

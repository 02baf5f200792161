"""What code of a module can reach, tried from inside."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

import pytest

from gates.module import load
from gates.settings import Policy
from gates.toolchains import Session, Tools
from gates.toolchains.processes import Processes
from gates.toolchains.sandbox import Sandbox, interpreter
from gates.toolchains.tools import Program

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="walls are Linux's")


def walled(code: str, tmp_path: Path, *, network: bool = False, read: tuple[Path, ...] = ()):
    own = tmp_path / "own"
    own.mkdir(exist_ok=True)
    sandbox = Sandbox(read=(*interpreter(), Path(sys.prefix), *read), write=(own,), network=network)
    return Processes().run(
        [sys.executable, "-I", "-c", code], cwd=own, env={}, timeout=30, sandbox=sandbox
    )


@pytest.fixture
def walls(tmp_path) -> set[str]:
    return set(walled("pass", tmp_path).sandbox.split("+"))


REFUSED = re.compile(rb"PermissionError|FileNotFoundError|ProcessLookupError|Read-only file system")
"""What a program is told of what it may not reach: that, or that there is no such thing."""


def needs(walls: set[str], name: str) -> None:
    if name not in walls:
        pytest.skip(f"this machine has no {name}")


@LINUX
def test_the_report_names_the_walls(walls):
    assert walls <= {"bubblewrap", "landlock", "loopback", "seccomp", "none"}


@LINUX
def test_the_signing_key_cannot_be_read(tmp_path, walls):
    needs(walls, "landlock")
    key = tmp_path / "signing-key.pem"
    key.write_text("-----BEGIN")
    code = f"open({str(key)!r}).read()"
    ran = walled(code, tmp_path)
    assert ran.exit_status == 1
    assert REFUSED.search(ran.stderr)


@LINUX
@pytest.mark.parametrize(
    "code",
    [
        "import os; os.listdir(os.path.expanduser('~root'))",
        "open('/etc/shadow').read()",
        "import os; open(f'/proc/{os.getppid()}/environ').read()",
        "open('../outside', 'w')",
        "import os; os.mkdir('../other')",
        "import os; os.symlink('/etc', 'link'); open('link/shadow').read()",
    ],
)
def test_files_of_others(tmp_path, walls, code):
    needs(walls, "landlock")
    ran = walled(code, tmp_path)
    assert ran.exit_status == 1
    assert REFUSED.search(ran.stderr)


@LINUX
def test_its_own_folder_is_its_own(tmp_path):
    code = "open('a', 'w').write('x'); import os; os.rename('a', 'b'); print(open('b').read())"
    assert walled(code, tmp_path).stdout == b"x\n"


@LINUX
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_no_socket_without_network(tmp_path, walls, family):
    needs(walls, "seccomp")
    code = f"import socket; socket.socket(socket.{family}, socket.SOCK_STREAM)"
    assert b"PermissionError" in walled(code, tmp_path).stderr


@LINUX
def test_loopback_with_network_and_nothing_beyond(tmp_path, walls):
    code = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
print("loopback")
"""
    assert walled(code, tmp_path, network=True).stdout == b"loopback\n"
    if not walls & {"bubblewrap", "loopback"}:
        pytest.skip("this machine has no network namespaces")
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection({server.getsockname()!r}, 2)"
        assert b"ConnectionRefusedError" in walled(code, tmp_path, network=True).stderr


@LINUX
def test_no_server_that_listens_on_a_path_is_reached(tmp_path, walls):
    needs(walls, "seccomp")
    code = "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)"
    assert b"PermissionError" in walled(code, tmp_path, network=True).stderr
    pair = "import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))"
    assert walled(pair, tmp_path, network=True).stdout == b"b'x'\n"


@LINUX
def test_asyncio_and_threads_work_without_network(tmp_path):
    code = """
import asyncio, threading
async def answer(): return await asyncio.to_thread(lambda: 42)
print(asyncio.run(answer()))
"""
    assert walled(code, tmp_path).stdout == b"42\n"


@LINUX
def test_no_signal_to_the_outside(tmp_path, walls):
    needs(walls, "landlock")
    ran = walled(f"import os; os.kill({os.getpid()}, 0)", tmp_path)
    if ran.exit_status == 0:
        pytest.skip("this kernel's Landlock does not scope signals")
    assert REFUSED.search(ran.stderr)


@LINUX
def test_root_has_no_powers_left(tmp_path):
    code = "print(open('/proc/self/status').read().split('CapEff:')[1].split()[0])"
    assert int(walled(code, tmp_path).stdout, 16) == 0


@LINUX
def test_no_core_and_no_endless_file(tmp_path):
    code = """
import resource
print(resource.getrlimit(resource.RLIMIT_CORE)[0], resource.getrlimit(resource.RLIMIT_FSIZE)[0])
"""
    assert walled(code, tmp_path).stdout.split() == [b"0", b"268435456"]


def test_tools_put_the_module_behind_walls(make_module, settings):
    settings.key.parent.mkdir(parents=True, exist_ok=True)
    settings.key.write_text("-----BEGIN")
    code = f"""
import os
print(sorted(os.environ), os.getcwd(), os.environ["HOME"])
try: print("KEY", open({str(settings.key)!r}).read())
except OSError: print("no key")
"""
    os.environ["GATES_TEST_SECRET"] = "hush"
    try:
        with Session(load(make_module("python")), Policy(), settings) as session:
            tools = Tools(session)
            ran = tools.run(
                Program("python", (sys.executable,)),
                ["-I", "-c", code],
                sandbox=Sandbox(read=(Path(sys.prefix),)),
            )
            home = str(tools.folder)
    finally:
        del os.environ["GATES_TEST_SECRET"]
    out = ran.stdout.decode()
    assert "GATES_TEST_SECRET" not in out
    assert home in out
    if "landlock" in ran.sandbox:
        assert "no key" in out
    assert tools.sandbox == ran.sandbox
    assert tools.records[-1].sandbox == ran.sandbox

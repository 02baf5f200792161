"""A run's work folder: its own, gone when it ends, swept when it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gates.errors import CouldNotCheckError, ToolFailedError, ToolMissingError
from gates.module import load
from gates.settings import Policy
from gates.supervisor.programs import end_programs
from gates.toolchains import Session, Tools
from gates.toolchains.session import remove
from gates.toolchains.tools import Program

KILLED = """
import sys, time
from pathlib import Path
from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
settings = Settings(*(Path(sys.argv[2]) for _ in range(3)), catalog="", registry="")
session = Session(load(Path(sys.argv[1])), Policy(), settings)
Tools(session).module_copy
print(session.folder, flush=True)
time.sleep(60)
"""


WALLED = """
import sys
from pathlib import Path
from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import remove
from gates.toolchains.tools import Program
settings = Settings(*(Path(sys.argv[2]) for _ in range(3)), catalog="", registry="")
tools = Tools(Session(load(Path(sys.argv[1])), Policy(), settings))
code = "import os, time; os.setsid() if os.fork() == 0 else 0; time.sleep(60)"
program = Program("python", (sys.executable, "-I", "-S", "-c", code, sys.argv[3]))
tools.run(program, [], sandbox=Sandbox(read=(Path(sys.prefix),)))
"""


PLAIN = """
import sys
from pathlib import Path
from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.session import remove
from gates.toolchains.tools import Program
settings = Settings(*(Path(sys.argv[2]) for _ in range(3)), catalog="", registry="")
tools = Tools(Session(load(Path(sys.argv[1])), Policy(), settings))
code = "import os, time; os.setsid() if os.fork() == 0 else 0; time.sleep(60)"
program = Program("python", (sys.executable, "-I", "-S", "-c", code, sys.argv[3]))
tools.run(program, [])
"""


def processes(marker: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marker.encode() in words:
            found.append(folder.name)
    return found


def waits_for(condition) -> bool:
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs Linux's parent-death signal"
)
@pytest.mark.parametrize(("code", "count"), [(WALLED, 4), (PLAIN, 3)], ids=["walled", "plain"])
def test_a_killed_run_takes_its_programs_with_it(make_module, folder, code, count):
    marker = f"gates-killed-{os.getpid()}"
    command = [sys.executable, "-c", code, str(make_module("python")), str(folder / "c"), marker]
    with subprocess.Popen(command) as process:
        # the run itself, the program and its child; walled, the launcher and bubblewrap, too
        assert waits_for(lambda: len(processes(marker)) >= count)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert waits_for(lambda: not processes(marker))
    assert waits_for(lambda: not list((folder / "c" / "work").glob("[!.]*")))


def test_programs_of_others_are_left_alone(folder):
    """A folder whose name begins with the dead run's, and one that merely works in it."""
    work = folder / "work" / "12ab"
    work.mkdir(parents=True)
    sleep = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]
    with (
        subprocess.Popen(sleep, env={"HOME": f"{work}cd/home"}) as other,
        subprocess.Popen(sleep, env={}, cwd=work) as visitor,
        subprocess.Popen(sleep, env={"HOME": f"{work}/1/home"}) as own,
    ):
        try:
            end_programs(work)
            assert own.wait(10) == -signal.SIGKILL
            assert (other.poll(), visitor.poll()) == (None, None)
        finally:
            for process in (other, visitor, own):
                process.kill()


@pytest.fixture
def session(make_module, settings, folder):
    with Session(
        load(make_module("python")), Policy(), replace(settings, cache=folder / "c")
    ) as it:
        yield it


def test_it_goes_when_the_session_is_closed(make_module, settings, folder):
    settings = replace(settings, cache=folder / "c")
    with Session(load(make_module("python")), Policy(), settings) as session:
        copy = Tools(session).module_copy
        assert (copy / "module.json").is_file()
        closed = copy / "closed"
        closed.mkdir()
        (closed / "file").touch()
        closed.chmod(0)
    assert list((folder / "c" / "work").glob("[!.]*")) == []


def test_a_killed_run_is_swept_and_a_living_one_is_not(make_module, settings, folder):
    settings = replace(settings, cache=folder / "c")
    root = make_module("python")
    command = [sys.executable, "-c", KILLED, str(root), str(settings.cache)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        place = os.fsdecode(process.stdout.readline().strip())
        Session(load(root), Policy(), settings).close()
        assert Path(place).is_dir()
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The run's own supervisor may be about it already, and then holds the folder.
        for _ in range(100):
            Session(load(root), Policy(), settings).close()
            if not Path(place).exists():
                break
            time.sleep(0.1)
        assert not Path(place).exists()


def test_copies_are_private(session):
    one, other = Tools(session), Tools(session)
    (one.module_copy / "module.json").write_text("{}")
    assert (other.module_copy / "module.json").read_text() != "{}"


def test_once_makes_once_and_fails_again(session):
    calls = []

    def fail() -> int:
        calls.append(1)
        raise CouldNotCheckError("no")

    for _ in range(2):
        with pytest.raises(CouldNotCheckError, match="no"):
            session.once("key", fail)
    assert len(calls) == 1


def test_the_record_of_a_run(session):
    tools = Tools(session)
    program = Program("python", (sys.executable,), "3")
    tools.run(program, ["-c", "raise SystemExit(1)"], ok=(0, 1), subjects=7)
    (record,) = tools.records
    assert (record.name, record.version, record.exit_status, record.subjects) == (
        "python",
        "3",
        1,
        7,
    )


def test_a_status_that_means_nothing_is_a_failure_with_a_record(session):
    tools = Tools(session)
    program = Program("python", (sys.executable,), "3")
    with pytest.raises(ToolFailedError, match=r"exit status 9.*out of luck"):
        tools.run(program, ["-c", "import sys; print('out of luck'); sys.exit(9)"], ok=(0, 1))
    assert tools.records[0].exit_status == 9


def test_a_missing_program_says_how_to_get_it(session, monkeypatch, tmp_path):
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError) as caught:
        Tools(session).run("ruff", ["check"])
    assert "axon-gates[python]" in str(caught.value)
    assert caught.value.hint == "pip install 'axon-gates[python]'"


def test_registry_settings_reach_installs_only(session, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret@example.com/simple")
    monkeypatch.setenv("SECRET", "hush")
    tools = Tools(session)
    assert "PIP_INDEX_URL" in tools.install_environment()
    assert "SECRET" not in tools.install_environment()
    assert "PIP_INDEX_URL" not in tools.environment()


def test_cancel_stops_what_runs(session):
    import threading

    tools = Tools(session)
    threading.Timer(0.5, session.cancel).start()
    started = time.monotonic()
    with pytest.raises(ToolFailedError, match="interrupted"):
        tools.run(Program("python", (sys.executable,)), ["-c", "import time; time.sleep(60)"])
    assert time.monotonic() - started < 10


def test_folders_deeper_than_any_path_are_removed(folder):
    top = folder / "deep"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a-folder", dir_fd=here)
        inner = os.open("a-folder", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    remove(top)
    assert not top.exists()

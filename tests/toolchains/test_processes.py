"""Programs that are missing, crash, hang, talk nonsense or fill the disk: never a result."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from gates.errors import CouldNotCheckError, ToolFailedError, ToolMissingError
from gates.toolchains.processes import Processes, disk
from gates.toolchains.sandbox import Sandbox, interpreter

ENV = {"PATH": "/usr/bin:/bin"}


def run(code: str, tmp_path: Path, processes: Processes | None = None, **options):
    options = {"cwd": tmp_path, "env": ENV, "timeout": 20.0, **options}
    return (processes or Processes()).run([sys.executable, "-c", code], **options)


def alive(marker: str) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and marker.encode() in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


def gone(marker: str) -> bool:
    for _ in range(50):
        if not alive(marker):
            return True
        time.sleep(0.05)
    return False


def test_output_status_and_time(tmp_path):
    ran = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (ran.exit_status, ran.stdout, ran.stderr) == (3, b"out\n", b"err\n")
    assert 0 < ran.seconds < 20


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(ToolMissingError, match="cannot start no-such-program"):
        Processes().run(["/no-such-program"], cwd=tmp_path, env=ENV, timeout=5)


def test_a_crash_is_a_status_above_128(tmp_path):
    assert run("import os; os.abort()", tmp_path).exit_status == 134


def test_garbage_is_not_json(tmp_path):
    with pytest.raises(ToolFailedError, match="not JSON: oops"):
        run("print('oops')", tmp_path).json()


def test_input_is_closed(tmp_path):
    assert run("import sys; print(repr(sys.stdin.read()))", tmp_path).stdout == b"''\n"


def test_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "hush")
    ran = run("import os; print(sorted(os.environ))", tmp_path)
    assert "DEPLOY_TOKEN" not in ran.stdout.decode()


@pytest.mark.parametrize("ignores_term", [False, True])
def test_a_hang_ends_with_its_children(tmp_path, ignores_term):
    marker = f"gates-hang-{os.getpid()}-{ignores_term}"
    code = f"""
import signal, subprocess, sys, time
if {ignores_term}: signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "{marker}"])
print("started", flush=True)
time.sleep(60)
"""
    started = time.monotonic()
    with pytest.raises(ToolFailedError, match=r"did not end within 1 s"):
        run(code, tmp_path, timeout=1)
    assert time.monotonic() - started < 10
    assert gone(marker)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux adopts orphans")
def test_a_walled_program_leaves_nothing_behind_not_even_another_session(tmp_path):
    marker = f"gates-orphan-{os.getpid()}"
    child = f"[sys.executable, '-c', 'import time; time.sleep(60)', '{marker}']"
    code = f"import subprocess, sys; subprocess.Popen({child}, start_new_session=True)"
    sandbox = Sandbox(read=(*interpreter(), Path(sys.prefix)), write=(tmp_path,))
    assert run(code, tmp_path, sandbox=sandbox).exit_status == 0
    assert gone(marker)


def test_what_a_finished_program_leaves_behind_is_ended(tmp_path):
    marker = f"gates-left-{os.getpid()}"
    code = (
        "import subprocess, sys; "
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '{marker}'])"
    )
    started = time.monotonic()
    assert run(code, tmp_path).exit_status == 0
    assert time.monotonic() - started < 10
    assert gone(marker)


def test_too_much_output(tmp_path):
    with pytest.raises(ToolFailedError, match="printed more than 1000 bytes"):
        run("while True: print('x' * 100)", tmp_path, output_limit=1000)


def test_a_program_on_a_full_disk(tmp_path):
    with pytest.raises(CouldNotCheckError, match="the disk is full") as caught:
        run("open('/dev/full', 'w').write('x' * 100000)", tmp_path)
    assert "GATES_CACHE_DIR" in (caught.value.hint or "")


def test_our_own_writing_on_a_full_disk():
    with pytest.raises(CouldNotCheckError, match="the disk is full"), disk():
        Path("/dev/full").write_text("x")


def test_other_errors_of_writing_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError), disk():
        (tmp_path / "no" / "folder").write_text("x")


def test_kill_all_ends_what_runs_and_starts_nothing_else(tmp_path):
    processes = Processes()
    errors: list[Exception] = []

    def work() -> None:
        try:
            run("import time; time.sleep(60)", tmp_path, processes, timeout=60)
        except ToolFailedError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    processes.kill_all()
    thread.join(10)
    assert [str(error) for error in errors] == [
        f"{Path(sys.executable).name} was stopped: the run was interrupted"
    ]
    with pytest.raises(ToolFailedError, match="was not started"):
        run("print(1)", tmp_path, processes)

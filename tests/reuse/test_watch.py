"""A save runs what it touches, and Ctrl-C ends all of it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.settings import Settings


@contextmanager
def watching(path: Path, settings: Settings, *options: str) -> Iterator[queue.Queue[str]]:
    """The lines that `gates watch` prints; it is interrupted at the end, and then ended by that."""
    command = [sys.executable, "-m", "gates", "watch", *options, str(path)]
    environ = {**os.environ, "GATES_STATE_DIR": str(settings.state), "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert running.stdout
        for line in running.stdout:
            lines.put(line)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield lines
    finally:
        running.send_signal(signal.SIGINT)
        status = running.wait(timeout=30)
        reader.join()
    assert status == 130


def until(lines: queue.Queue[str], text: str) -> str:
    """All lines up to the one that holds a text."""
    said = ""
    while text not in said.rpartition("\n")[2]:
        said += "\n" + lines.get(timeout=60).rstrip("\n")
    return said


def test_each_save_runs_what_asked_for_it(make_module, settings):
    path = make_module("python")
    changelog = path / "CHANGELOG.md"
    text = changelog.read_text()
    with watching(path, settings, "--check", "changelog-has-version") as lines:
        assert "1 check " in until(lines, "passed in")
        changelog.write_text("# Changelog\n")
        said = until(lines, "failed in")
        assert "CHANGELOG.md ──" in said
        assert "error[lint-manifest changelog-has-version]" in said
        (path / "module.json").rename(path / "gone.json")
        until(lines, "no module.json")
        (path / "gone.json").rename(path / "module.json")
        until(lines, "failed in")
        changelog.write_text(text)
        assert "1 reused" in until(lines, "passed in")
    assert not (path / ".gates").exists()


def test_a_module_that_is_not_there_is_an_error(folder, settings):
    command = [sys.executable, "-m", "gates", "watch", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "there is no module.json" in ended.stderr

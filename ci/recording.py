"""Records docs/watch.cast: `gates watch` in a terminal, over a new module that is edited meanwhile.

python ci/recording.py

Nothing in it is made up: it is what the command wrote to a pseudo-terminal, with the times at which
it did, in the form of asciinema (asciicast v2). Pauses are cut to two seconds.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path

from gates.new_module import make_module

TARGET = Path(__file__).resolve().parent.parent / "docs" / "watch.cast"
WIDTH, HEIGHT = 100, 30
PAUSE = 2.0
CHECKS = ("settings-version", "changelog-has-version", "ruff", "ruff-format", "squawk")
MOST_SECONDS = 60.0

Event = tuple[float, str]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "my-notes")
        make_module("my-notes", "python", root, datetime.now(UTC).date())
        code = root / "src" / "my_notes" / "lib" / "notes.py"
        right = code.read_text("utf-8")
        events = record(root, Path(folder, "state"), [
            lambda: code.write_text(right + "x = { 'a':1 }\n", "utf-8"),
            lambda: code.write_text(right, "utf-8"),
        ])  # fmt: skip
    head = {"version": 2, "width": WIDTH, "height": HEIGHT, "title": "gates watch"}
    lines = [json.dumps(head), *(json.dumps([round(at, 3), "o", text]) for at, text in events)]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")


def record(root: Path, state: Path, edits: list[Callable[[], object]]) -> list[Event]:
    """What `gates watch` writes; after each run that it ends comes the next edit, then Ctrl-C."""
    command = ["gates", "watch", *(word for each in CHECKS for word in ("--check", each))]
    shown = "$ gates watch " + " ".join(f"--check {each}" for each in CHECKS) + "\r\n"
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    environ = {**os.environ, "GATES_STATE_DIR": str(state), "TERM": "xterm-256color"}
    environ = {name: value for name, value in environ.items() if name not in ("NO_COLOR", "CI")}
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=root, env=environ,
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    events: list[Event] = [(0.0, shown)]
    waiting, said, at, last = [*edits], "", 0.0, time.monotonic()
    end = last + MOST_SECONDS
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            try:
                text = os.read(ours, 65536).decode("utf-8", "replace")
            except OSError:
                return events
            now = time.monotonic()
            at, last = at + min(now - last, PAUSE), now
            events.append((at, text))
            said += re.sub(r"\x1b\[[0-9;]*m", "", text)
            if re.search(r"(passed|failed) in [\d.]+ s[^\n]*\n", said):
                said = ""
                time.sleep(1.0)
                if waiting:
                    waiting.pop(0)()
                else:
                    process.send_signal(signal.SIGINT)
        raise TimeoutError("gates watch did not end")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


if __name__ == "__main__":
    main()

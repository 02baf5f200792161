"""What a save in an editor takes: processor seconds of `gates lsp` and of all that it starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.language_server.messages import Message, read_message, write_message
from tests.conftest import ROOT

Say = Callable[[str], None]
HEAD = """\
| save | processor seconds | by the clock |
|---|--:|--:|
"""
_BEGINS = 0.3
"""Seconds until the server has surely begun with a save; it answers nothing before its end."""


def lsp(work: Path, times: int, say: Say) -> str:
    """The Python example in a server that has looked at it once: saves of three files with nothing
    changed, and then with a new line each time; the least of several."""
    shutil.copytree(ROOT / "examples", work / "lsp", ignore=shutil.ignore_patterns(".gates"))
    root, rows = work / "lsp" / "retention-report", []
    migration = min((root / "migrations").glob("*.sql"))
    source = root / "src" / "retention_report" / "lib" / "query.py"
    with _server({"GATES_STATE_DIR": str(work / "lsp-state")}) as process:
        _look(process, "didOpen", root / "module.json")
        for path, line in ((root / "README.md", "More.\n"), (migration, "-- more\n"),
                           (source, "# more\n")):  # fmt: skip
            for changed in (False, True):
                taken = []
                for _ in range(min(times, 3)):
                    if changed:
                        path.write_text(path.read_text("utf-8") + line, "utf-8")
                    taken.append(_look(process, "didSave", path))
                name = f"{path.name}, {'a new line' if changed else 'nothing changed'}"
                processor, clock = (min(each) for each in zip(*taken, strict=True))
                say(f"{name:40} processor {processor:.2f} s, clock {clock:.2f} s")
                rows.append(f"| {name} | {processor:.2f} | {clock:.2f} |\n")
    return HEAD + "".join(rows)


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gates", "lsp"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        _ask(process, "initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        yield process
        _ask(process, "shutdown", {})
    finally:
        process.kill()
        process.wait()


def _look(process: subprocess.Popen[bytes], method: str, path: Path) -> tuple[float, float]:
    """Processor seconds and seconds by the clock until the server has looked at a file."""
    started, before = time.perf_counter(), _used(process.pid)
    document = {"uri": path.as_uri(), "languageId": "", "version": 1, "text": ""}
    assert process.stdin is not None
    told: Message = {"method": f"textDocument/{method}", "params": {"textDocument": document}}
    write_message(process.stdin, told)
    time.sleep(_BEGINS)
    here = {"line": 0, "character": 0}
    wanted = {"textDocument": document, "range": {"start": here, "end": here}, "context": {}}
    _ask(process, "textDocument/codeAction", wanted)
    return _used(process.pid) - before, time.perf_counter() - started


def _ask(process: subprocess.Popen[bytes], method: str, given: object) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    write_message(process.stdin, {"id": 1, "method": method, "params": given})
    while (answer := read_message(process.stdout)) is not None:
        if answer.get("id") == 1:
            return
    raise RuntimeError("the server ended")


def _used(process: int) -> float:
    """Processor seconds of a process and of what it has waited for (proc_pid_stat(5))."""
    said = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, said[11:15])) / os.sysconf("SC_CLK_TCK")

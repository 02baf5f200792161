"""`python -m tests.legacy [MODULE ...]`: takes the older modules to seven passes, as recorded.

Fails where one of them does not get there. Without names it runs all and writes the table of
docs/adoption.md.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gates.model import Stage
from tests.conftest import ROOT
from tests.legacy.modules import MODULES, Recorded, edit, lay_out

PAGE = ROOT / "docs" / "adoption.md"
BEGIN, END = "<!-- python -m tests.legacy -->\n", "<!-- end -->\n"


@dataclass(frozen=True)
class Row:
    """What one module took."""

    recorded: Recorded
    files: int
    """That `gates fix` wrote or removed."""
    seconds: float
    passed: bool


def take(slug: str, folder: Path) -> Row:
    """Run the recorded steps of a module."""
    recorded = Recorded.of(slug)
    root = lay_out(slug, folder)
    environment = {**os.environ, "GATES_STATE_DIR": str(folder / "state"), "NO_COLOR": "1"}
    started = time.perf_counter()
    files, report = 0, folder / "report.json"
    patches = recorded.patches()
    for step in recorded.steps:
        if not step.startswith("$ "):
            edit(root, next(patches))
            continue
        program, *arguments = shlex.split(step.removeprefix("$ "))
        assert program == "gates"
        if arguments[0] == "run":
            arguments += ["--output", f"json={report}"]
        ended = subprocess.run(
            [sys.executable, "-m", "gates", *arguments], cwd=root, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if arguments[0] == "fix":
            said = re.search(r"repaired in (\d+) file", ended.stderr)
            files += int(said[1]) if said else 0
        if ended.returncode:
            sys.stderr.write(f"{slug}: {step}: {ended.returncode}\n{ended.stdout}{ended.stderr}")
    stages = json.loads(report.read_text())["stages"] if report.is_file() else []
    passed = {each["stage"]: each["verdict"] for each in stages} == dict.fromkeys(Stage, "pass")
    return Row(recorded, files, time.perf_counter() - started, passed)


def table(rows: list[Row]) -> str:
    """The rows for people."""
    lines = [
        "| module | language | what it had | files | keys: commands | keys: edits | seven passes |",
        "| --- | --- | --- | --: | --: | --: | --- |",
    ]
    for each in rows:
        recorded = each.recorded
        lines.append(
            f"| {recorded.slug} | {recorded.language} | {recorded.had} | {each.files}"
            f" | {recorded.commands} | {recorded.edits} | {'yes' if each.passed else 'no'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run them; 1 where one does not pass."""
    wanted = sys.argv[1:] or list(MODULES)
    rows = []
    for slug in wanted:
        with tempfile.TemporaryDirectory(prefix="gates-legacy-") as name:
            Path(name).chmod(0o755)
            rows.append(take(slug, Path(name) / "modules"))
        sys.stderr.write(f"{slug}: {rows[-1].passed}, {rows[-1].seconds:.0f} s\n")
    sys.stdout.write(table(rows))
    if not sys.argv[1:]:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}{table(rows)}{END}{rest.partition(END)[2]}", "utf-8")
    return 0 if all(each.passed for each in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

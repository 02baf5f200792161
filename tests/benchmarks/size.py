"""Large modules: the memory of the gate's own process, and how time grows with the size.

Each size is measured at a half and whole; floor: the same files through one program that does the
least that could be done. Peak memory is `VmHWM` of the gate's process alone: tools have their own.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import generated
from tests.benchmarks.measure import run

Say = Callable[[str], None]
BUDGET = 300
"""MB that the gate's process may take."""
_MEASURED = """
import json, sys
from gates.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
status = open("/proc/self/status").read()
sys.stderr.flush()
peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
open(PEAK, "w").write(json.dumps(peak))
"""
_HASHED = "import hashlib,pathlib,sys\nfor p in pathlib.Path(sys.argv[1]).rglob('*'):\n"
_HASHED += " p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest()"
_PARSED = "import pathlib,pglast.parser as g,sys\n"
_PARSED += "for p in pathlib.Path(sys.argv[1]).glob('migrations/**/*.sql'):\n"
_PARSED += " g.parse_sql_json(p.read_text())"
HEAD = """\
| module | command | peak memory | seconds | half the size | power | floor | ratio |
|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Case:
    """A kind of large module: how it is made, and what is run on it."""

    name: str
    whole: int
    make: Callable[[Path, int], Path]
    command: tuple[str, ...]
    floor: str
    floor_name: str


def files(root: Path, count: int) -> Path:
    """A module with `count` Python files more."""
    generated.write(root, 1, 1)
    for number in range(count):
        folder = root / "src/sample_module/lib" / f"part{number // 100:02}"
        folder.mkdir(exist_ok=True)
        text = f'"""Number {number}."""\n\n\ndef double_{number}(value: int) -> int:\n'
        (folder / f"file{number}.py").write_text(f"{text}    return value * 2\n", "utf-8")
    return root


def lines(root: Path, count: int) -> Path:
    """A module with one migration of about `count` lines."""
    return generated.write(root, max(2, count // 26), 2)


def migrations(root: Path, count: int) -> Path:
    """A module with `count` migrations."""
    return generated.write(root, count, count)


def tables(root: Path, count: int) -> Path:
    """A module with `count` tables in ten migrations."""
    return generated.write(root, count, 10)


CASES = tuple(
    Case(f"{whole:,} {name}", whole, make, command, *floor)
    for name, whole, make, floor in (
        ("files", 3_000, files, (_HASHED, "SHA-256 of the files")),
        ("lines in one migration", 10_000, lines, (_PARSED, "PostgreSQL's parser")),
        ("migrations", 500, migrations, (_PARSED, "PostgreSQL's parser")),
        ("tables", 200, tables, (_PARSED, "PostgreSQL's parser")),
    )
    for command in (("lint-manifest",), ("lint",), ("scan",))
)


def row(case: Case, work: Path, times: int) -> str:
    """One line of the table."""
    taken: dict[int, float] = {}
    peak = 0.0
    root = work
    for count in (case.whole // 2, case.whole):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            root = case.make(Path(folder) / "sample-module", count)
            file = Path(folder) / "peak"
            program = _MEASURED.replace("PEAK", repr(str(file)))
            runs = run([sys.executable, "-c", program, *case.command, root], times)
            taken[count] = runs.best
            peak = json.loads(file.read_text())
            floor = run([sys.executable, "-c", case.floor, root], times).best
    half, whole = taken[case.whole // 2], taken[case.whole]
    power = math.log2(whole / half)
    over = "" if peak < BUDGET else " **over**"
    cells = (
        case.name, " ".join(case.command), f"{peak:.0f} MB{over}", f"{whole:.1f}", f"{half:.1f}",
        f"{power:.2f}", f"{case.floor_name}, {floor:.2f} s", f"{whole / floor:.0f}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def size(work: Path, times: int, say: Say) -> str:
    """The static stages of large modules; the table, in Markdown."""
    made = []
    say(HEAD.rstrip())
    for case in CASES:
        made.append(row(case, work, times))
        say(made[-1].rstrip())
    return HEAD + "".join(made)


def write(page: Path, name: str, table: str) -> None:
    """Put a table between the marks of its benchmark."""
    begin = f"<!-- {name}: `python -m tests.benchmarks {name} --write` -->"
    end = f"<!-- end of {name} -->"
    text = page.read_text("utf-8")
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no marks of {name}")
    page.write_text(f"{head}{begin}\n\n{table}\n{end}{tail}", "utf-8")

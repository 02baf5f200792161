"""What a run takes where little or nothing has changed; floors: the command that does nothing, and
the tools that a change touches, run by hand one after the other with warm caches."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gates.database.server.embedded import throwaway_server
from gates.module import load
from gates.settings import Settings, load_policy
from gates.toolchains import Session, Tools
from gates.toolchains.languages.python.environment import CONFIG, install_packages
from tests.benchmarks.measure import Runs, run
from tests.conftest import ROOT

Say = Callable[[str], None]
CHECKING = ("lint-manifest", "lint", "test", "build", "scan")
HEAD = """\
| run | least seconds | median | processor | floor | ratio |
|---|--:|--:|--:|---|--:|
"""
_numbers = itertools.count(1)


def reuse(work: Path, times: int, say: Say) -> str:
    """All seven stages unchanged; then a line of README.md and a line of one source changed."""
    shutil.copytree(ROOT / "examples", work / "examples", ignore=shutil.ignore_patterns(".gates"))
    root = work / "examples" / "retention-report"
    state = {"GATES_STATE_DIR": str(work / "state")}
    gates = [sys.executable, "-m", "gates", "run", "--quiet"]
    bare = run([sys.executable, "-m", "gates", "--version"], times)
    stages = [each for stage in CHECKING for each in ("--stage", stage)]
    rows = []

    def row(name: str, ours: Runs, floor: Runs | None, of: str) -> None:
        ratio = f"{ours.best / floor.best:.1f}" if floor else ""
        floored = f"{of}, {floor.best:.2f} s" if floor else ""
        say(f"{name:36} {ours}   {floored} {ratio}")
        middle = sorted(ours.wall)[len(ours.wall) // 2]
        seconds = f"{ours.best:.2f} | {middle:.2f} | {ours.cpu_best:.2f}"
        rows.append(f"| {name} | {seconds} | {floored} | {ratio} |")

    run([*gates, root], 1, state, warm=False)
    fresh = run([*gates, "--fresh", root], 1, state, warm=False)
    row("everything runs (`--fresh`)", fresh, None, "")
    run([*gates, root], 1, state)
    unchanged = run([*gates, root], times, state)
    row("nothing changed, seven stages", unchanged, bare, "`gates --version`")
    row("nothing changed, `lint-manifest`",
        run([sys.executable, "-m", "gates", "lint-manifest", "--quiet", root], times, state),
        bare, "`gates --version`")  # fmt: skip
    with throwaway_server(Settings.from_environment({**os.environ, **state})) as url:
        elsewhere = ["--catalog", url, root]
        run([*gates, *elsewhere], 1, state)
        asked = [sys.executable, "-m", "gates", "lint-manifest", "--quiet", *elsewhere]
        row("the same, with a catalog by URL", run(asked, times, state), bare, "`gates --version`")
    edited = _edited(root / "README.md", "\nMore.\n")
    readme = _each(edited, [*gates, *stages, root], min(times, 3), state)
    row("a line of README.md, five stages", readme, bare, "`gates --version`")
    source = root / "src" / "retention_report" / "lib" / "query.py"
    few = min(times, 2)  # each takes ten seconds
    ours = _each(_edited(source, "\n# {}\n"), [*gates, *stages, root], few, state)
    row("a line of a source, five stages", ours, _by_hand(root, few), "its tools by hand")
    return HEAD + "\n".join(rows) + "\n"


def _edited(path: Path, text: str) -> Callable[[], None]:
    before = path.read_text("utf-8")

    def edit() -> None:
        path.write_text(before.rstrip("\n") + "\n" + text.format(next(_numbers)) * next(_numbers))

    return edit


def _each(
    edit: Callable[[], None], command: Sequence[str | Path], times: int, state: dict[str, str]
) -> Runs:
    """The command after each edit; of one run each, since the next finds nothing changed."""
    found = []
    for _ in range(times + 1):
        edit()
        # What was released before says that the version has to be raised.
        found.append(run(command, 1, state, warm=False, ok=(0, 1)))
    return Runs(
        tuple(w for each in found[1:] for w in each.wall),
        tuple(c for each in found[1:] for c in each.cpu),
    )


def _by_hand(root: Path, times: int) -> Runs:
    """ruff twice, bandit, mypy, the tests under coverage, and the build, in the module's own
    environment where they need it."""
    settings = Settings.from_environment({**os.environ})
    with Session(load(root), load_policy(root, None), settings) as session:
        python = install_packages(Tools(session)).python
    source = root / "src"
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "ruff", "check", "--no-cache", source],
        [sys.executable, "-m", "ruff", "format", "--check", "--no-cache", source],
        [sys.executable, "-m", "bandit", "-q", "-r", source],
        [sys.executable, "-m", "mypy", f"--config-file={CONFIG / 'mypy.ini'}",
         f"--python-executable={python}", source],
        [python, "-m", "coverage", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         f"--rootdir={root}", root / "tests"],
        [python, "-m", "build", "--wheel", "--no-isolation", "--outdir", root.parent / "out", root],
    ]  # fmt: skip
    environment = {"MYPYPATH": str(source), "PYTHONPATH": str(source)}
    runs = [run(each, times, environment, ok=(0, 1)) for each in commands]
    return Runs(
        tuple(map(sum, zip(*(each.wall for each in runs), strict=True))),
        tuple(map(sum, zip(*(each.cpu for each in runs), strict=True))),
    )

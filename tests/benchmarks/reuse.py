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
from gates.toolchains import Session, Tools, opengrep
from gates.toolchains.injection_rules import read_rules, write_rules
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
    edited = _edited(source, "\n# {}\n")
    ours = _each(edited, [*gates, *stages, root], few, state)
    by_hand = _by_hand(edited, root, few)
    row("a line of a source, five stages", ours, by_hand, "its tools by hand")
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


def _by_hand(edit: Callable[[], None], root: Path, times: int) -> Runs:
    """All programs that read a changed source, after a change, one after the other: ruff twice,
    bandit, opengrep, kingfisher, mypy, the tests under coverage with its report, and the build
    twice, since one build shows nothing of whether the next is the same; in the module's own
    environment where they need it."""
    settings = Settings.from_environment({**os.environ})
    work, source = root.parent, root / "src"
    with Session(load(root), load_policy(root, None), settings) as session:
        tools = Tools(session)
        python = install_packages(tools).python
        core, kingfisher = opengrep.unpacked(tools)[0], tools.resolve("kingfisher")
    rules, targets = work / "rules.json", work / "targets.json"
    rules.write_text(write_rules("python", read_rules("python")), "utf-8")
    files = [str(each) for each in sorted(source.rglob("*.py"))]
    targets.write_text(opengrep.write_targets("python", files), "utf-8")
    data = work / "coverage.data"
    build: list[str | Path]
    build = [python, "-m", "build", "--wheel", "--no-isolation", "--outdir", work / "out", root]
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "ruff", "check", "--no-cache", source],
        [sys.executable, "-m", "ruff", "format", "--check", "--no-cache", source],
        [sys.executable, "-m", "bandit", "-q", "-r", source],
        [*core.command, "-rules", rules, "-targets", targets, "-json_nodots", "-taint_intrafile",
         "-j", "1"],
        [*kingfisher.command, "scan", root, "--no-validate", "--format", "json"],
        [sys.executable, "-m", "mypy", f"--config-file={CONFIG / 'mypy.ini'}",
         f"--python-executable={python}", source],
        [python, "-m", "coverage", "run", f"--data-file={data}", "-m", "pytest", "-q",
         "-p", "no:cacheprovider", f"--rootdir={root}", root / "tests"],
        [python, "-m", "coverage", "json", f"--data-file={data}", "-q", "-o", work / "found.json"],
        build,
        build,
    ]  # fmt: skip
    environment = {"MYPYPATH": str(source), "PYTHONPATH": str(source)}
    rounds = []
    for _ in range(times + 1):
        edit()
        # Statuses of linters that found something, and of kingfisher that did.
        once = [run(each, 1, environment, warm=False, ok=(0, 1, 200, 205)) for each in commands]
        rounds.append((sum(each.best for each in once), sum(each.cpu_best for each in once)))
    wall, cpu = zip(*rounds[1:], strict=True)
    return Runs(wall, cpu)

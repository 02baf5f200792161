"""Which programs a full run starts: how often, and for how long, from the signed evidence.

The processor time of the gate itself is what the run took less that of the programs. By the clock,
a run is held against its programs one after the other, with nothing beside them.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import run
from tests.conftest import ROOT

Say = Callable[[str], None]
_COUNTED = """
import json, resource, sys
from gates.toolchains.processes import Processes
started, run = [], Processes.run
def note(self, command, **more):
    ran = run(self, command, **more)
    script = next((word for word in command[1:] if word[:1] != "-"), "")
    script = script if ran.program == "node" else ""
    started.append((ran.program, script.rpartition("/")[2], ran.seconds))
    return ran
Processes.run = note
import gates.stages
if sys.argv[2] == "alone":
    pool = gates.stages.Workers
    gates.stages.Workers = lambda _: pool(1)
from gates.cli import main
try:
    main(sys.argv[3:])
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
with open(sys.argv[1], "w") as file:
    json.dump({"started": started, "own": used.ru_utime + used.ru_stime}, file)
"""


HEAD = """\
| module | seconds | programs alone | ratio | processor, the gate | its programs | overhead |
|---|--:|--:|--:|--:|--:|--:|
"""


def programs(work: Path, _times: int, say: Say) -> str:
    """Both examples, caches warm, everything run; the second of two runs is counted. The overhead
    is the gate's own processor time in hundredths of what it started. Then one more run that does
    one thing at a time, for the seconds of each program alone."""
    rows = []
    shutil.copytree(ROOT / "examples", work / "programs", ignore=lambda *_: ["node_modules"])
    state, told = {"GATES_STATE_DIR": str(work / "programs-state")}, work / "programs.json"
    for name in ("alert-engine", "retention-report"):
        command = [sys.executable, "-c", _COUNTED, told]
        rest = ["run", "--fresh", "--quiet", work / "programs" / name]
        runs = run([*command, "together", *rest], 1, state)
        answer = json.loads(told.read_text("utf-8"))
        own, others = answer["own"], runs.cpu[-1] - answer["own"]
        slow = run([*command, "alone", *rest], 1, state, warm=False)
        answer = json.loads(told.read_text("utf-8"))
        alone = sum(taken for _, _, taken in answer["started"])
        say(f"{name}: {runs}; one thing at a time: {slow.best:.1f} s, programs {alone:.1f} s")
        say(f"processor: the gate {own:.1f} s, what it started {others:.1f} s,"
            f" ratio {own / others:.2f}")  # fmt: skip
        seconds: dict[str, list[float]] = defaultdict(list)
        for program, script, taken in answer["started"]:
            seconds[f"{program} {script}".strip()].append(taken)
        for program, each in sorted(seconds.items(), key=lambda item: -sum(item[1])):
            say(f"  {len(each):3} x {program:32} {sum(each):6.2f} s by the clock")
        clock = f"{runs.best:.1f} | {alone:.1f} | {runs.best / alone:.2f}"
        rows.append(f"| {name} | {clock} | {own:.1f} | {others:.1f} | {own / others:.0%} |")
    return HEAD + "\n".join(rows) + "\n"

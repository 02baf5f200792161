"""Which programs a full run starts: how often, and for how long, from the signed evidence.

The processor time of the gate itself is what the run took less that of the programs.
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
from gates.cli import main
try:
    main(sys.argv[2:])
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
with open(sys.argv[1], "w") as file:
    json.dump({"started": started, "own": used.ru_utime + used.ru_stime}, file)
"""


HEAD = """\
| module | seconds | processor, the gate | processor, its programs | overhead |
|---|--:|--:|--:|--:|
"""


def programs(work: Path, _times: int, say: Say) -> str:
    """Both examples, caches warm, everything run; the second of two runs is counted. The overhead
    is the gate's own processor time in hundredths of what it started."""
    rows = []
    shutil.copytree(ROOT / "examples", work / "programs", ignore=lambda *_: ["node_modules"])
    state, told = {"GATES_STATE_DIR": str(work / "programs-state")}, work / "programs.json"
    for name in ("alert-engine", "retention-report"):
        command = [sys.executable, "-c", _COUNTED, told, "run", "--fresh", "--quiet"]
        runs = run([*command, work / "programs" / name], 1, state)
        answer = json.loads(told.read_text("utf-8"))
        own, others = answer["own"], runs.cpu[-1] - answer["own"]
        say(f"{name}: {runs}")
        say(f"processor: the gate {own:.1f} s, what it started {others:.1f} s,"
            f" ratio {own / others:.2f}")  # fmt: skip
        seconds: dict[str, list[float]] = defaultdict(list)
        for program, script, taken in answer["started"]:
            seconds[f"{program} {script}".strip()].append(taken)
        for program, each in sorted(seconds.items(), key=lambda item: -sum(item[1])):
            say(f"  {len(each):3} x {program:32} {sum(each):6.2f} s by the clock")
        shares = f"{own:.1f} | {others:.1f}"
        rows.append(f"| {name} | {runs.best:.1f} | {shares} | {own / others:.0%} |")
    return HEAD + "\n".join(rows) + "\n"

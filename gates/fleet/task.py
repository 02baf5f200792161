"""One module of the fleet, run by a process of its own; plain data that travels to a worker."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gates.records import dataclass, field, replace

ERROR = "error"
"""The verdict of a module about which nothing is known; never a pass."""
VERDICTS = ("pass", "fail", "inconclusive", ERROR)
"""The best first."""
LARGEST_REPORT = 256 * 1024**2
_TOLD = 2_000
"""Characters kept of what a run that ended badly had said."""


@dataclass(frozen=True)
class Task:
    """What to run, and under which name the result is kept."""

    name: str
    path: str
    """The module's folder; a worker on another machine must see it there."""
    key: str
    """SHA-256 over all that decides the result, in hex."""
    arguments: tuple[str, ...]
    """Of `gates run`, after the folder."""
    limit: float
    """Seconds that one run may take."""
    effective: str = ""
    """A day as of which the module is run once more, RFC 3339; "" for none."""


@dataclass(frozen=True)
class Outcome:
    """What came of a module."""

    name: str
    key: str
    verdict: str
    """One of `VERDICTS`."""
    seconds: float
    slug: str = ""
    version: str = ""
    owner: str = ""
    stages: dict[str, str] = field(default_factory=dict)
    """Verdict by stage."""
    blocking: tuple[str, ...] = ()
    """What keeps it from passing: `stage check: first message`."""
    not_passed: dict[str, str] = field(default_factory=dict)
    """Verdict by check, of those that did not pass."""
    errors: int = 0
    """Findings that count."""
    baselined: int = 0
    """Findings that the module's baseline holds back."""
    forecast: dict[str, str] | None = None
    """Of the run as of another day: the verdict by check of those that fail, or cannot be checked,
    then and not now. None where no day was named."""
    reason: str = ""
    """Why nothing is known, for an error."""
    lasting: bool = True
    """Whether the same run would end the same way: not where time, space or the network ended it,
    or the process died."""


def run_task(task: Task, stopping: Callable[[], bool] = lambda: False) -> Outcome:
    """Run the module, and once more as of the day that the task names.

    Never raises for what a run does: whatever does not end with a report is an error, and so is
    what was not done because the whole is `stopping`.
    """
    found = _run(task, task.arguments, stopping)
    if not task.effective or found.verdict == ERROR:
        return found
    then = _run(task, (*task.arguments, "--effective-time", task.effective), stopping)
    return forecast_of(task, found, then)


def forecast_of(task: Task, found: Outcome, then: Outcome) -> Outcome:
    """An outcome with what will be worse as of the task's day; an error where that is not known."""
    seconds = found.seconds + then.seconds
    if then.verdict == ERROR:
        return replace(then, seconds=seconds, reason=f"as of {task.effective}, {then.reason}")
    worse = {
        check: verdict
        for check, verdict in then.not_passed.items()
        if found.not_passed.get(check) not in ("fail", verdict)
    }
    return replace(found, seconds=seconds, forecast=worse, lasting=found.lasting and then.lasting)


def _run(task: Task, arguments: tuple[str, ...], stopping: Callable[[], bool]) -> Outcome:
    """One `gates run` over the module, in a process that ends with this one; what it reports."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gates-fleet-") as folder:
        report = Path(folder) / "report.json"
        said = Path(folder) / "said.txt"
        with said.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "gates.child", "run", task.path, *arguments,
                 "--quiet", "--output", f"json={report}", "--evidence", f"{folder}/evidence"],
                stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            with process:
                while (status := _wait(process, 0.2)) is None:
                    taken = time.monotonic() - began
                    if stopping() or taken > task.limit:
                        _stop(process)
                        why = "stopped" if stopping() else f"took longer than {task.limit:.0f} s"
                        return _error(task, taken, why)
        told = said.read_text("utf-8", "replace")[-_TOLD:].strip()
        return read_outcome(task, status, report, told, time.monotonic() - began)


def read_outcome(task: Task, status: int, report: Path, told: str, seconds: float) -> Outcome:
    """The outcome of a run that ended with an exit status (negative: by a signal)."""
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
        return _error(task, seconds, f"its process was ended by {name}")
    try:
        if report.stat().st_size > LARGEST_REPORT:
            raise ValueError("its report is too large")
        found = json.loads(report.read_bytes())
        if found["exit_code"] != status:
            raise ValueError("its report says another exit code")
        return _outcome(task, found, seconds)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = (
            f"exit code {status}: {told}" if told else f"exit code {status} and no report: {error}"
        )
        return Outcome(task.name, task.key, ERROR, seconds, reason=why, lasting=status == 2)


def _outcome(task: Task, found: dict[str, Any], seconds: float) -> Outcome:
    from gates.fleet.members import owner_of

    blocking, not_passed = [], {}
    errors = baselined = 0
    for stage in found["stages"]:
        for check in stage["checks"]:
            baselined += len(check["baselined"])
            counting = [each for each in check["findings"] if each["level"] == "error"]
            errors += len(counting)
            if check["verdict"] != "pass":
                not_passed[str(check["id"])] = str(check["verdict"])
                first = counting[0]["message"] if counting else check["reason"] or check["verdict"]
                blocking.append(f"{stage['stage']} {check['id']}: {first}")
    verdict = found["verdict"]
    if verdict not in VERDICTS or (verdict == "pass") is not (found["exit_code"] == 0):
        raise ValueError("its report contradicts itself")
    return Outcome(
        name=task.name,
        key=task.key,
        verdict=verdict,
        seconds=seconds,
        slug=str(found["module"]["slug"]),
        version=str(found["module"]["version"]),
        owner=owner_of(Path(task.path)),
        stages={str(each["stage"]): str(each["verdict"]) for each in found["stages"]},
        blocking=tuple(blocking),
        not_passed=not_passed,
        errors=errors,
        baselined=baselined,
        lasting=verdict != "inconclusive",
    )


def _error(task: Task, seconds: float, why: str) -> Outcome:
    return Outcome(task.name, task.key, ERROR, seconds, reason=why, lasting=False)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a run: first so that it cleans up, then for good."""
    for wanted, patience in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, wanted)
        if _wait(process, patience) is not None:
            return

"""A run over many modules: nothing about which nothing is known ever counts as a pass."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates.cli import cli
from gates.errors import UsageError
from gates.fleet.engines import longest_first, run_here, run_on_dask, try_task
from gates.fleet.journal import Journal
from gates.fleet.members import find_members, owner_of
from gates.fleet.readiness import Fleet
from gates.fleet.run import make_tasks, run_fleet
from gates.fleet.task import ERROR, Outcome, Task, forecast_of, read_outcome, run_task
from gates.report import fleet as report
from tests.conftest import EXAMPLES
from tests.fleet.workers import MARKER, dies_once

STAGE = ("--stage", "lint-manifest", "--offline")


@pytest.fixture
def organisation(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two modules: one that passes lint-manifest, one that does not."""
    monkeypatch.setenv("GATES_STATE_DIR", str(folder / "state"))
    for name in ("sample-module", "other/sample-module"):
        shutil.copytree(EXAMPLES / "_base" / "python", folder / "modules" / name)
    manifest = folder / "modules/other/sample-module/module.json"
    manifest.write_text(manifest.read_text().replace('"description": "', '"description": "', 1))
    data = json.loads(manifest.read_text())
    data["description"] = "short"
    manifest.write_text(json.dumps(data))
    return folder / "modules"


def task(name: str = "a", key: str = "k", **changes: object) -> Task:
    made = Task(name, "/nowhere", key, STAGE, 60.0)
    return replace(made, **changes)  # type: ignore[arg-type]


def outcome(name: str = "a", verdict: str = "pass", **changes: object) -> Outcome:
    made = Outcome(
        name,
        f"key-{name}",
        verdict,
        1.0,
        name,
        "1.0.0",
        "Team",
        {} if verdict == ERROR else {"lint": verdict},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_members_of_folders_and_of_lists(organisation: Path, folder: Path):
    found = find_members([organisation])
    assert [each.name for each in found] == ["other/sample-module", "sample-module"]
    listed = folder / "list.txt"
    listed.write_text("# ours\nmodules/sample-module  # the first\n\nmodules/other/sample-module\n")
    assert [each.path for each in find_members([listed, organisation])] == [
        each.path for each in find_members([listed])
    ]
    listed.write_text("modules/sample-module\nmodules/gone\n")
    with pytest.raises(UsageError, match=r"list.txt:2: there is no module.json in modules/gone"):
        find_members([listed])
    with pytest.raises(UsageError, match="neither a folder nor a file"):
        find_members([folder / "nothing"])
    assert owner_of(organisation / "sample-module")
    assert owner_of(folder) == ""


def test_the_command_over_two_modules(organisation: Path, folder: Path):
    page, data = folder / "page.html", folder / "data.json"
    arguments = ["fleet", "run", str(organisation), "--stage", "lint-manifest", "--offline"]
    ended = CliRunner().invoke(
        cli, [*arguments, "--output", f"html={page}", "--output", f"json={data}"]
    )
    assert ended.exit_code == 1, ended.output
    found = json.loads(data.read_text())
    assert found["counts"] == {"fail": 1, "pass": 1}
    assert found["blockers"] == [{"check": "lint-manifest manifest-schema", "modules": 1}]
    other, sample = found["modules"]
    assert (other["verdict"], other["trend"]) == ("fail", "new")
    assert other["not_passed"] == {"manifest-schema": "fail"}
    assert (sample["verdict"], sample["blocking"]) == ("pass", [])
    assert not (organisation / "sample-module" / ".gates" / "evidence").exists()
    assert "Readiness of the modules" in page.read_text()
    again = CliRunner().invoke(cli, [*arguments, "--resume"])
    assert "[1/2] other/sample-module: fail (from the run before)" in again.output
    assert "2 modules" in again.output
    policy = folder / "policy.toml"
    policy.write_text("[effective_on]\nmanifest-schema = 2099-01-01\n")
    place = str(organisation / "other" / "sample-module")
    asked = ["--policy", str(policy), "--effective-time", "2099-01-31"]
    ended = CliRunner().invoke(cli, ["fleet", "run", place, *arguments[3:], *asked])
    assert ended.exit_code == 0, ended.output
    assert "what passes now and not as of 2099-01-31:\n  1 module  manifest-schema" in ended.output
    wrong = CliRunner().invoke(cli, [*arguments, "--effective-time", "soon"])
    assert "--effective-time: 'soon' is no day" in str(wrong.exception)


@pytest.mark.parametrize(
    ("status", "written", "reason", "lasting"),
    [
        (-9, None, "its process was ended by SIGKILL", False),
        (3, None, "exit code 3: gates crashed", False),
        (2, None, "exit code 2: gates crashed", True),
        (0, "{", "exit code 0: gates crashed", False),
        (0, '{"exit_code": 1}', "exit code 0: gates crashed", False),
        (0, '{"exit_code": 0, "verdict": "fail", "stages": []}', "exit code 0: gates crashed",
         False),
        (0, '{"exit_code": 0, "verdict": "pass"}', "exit code 0: gates crashed", False),
        (0, "[]", "exit code 0: gates crashed", False),
    ],
)  # fmt: skip
def test_what_does_not_end_with_a_report_is_an_error(folder, status, written, reason, lasting):
    file = folder / "report.json"
    if written is not None:
        file.write_text(written)
    found = read_outcome(task(), status, file, "gates crashed", 1.0)
    assert (found.verdict, found.reason, found.lasting) == (ERROR, reason, lasting)


def test_a_run_that_takes_too_long_is_ended(organisation: Path):
    path = str(organisation / "sample-module")
    found = run_task(task(path=path, arguments=("--stage", "build", "--fresh"), limit=0.0))
    assert (found.verdict, found.reason) == (ERROR, "took longer than 0 s")


def test_a_module_that_cannot_be_loaded_is_an_error(folder: Path):
    (folder / "m").mkdir()
    (folder / "m" / "module.json").write_text("{}")
    (folder / "m" / "gates.toml").write_text("coverage = 'high'")
    tasks, errors = make_tasks(find_members([folder / "m"]), STAGE, None, 60)
    assert tasks == []
    assert [(each.name, each.verdict) for each in errors] == [("m", ERROR)]


def test_a_process_that_died_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    ended = iter([outcome(verdict=ERROR, lasting=False), outcome()])
    monkeypatch.setattr("gates.fleet.engines.run_task", lambda _task, _stop: next(ended))
    assert try_task(task()).verdict == "pass"
    always = outcome(verdict=ERROR, lasting=False, reason="killed")
    monkeypatch.setattr("gates.fleet.engines.run_task", lambda _task, _stop: always)
    assert try_task(task()) == always


def test_whoever_stops_listening_stops_the_runs(monkeypatch: pytest.MonkeyPatch):
    begun = threading.Event()

    def wait(each: Task, stopping: Callable[[], bool]) -> Outcome:
        if each.name == "quick":
            begun.wait(10)
            return outcome("quick")
        begun.set()
        while not stopping():
            time.sleep(0.01)
        return outcome("slow", verdict=ERROR)

    monkeypatch.setattr("gates.fleet.engines.run_task", wait)
    running = run_here([task("slow"), task("quick")], 2)
    assert next(running).name == "quick"
    running.close()


def test_a_broken_off_run_goes_on(folder: Path):
    journal = Journal(folder / "state")
    told: list[tuple[str, bool]] = []
    tasks = [task(each, f"key-{each}") for each in ("a", "b", "c")]
    ran: list[str] = []

    def engine(given: Sequence[Task]) -> Iterator[Outcome]:
        for each in given:
            ran.append(each.name)
            if each.name == "c" and ran.count("c") == 1:
                raise KeyboardInterrupt
            yield outcome(each.name, verdict=ERROR if each.name == "b" else "pass",
                          lasting=each.name != "b")  # fmt: skip

    def run(*, resume: bool) -> Sequence[Outcome]:
        return run_fleet(
            tasks, (), journal, engine, resume=resume,
            tell=lambda found, known: told.append((found.name, known)),
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        run(resume=False)
    (folder / "state" / "current" / "torn.json").write_text('{"name": "a"')
    found = run(resume=True)
    assert ran == ["a", "b", "c", "b", "c"]
    assert [each.name for each in found] == ["a", "b", "c"]
    assert told == [("a", False), ("b", False), ("a", True), ("b", False), ("c", False)]
    run(resume=False)
    assert ran[5:] == ["a", "b", "c"]
    assert set(journal.before()) == {"a", "b", "c"}


@given(st.dictionaries(st.text("abc", min_size=1), st.floats(0.1, 1e4)))
def test_the_longest_begin_first_and_the_unknown_before(known: dict[str, float]):
    tasks = [task(each) for each in [*known, "new"]]
    ordered = longest_first(tasks, known)
    assert ordered[0].name == "new"
    seconds = [known[each.name] for each in ordered[1:]]
    assert seconds == sorted(seconds, reverse=True)


def test_dask_and_a_worker_that_is_killed(organisation: Path, monkeypatch: pytest.MonkeyPatch):
    """Two workers; the first that is given a module is killed: it is run again, by another."""
    monkeypatch.setattr("gates.fleet.engines.try_task", dies_once)
    tasks, _ = make_tasks(find_members([organisation]), STAGE, None, 60)
    state = Path(os.environ["GATES_STATE_DIR"])
    state.mkdir()
    found = {each.name: each for each in run_on_dask(tasks, "local", 2)}
    assert (state / MARKER).is_file()
    assert {name: each.verdict for name, each in found.items()} == {
        "other/sample-module": "fail",
        "sample-module": "pass",
    }


def sample_fleet() -> Fleet:
    """One that passes now, one that fails less than before, one about which nothing is known; and
    what is in their baselines, and breaks in February."""
    before = {
        "a": outcome("a", verdict="fail", baselined=12, forecast={"coverage": "fail"}),
        "b": outcome("b", verdict="fail", errors=5, baselined=2),
        "c": outcome("c"),
    }
    passing = outcome("a", baselined=9, forecast={"coverage": "fail", "bandit": "fail"})
    failing = outcome(
        "b", verdict="fail", errors=3, blocking=("lint ruff: no", "lint mypy: neither"),
        baselined=2, forecast={"pip-audit": "inconclusive", "coverage": "fail"},
    )  # fmt: skip
    odd = outcome("c", verdict=ERROR, reason="its process was ended by SIGKILL")
    return Fleet([passing, failing, odd], before, "2026-11-24T00:00:00Z", 12.0, "2027-02-01")


def test_what_is_left_in_baselines_and_what_breaks_next_month():
    found = sample_fleet()
    rows = report.text(found).splitlines()
    assert "baseline  from 2027-02-01  owner" in rows[0]
    shown = [(found.baseline(each), found.forecast(each)) for each in found.outcomes]
    assert shown == [("9 (-3)", "2 (+1)"), ("2", "1 ?"), ("?", "?")]
    assert found.breaking == [("coverage", 2), ("bandit", 1), ("pip-audit", 1)]
    assert "what passes now and not as of 2027-02-01:\n  2 modules  coverage" in report.text(found)
    data = json.loads(report.to_json(found))
    assert data["breaking"][0] == {"check": "coverage", "modules": 2}
    assert data["modules"][0]["forecast_trend"] == "2 (+1)"
    assert "What breaks on 2027-02-01" in report.page(found)
    assert "from 2027" not in report.text(replace(found, effective=""))


@pytest.mark.parametrize(
    ("now", "then", "worse"),
    [
        ({}, {"a": "fail", "b": "inconclusive"}, {"a": "fail", "b": "inconclusive"}),
        ({"a": "fail"}, {"a": "fail"}, {}),
        ({"a": "fail"}, {"a": "inconclusive"}, {}),
        ({"a": "inconclusive"}, {"a": "fail"}, {"a": "fail"}),
        ({"a": "fail"}, {}, {}),
    ],
)
def test_a_forecast_is_what_gets_worse(now, then, worse):
    asked = task(effective="2027-02-01")
    found = forecast_of(asked, outcome(not_passed=now), outcome(not_passed=then))
    assert (found.forecast, found.seconds, found.verdict) == (worse, 2.0, "pass")


def test_a_forecast_that_is_not_known_is_an_error():
    lost = outcome(verdict=ERROR, reason="its process was ended by SIGKILL", lasting=False)
    found = forecast_of(task(effective="2027-02-01"), outcome(), lost)
    assert (found.verdict, found.lasting) == (ERROR, False)
    assert found.reason == "as of 2027-02-01, its process was ended by SIGKILL"


def test_the_readiness_of_a_fleet():
    found = sample_fleet()
    odd = found.outcomes[2]
    text = report.text(found)
    assert "a       1.0.0" in text
    assert "was fail" in text
    assert "-2 findings" in text
    assert "c: error\n  its process was ended by SIGKILL" in text
    assert text.endswith("3 modules in 12.0 s: 1 error, 1 fail, 1 pass\n")
    assert found.exit_code == 1
    assert Fleet([odd], {}, "").exit_code == 3
    assert Fleet([], {}, "").exit_code == 3
    assert Fleet([outcome()], {}, "").exit_code == 0
    assert "was fail" in report.page(found)

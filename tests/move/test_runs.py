"""Runs, as the journal has them: limits, interruptions, the way back, rehearsals, records."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from gates.cli import cli
from gates.errors import CouldNotCheckError, RefusedError, UsageError
from gates.evidence.keys import Trust
from gates.move import engine, faults, record
from gates.move.decide import Judged, decide, from_rehearsals, go
from gates.move.engine import Hooks, roll_back, run
from gates.move.journal import NAME, Entry, Journal, now, read
from gates.move.legacy import Size
from gates.move.place import Deadline, StepFailedError
from gates.move.plan import Check, Criterion, Step, WayBack
from gates.move.progress import progress
from gates.move.read import load_plan
from gates.move.record import Injected, Rehearsal, percentile
from gates.move.rehearse import Source, rehearse, stand_ins
from gates.report.migration import decision_page, status_page, status_text
from gates.settings import Policy
from tests.move.conftest import EXAMPLE, at, connect
from tests.move.samples import rehearsal

PLAN = load_plan(EXAMPLE)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "run") as made:
        yield made


def of_commands(*steps: Step):
    return replace(PLAN, steps=steps, starts=datetime.now(UTC))


def command(name: str, *words: str, **more) -> Step:
    return Step(name, name, 60.0, command=words, check=Check(command=("true",)), **more)


def test_a_run_goes_forwards_and_one_command_takes_it_back(base, journal, tmp_path):
    marker = tmp_path / "done"
    shown: list[str] = []
    plan = replace(
        of_commands(command("make", "touch", str(marker))),
        rollback=(command("unmake", "rm", str(marker)),),
    )
    found = run(plan, base, journal, Hooks(show=lambda now: shown.append(now.state)))
    assert (found.state, shown, marker.exists()) == ("done", ["running"] * 2 + ["done"], True)
    assert run(plan, base, journal).state == "done"
    assert roll_back(plan, base, journal).state == "rolled back"
    assert not marker.exists()
    assert roll_back(plan, base, journal).state == "rolled back"
    with pytest.raises(CouldNotCheckError, match="this run is rolled back"):
        run(plan, base, journal)


def test_each_step_that_began_is_undone_by_its_own_command_the_last_first(base, journal, tmp_path):
    """The second way back is interrupted, by a folder that is not empty, and goes on."""

    def made(name: str, check: str = "true") -> Step:
        folder = str(tmp_path / name)
        back = WayBack(
            "command", ("rmdir", folder), check=Check(command=("test", "!", "-e", folder))
        )
        return replace(command(name, "mkdir", folder), way_back=back, check=Check(command=(check,)))

    plan = replace(
        of_commands(made("one"), made("two"), made("three", "false"), made("four")), rollback=()
    )
    assert run(plan, base, journal).state == "stopped"
    (tmp_path / "two" / "left").touch()
    found = roll_back(plan, base, journal)
    assert (found.state, "undo-two: rmdir failed" in found.note) == ("stopped", True)
    (tmp_path / "two" / "left").unlink()
    found = roll_back(plan, base, journal)
    assert found.state == "rolled back"
    assert [each.step for each in journal.entries if each.step.startswith("undo-")] == [
        "undo-three", "undo-three", "undo-two", "undo-two", "undo-two", "undo-two", "undo-one",
        "undo-one",
    ]  # fmt: skip
    assert not any((tmp_path / each).exists() for each in ("one", "two", "three", "four"))


def test_behind_the_point_of_no_return_nothing_is_rolled_back(base, journal):
    plan = of_commands(command("open", "true", point_of_no_return=True))
    assert run(plan, base, journal).state == "done"
    with pytest.raises(CouldNotCheckError, match="point of no return"):
        roll_back(plan, base, journal)


def test_a_step_that_takes_too_long_is_stopped(base, journal):
    plan = of_commands(replace(command("slow", "sleep", "5"), budget=0.1), command("next", "true"))
    found = run(plan, base, journal)
    assert found.state == "stopped"
    assert [each.state for each in found.steps] == ["failed", "waiting"]
    assert "did not end within" in found.note


def test_no_step_begins_where_a_rollback_would_no_longer_fit(base, journal):
    plan = replace(of_commands(command("one", "true"), command("two", "true")), window=1880.0)
    found = run(plan, base, journal)
    assert found.state == "stopped"
    assert "one may take 1.5 min, and a rollback must begin by minute 1.333" in found.note
    assert [each.event for each in journal.entries] == ["opened", "stopped"]


@pytest.mark.parametrize(
    ("check", "repeatable", "state"),
    [("true", False, "done"), ("false", False, "stopped"), ("false", True, "stopped"),
     ("true", True, "done")],
)  # fmt: skip
def test_a_command_that_was_interrupted_is_asked_for_its_check(
    base, tmp_path, check, repeatable, state
):
    marker = tmp_path / "ran"
    step = replace(
        command("one", "touch", str(marker)), check=Check(command=(check,)), repeatable=repeatable
    )
    plan = of_commands(step)
    with Journal(tmp_path / "run") as journal:
        journal.add(Entry("opened", now(), figures={"plan": plan.sha256}))
        journal.add(Entry("began", now(), "one"))
        assert run(plan, base, journal).state == state
    assert marker.exists() == repeatable


def test_a_check_by_sql_is_read_only_and_gives_one_value(place, journal):
    def state(sql: str, expect: str) -> str:
        plan = of_commands(replace(command("one", "true"), check=Check(sql, expect)))
        with Journal(place.folder / sql[:20].replace(" ", "-")) as own:
            return run(plan, place, own).note

    assert state("SELECT count(*) FROM organizations", "12") == ""
    assert "gives 12 and not 13" in state("SELECT  count(*) FROM organizations", "13")
    assert "read-only" in state("DELETE FROM organizations RETURNING 1", "1")
    assert "gives nothing" in state("SELECT 1 WHERE false", "1")


def test_a_journal_survives_a_line_that_was_cut_short(tmp_path):
    with Journal(tmp_path) as journal:
        journal.add(Entry("opened", 1.0, figures={"plan": PLAN.sha256}))
        journal.add(Entry("began", 2.0, "close-platform"))
        with pytest.raises(UsageError, match="another process"):
            Journal(tmp_path)
    whole = (tmp_path / NAME).read_bytes()
    for cut in range(len(whole.splitlines(keepends=True)[0]), len(whole)):
        (tmp_path / NAME).write_bytes(whole[:cut])
        assert [each.event for each in read(tmp_path)][:1] == ["opened"]
    (tmp_path / NAME).write_bytes(whole[:-9])
    with Journal(tmp_path) as journal:
        journal.add(Entry("began", 3.0, "full-backup"))
    assert [(each.event, each.step) for each in read(tmp_path)] == [
        ("opened", ""), ("began", "full-backup")
    ]  # fmt: skip


def test_a_run_of_another_plan_is_refused(base, journal):
    journal.add(Entry("opened", now(), figures={"plan": "0" * 64}))
    with pytest.raises(CouldNotCheckError, match="another plan"):
        run(PLAN, base, journal)


def _rehearse(base, source: Source, plan=PLAN, *, only=(), times=0, rollbacks=0) -> Rehearsal:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "all_faults", lambda _: only)
        return rehearse(plan, base, source, times=times, rollbacks=rollbacks)


SHORT = replace(
    PLAN,
    steps=tuple(
        replace(PLAN.step(each), after=(), check=Check("SELECT count(*) FROM core_modules", "9"))
        for each in ("catalog-tables", "move-modules")
    ),
)
"""Two steps, with a check: what is released is there, also for a process that was killed."""


def test_rehearsed_forwards_and_back_with_faults(base, world, catalogued):
    known = {(each.kind, each.step.id): each for each in faults.all_faults(PLAN)}
    assert {(faults.KILL, each.id) for each in PLAN.steps} <= known.keys()
    assert {(faults.LOCK, "move-audit"), (faults.BAD_ROW, "full-backup")} <= known.keys()
    made = _rehearse(
        replace(base, modules=world.modules), Source(database=catalogued),
        only=[known[faults.BAD_TARGET, "validate"]], times=1, rollbacks=1,
    )  # fmt: skip
    assert [(e.passed, e.equal) for e in made.rehearsals] == [(True, True)]
    (wrong,) = made.faults
    assert wrong.survived, wrong
    assert "settings that were moved and are not what they were" in wrong.outcome
    assert made.source == "clone of catalogued"


def test_a_rehearsal_is_killed_in_a_step_and_goes_on(base, catalogued):
    hit = faults.Fault(faults.KILL, SHORT.step("move-modules"))
    made = _rehearse(base, Source(database=catalogued), SHORT, only=[hit])
    assert made.faults == (
        Injected(hit.kind, hit.step.id, True, "ended in the middle; went on to the end,"
                 " and validated"),
    )  # fmt: skip
    gone = faults.Fault(faults.KILL, PLAN.step("validate"))
    (never,) = _rehearse(base, Source(database=catalogued), replace(SHORT, steps=(
        *SHORT.steps, replace(PLAN.step("validate"), after=()))), only=[gone]).faults  # fmt: skip
    assert not never.survived


def test_rehearsals_of_a_dump_and_of_a_generated_world(base, world, tmp_path):
    dump = tmp_path / "world"
    base.program("pg_dump", ["-Fd", "-f", str(dump), "-d", "old_world"], Deadline.of(60))
    for place, source in ((replace(base, releases=stand_ins), Source(dump=dump)),
                          (base, Source(Size(2, audits=1)))):  # fmt: skip
        made = _rehearse(place, source, SHORT, times=1)
        assert [(each.passed, each.note) for each in made.rehearsals] == [(True, "")]
        assert made.size > 7_000_000
    with pytest.raises(StepFailedError, match="pg_restore failed"):
        _rehearse(base, Source(dump=tmp_path / "nothing"), SHORT, times=1)
    with psycopg.connect(world.url) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^gates_re'")
        assert left.fetchall() == []


def test_a_full_disk_and_a_held_lock_stop_a_run_and_it_goes_on(place):
    """The disk: a limit of file sizes, for pg_dump. The lock: of a session that does not let go."""
    steps = tuple(PLAN.step(each) for each in ("full-backup", "catalog-tables", "move-modules"))
    plan = replace(PLAN, steps=tuple(replace(each, after=()) for each in steps),
                   starts=datetime.now(UTC))  # fmt: skip
    with Journal(place.folder) as journal:
        for kind, step, says in ((faults.DISK, steps[0], "File too large"),
                                 (faults.DISK, steps[2], "the disk is full"),
                                 (faults.LOCK, steps[2], "somebody's session")):  # fmt: skip
            with faults.injected(faults.Fault(kind, step), place) as hooks:
                found = run(plan, place, journal, hooks)
            assert found.state == "stopped"
            assert says in found.note
        assert run(plan, place, journal).state == "done"


def test_go_only_where_every_criterion_is_met_and_measured():
    when = datetime(2027, 3, 10, tzinfo=UTC)
    measured = from_rehearsals(PLAN, [rehearsal()], when, 110) | {"free-space": 4.0}
    assert go(decide(PLAN, measured))
    for name in measured:
        less = {key: value for key, value in measured.items() if key != name}
        if name in {each.measure for each in PLAN.criteria}:
            assert not go(decide(PLAN, less)), name
    bad = replace(rehearsal().rehearsals[0], equal=False)
    few = from_rehearsals(PLAN, [replace(rehearsal(), rehearsals=(bad,) * 10)], when, 110)
    assert few["rehearsed-rollbacks"] == 0
    late = datetime(2027, 4, 10, tzinfo=UTC)
    assert not go(decide(PLAN, from_rehearsals(PLAN, [rehearsal()], late, 110)))
    assert not go(())
    assert not Judged(Criterion("x", at_least=1), float("nan")).met


def test_records_count_only_as_they_were_signed(tmp_path, settings):
    path = record.write(record.rehearsal_payload(rehearsal()), tmp_path, "rehearsal", settings)
    trust = Trust.of(Policy(), settings)
    (found,) = record.read_rehearsals(tmp_path, PLAN, trust)
    assert found == rehearsal()
    assert record.read_rehearsals(tmp_path, replace(PLAN, sha256="0" * 64), trust) == ()
    with pytest.raises(RefusedError, match="unknown-key"):
        record.read_rehearsals(tmp_path, PLAN, Trust({}))
    data = path.read_bytes()
    for changed in (data[:-2], data.replace(b'"sig":"', b'"sig":"A'), b"{}", b""):
        path.write_bytes(changed)
        with pytest.raises(RefusedError):
            record.read_rehearsals(tmp_path, PLAN, trust)


def test_percentiles_are_values_that_were_measured():
    values = [float(n) for n in range(1, 21)]
    assert [percentile(values, each) for each in (0.5, 0.95, 1.0)] == [10.0, 19.0, 20.0]
    assert percentile([3.0], 0.95) == 3.0


def test_pages_show_what_hostile_notes_say_as_text():
    entries = [
        Entry("opened", 100.0), Entry("began", 101.0, "close-platform"),
        Entry("failed", 102.0, "close-platform", 1.0, "<script>alert(1)</script>\x1b[2J"),
        Entry("stopped", 102.0, note="close-platform: <b>"),
    ]  # fmt: skip
    found = progress(PLAN, entries)
    page, text = status_page(found, 160.0), status_text(found, 160.0)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert 'http-equiv="refresh"' not in page
    going = progress(PLAN, entries[:2])
    assert 'http-equiv="refresh"' not in status_page(going, 160.0)
    assert 'href="status-live.html"' in status_page(going, 160.0)
    live = status_page(going, 160.0, live=True)
    assert 'http-equiv="refresh"' in live
    assert 'href="status.html"' in live
    assert "59 s of 7.5 min" in status_text(going, 160.0)
    assert "ends the sessions of others" in live
    assert "\x1b" not in page + text
    assert "stopped: close-platform" in text
    assert "1 min of 360 min; a rollback must begin by minute 330" in text
    back = progress(PLAN, [*entries, Entry("rollback", 200.0), Entry("rolled-back", 201.0)])
    assert ">waiting<" in page
    assert ">not run<" in status_page(back, 210.0)
    decided = decision_page(PLAN, decide(PLAN, {}), (rehearsal(),), ())
    assert "No-go: 8 criteria are not met" in decided
    assert "kill -9 at move" in decided


def gates(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["migration", *arguments], standalone_mode=False)
    return int(ended.value.code or 0)


def test_the_commands_from_no_go_to_the_way_back(place, tmp_path, monkeypatch, capsys):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        EXAMPLE.read_text("utf-8")
        .replace("second_server = true\n", "")
        .replace(
            'action = "catalog"', 'action = "catalog"\ncheck = { sql = "SELECT 1", expect = "2" }'
        ),
        "utf-8",
    )
    monkeypatch.setenv("GATES_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GATES_CATALOG", at(place.url, place.database))
    monkeypatch.setenv("GATES_DATABASE_URL", place.url)
    monkeypatch.chdir(tmp_path)
    same = ["--database", place.database]
    with pytest.raises(RefusedError, match="no-go: rehearsals is 0"):
        cli.main(["migration", "run", str(plan), *same], standalone_mode=False)
    assert gates("report", str(plan), str(tmp_path / "page.html"), *same) == 1
    assert gates("run", str(plan), *same, "--despite-no-go", "a trial") == 1
    assert "its check gives 1 and not 2" in (tmp_path / "plan" / "status.html").read_text("utf-8")
    cli.main(["migration", "status", str(plan)], standalone_mode=False)
    assert "stopped: catalog-tables" in capsys.readouterr().out
    assert gates("rollback", str(plan), *same) == 0
    with connect(place) as connection:
        assert connection.execute("SELECT to_regclass('core_modules')").fetchone() == (None,)
    assert len([*(tmp_path / "plan").glob("run-*.json")]) == 2


def test_run_needs_a_server(tmp_path, monkeypatch):
    monkeypatch.setenv("GATES_STATE_DIR", str(tmp_path))
    with pytest.raises(UsageError, match="is not named"):
        cli.main(
            ["migration", "run", str(EXAMPLE), "--folder", str(tmp_path / "f")],
            standalone_mode=False,
        )


def test_the_names_that_a_command_may_use(base):
    assert (
        engine._filled(base, "{database}:{backup}:{other}") == f"axon:{base.backup}/dump:{{other}}"
    )
    assert Path(os.fspath(base.folder)).is_dir()

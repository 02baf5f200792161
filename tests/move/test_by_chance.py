"""What chance does to a run: cut lines, full disks, set clocks, two operators, leftovers."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import hypothesis
import hypothesis.strategies as st
import psycopg
import pytest

from gates.errors import ConfigurationError, CouldNotCheckError, UsageError
from gates.move import backup, engine, gatekeeper
from gates.move import journal as journals
from gates.move.alone import alone
from gates.move.decide import from_rehearsals
from gates.move.journal import NAME, Entry, Journal, read
from gates.move.place import Deadline, StepFailedError
from gates.move.plan import Check, Step
from gates.move.progress import progress
from gates.move.read import load_plan
from tests.move.conftest import EXAMPLE, at, connect
from tests.move.samples import rehearsal

PLAN = load_plan(EXAMPLE)
STEPS = [each.id for each in PLAN.steps]


def written(folder, *entries: Entry) -> bytes:
    with Journal(folder) as journal:
        for each in entries:
            journal.add(each)
    return (folder / NAME).read_bytes()


def of_steps(count: int, *, open_end: bool) -> list[Entry]:
    entries = [Entry("opened", 1.0, figures={"plan": PLAN.sha256, "place": ""})]
    for number, step in enumerate(STEPS[:count]):
        entries += [Entry("began", 2.0 + number, step), Entry("ended", 2.5 + number, step, 0.5)]
    return entries[:-1] if open_end else entries


@hypothesis.settings(
    max_examples=5, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(count=st.integers(1, len(STEPS)), open_end=st.booleans())
def test_a_last_record_cut_at_any_byte_says_nothing_that_did_not_happen(
    tmp_path_factory, count, open_end
):
    """Cut anywhere the journal says what it said before its last record, or all; and goes on."""
    entries = of_steps(count, open_end=open_end)
    folder = tmp_path_factory.mktemp("cut")
    whole = written(folder, *entries)
    start = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(start, len(whole)):
        (folder / NAME).write_bytes(whole[:cut])
        found = [*read(folder)]
        assert found == (entries if cut == len(whole) - 1 else entries[:-1])
    for cut, tail in ((len(whole) - 9, b""), (start, b"\0" * 40)):
        (folder / NAME).write_bytes(whole[:cut] + tail)
        with Journal(folder) as journal:
            journal.add(entries[-1])
        assert [*read(folder)] == entries


def test_a_line_in_the_middle_that_is_gone_is_damage(tmp_path):
    """Without it a step behind the point of no return would look as if it had not begun."""
    lines = written(tmp_path, *of_steps(2, open_end=False)).splitlines(keepends=True)
    for damaged in ([*lines[:3], b"{#\n", *lines[4:]], [*lines[:3], *lines[4:]]):
        (tmp_path / NAME).write_bytes(b"".join(damaged))
        with pytest.raises(ConfigurationError, match=f"{STEPS[1]} ended and had not begun"):
            read(tmp_path)


def test_a_full_disk_leaves_no_part_of_a_record(tmp_path, monkeypatch):
    before = written(tmp_path, *of_steps(1, open_end=True))
    real, calls = os.write, []

    def nearly_full(number: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) % 2 == 0:
            raise OSError(28, "No space left on device")
        return real(number, data[:10])

    with Journal(tmp_path) as journal:
        monkeypatch.setattr(journals.os, "write", nearly_full)
        with pytest.raises(CouldNotCheckError, match="cannot be written: No space left"):
            journal.add(Entry("ended", 9.0, STEPS[0], 1.0))
        monkeypatch.undo()
        assert len(journal.entries) == 2
    assert (tmp_path / NAME).read_bytes() == before


def test_a_clock_that_is_set_back_gives_no_more_time(tmp_path, base, monkeypatch):
    step = Step("one", "one", 60.0, command=("true",), check=Check(command=("true",)))
    plan = replace(PLAN, steps=(step,), starts=datetime.now(UTC))
    written(
        tmp_path, Entry("opened", 1000.0, figures={"plan": plan.sha256, "place": ""}),
        Entry("stopped", 1000.0 + plan.window + 1),
    )  # fmt: skip
    monkeypatch.setattr(journals, "now", lambda: 1010.0)
    with Journal(tmp_path) as journal:
        assert "is over" in engine.run(plan, base, journal).note
    entries = [Entry("opened", 50.0), Entry("began", 90.0, "one"), Entry("ended", 40.0, "one")]
    assert progress(plan, entries).last == 90.0


def test_what_passes_with_a_clock_that_is_behind_is_counted_from_the_last_entry(
    tmp_path, base, monkeypatch
):
    """The clock is three days behind when a run goes on; in its next step the window ends."""
    steps = tuple(
        Step(each, each, 60.0, command=("true",), check=Check(command=("true",)))
        for each in ("one", "two")
    )
    plan = replace(PLAN, steps=steps, starts=datetime.now(UTC))
    written(tmp_path, Entry("opened", 900_000.0, figures={"plan": plan.sha256, "place": ""}))
    monkeypatch.setattr(journals, "now", lambda: 640_000.0)
    passed, steady = [0.0], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: steady() + passed[0])

    def later(_: Step) -> None:
        passed[0] = plan.window

    with Journal(tmp_path) as journal:
        found = engine.run(plan, base, journal, engine.Hooks(after=later))
    assert [each.state for each in found.steps] == ["done", "waiting"]
    assert "is over" in found.note


def test_a_rehearsal_of_the_future_has_no_age():
    now = datetime.fromisoformat(rehearsal().made)
    for ahead, age in ((86400, None), (301, None), (60, 0.0), (0, 0.0), (-86400, 1.0)):
        found = from_rehearsals(PLAN, [rehearsal()], now - timedelta(seconds=ahead), None)
        assert found.get("rehearsal-age-days") == age


def test_a_clock_that_is_set_while_it_runs_is_not_asked(monkeypatch):
    first = journals.now()
    monkeypatch.setattr(journals, "datetime", None)
    assert 0 <= journals.now() - first < 60


def test_a_run_is_of_one_database_and_of_one_process(place, journal_of):
    step = Step("one", "one", 60.0, command=("true",), check=Check(command=("true",)))
    plan = replace(PLAN, steps=(step,), starts=datetime.now(UTC))
    with alone(place) as here:
        assert here.identity.startswith(f"database {place.database} of server ")
        with pytest.raises(UsageError, match="another process moves the database"), alone(place):
            pass
        with alone(replace(place, database="other")) as other, Journal(journal_of) as journal:
            assert engine.run(plan, here, journal).state == "done"
            for act in (engine.run, engine.roll_back):
                with pytest.raises(CouldNotCheckError, match="and this is database other of"):
                    act(plan, other, journal)
    with alone(place):
        pass


@pytest.fixture
def journal_of(tmp_path):
    return tmp_path / "run"


def test_what_could_not_be_put_aside_stops_before_anything_is_done(place):
    """max_prepared_transactions is 0 on the tests' server: a subscription stands for its kin."""
    with connect(place) as connection:
        connection.execute(
            "CREATE SUBSCRIPTION feed CONNECTION 'host=nowhere' PUBLICATION p"
            " WITH (connect = false, slot_name = NONE)"
        )
    for act in (gatekeeper.close, backup.back_up):
        with pytest.raises(StepFailedError, match="while it has the subscription feed"):
            act(place, Deadline.of(20))
    assert not (place.folder / "connections.json").exists()
    with connect(place) as connection:
        connection.execute("DROP SUBSCRIPTION feed")
    gatekeeper.close(place, Deadline.of(20))


def test_programs_write_on_a_server_that_is_read_only_for_applications(place):
    with connect(place) as connection:
        connection.execute(
            f"ALTER DATABASE {place.database} SET default_transaction_read_only = on".encode()
        )
    wanted = ["-X", "-c", "CREATE TABLE public.written (n int)"]
    place.program("psql", wanted, Deadline.of(20))
    with place.session(Deadline.of(20)) as connection:
        connection.execute("DROP TABLE public.written")


def test_a_server_that_ends_the_session_is_a_failed_step(place):
    def ended_by(other) -> None:
        with place.session(Deadline.of(20)) as session:
            other.execute("SELECT pg_terminate_backend(%s)", (session.info.backend_pid,))
            session.execute("SELECT 1")

    with connect(place) as other, pytest.raises(StepFailedError, match="ended the session"):
        ended_by(other)


def test_no_limit_for_idle_sessions_ends_one_that_waits(place):
    with connect(place) as connection:
        for each in ("idle_in_transaction_session_timeout = '20ms'", "transaction_timeout = '60ms'",
                     "idle_session_timeout = '20ms'"):  # fmt: skip
            connection.execute(f"ALTER DATABASE {place.database} SET {each}".encode())
    with place.session(Deadline.of(20)) as connection:
        time.sleep(0.1)
        connection.execute("BEGIN READ ONLY")
        time.sleep(0.1)
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_copy_sorts_as_the_original_does(place, world):
    """A locale of PostgreSQL's own provider: what no LC_COLLATE tells."""
    name = f"{place.database}_builtin"
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
            " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'".encode()
        )
    with psycopg.connect(at(world.url, name), autocommit=True) as connection:
        connection.execute("CREATE TABLE public.words (word text); COMMENT ON TABLE words IS 'x'")
    here = replace(place, database=name)
    assert backup.back_up(here, Deadline.of(30))["tables"] == "1"
    assert backup.read_backup(here).database[6:] == ("b", "C.UTF-8", "")

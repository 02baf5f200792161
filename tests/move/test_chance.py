"""What chance does to a run: clocks, full disks, cut journals, two operators, servers' settings."""

from __future__ import annotations

import resource
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError
from gates.move import backup, journal
from gates.move.backup import equals_backup
from gates.move.decide import from_rehearsals
from gates.move.engine import Hooks, roll_back, run
from gates.move.journal import EVENTS, NAME, Entry, Journal, read
from gates.move.place import Deadline, StepFailedError
from gates.move.plan import Check, Step
from gates.move.read import load_plan
from tests.move.conftest import EXAMPLE, connect
from tests.move.samples import rehearsal

PLAN = load_plan(EXAMPLE)


def plan_of(*words: str):
    steps = tuple(
        Step(word, word, 60.0, command=("true",), check=Check(command=("true",))) for word in words
    )
    return replace(PLAN, steps=steps, starts=datetime.now(UTC))


@pytest.mark.parametrize("hours", [-300.0, -1.0, 1.0, 300.0])
def test_a_clock_that_is_set_makes_no_window_longer(base, tmp_path, monkeypatch, hours):
    """The second step begins 5.9 h after the first by the steady clock, in a window of 6 h."""
    real, passed = journal.now, {"clock": 0.0, "steady": 0.0}
    steady = time.monotonic
    monkeypatch.setattr(journal, "now", lambda: real() + passed["clock"])
    monkeypatch.setattr(journal.time, "monotonic", lambda: steady() + passed["steady"])
    plan = plan_of("one", "two")

    def later(_: Step) -> None:
        passed.update(clock=3600 * hours, steady=3600 * 5.9)

    with Journal(tmp_path / "run") as file:
        found = run(plan, base, file, Hooks(after=later))
        times = [each.at for each in file.entries]
    assert (found.state, [each.state for each in found.steps]) == ("stopped", ["done", "waiting"])
    assert times == sorted(times)
    assert times[-1] - times[0] >= 3600 * 5.9


def test_the_time_of_a_run_goes_on_from_its_last_entry(tmp_path, monkeypatch):
    with Journal(tmp_path) as file:
        file.add(Entry("opened", 1_000_000.0))
    monkeypatch.setattr(journal, "now", lambda: 5.0)
    with Journal(tmp_path) as file:
        assert 1_000_000.0 <= file.time() < 1_000_060.0


def test_a_rehearsal_of_tomorrow_has_no_age():
    now = datetime.fromisoformat(rehearsal().made)
    for ahead, age in ((86400, None), (301, None), (60, 0.0), (0, 0.0), (-86400, 1.0)):
        found = from_rehearsals(PLAN, [rehearsal()], now - timedelta(seconds=ahead), None)
        assert found.get("rehearsal-age-days") == age


entries = st.builds(
    Entry, st.sampled_from(EVENTS), st.floats(1, 1e10), st.text(max_size=5),
    st.floats(0, 1e6), st.text(max_size=20), st.dictionaries(st.just("a"), st.text(max_size=4)),
)  # fmt: skip


@given(st.lists(entries, min_size=1, max_size=3), entries)
@settings(max_examples=4, deadline=None)
def test_a_journal_that_is_cut_anywhere_in_its_last_line_has_all_before_it(
    tmp_path_factory, kept, more
):
    folder = tmp_path_factory.mktemp("cut")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal.os, "fsync", lambda _: None)
        _cut_everywhere(folder, kept, more)


def _cut_everywhere(folder, kept, more):
    with Journal(folder) as file:
        for each in kept:
            file.add(each)
    whole = (folder / NAME).read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for length in range(last + 1):
        (folder / NAME).write_bytes(whole[: len(whole) - last + length])
        there = tuple(kept if length >= last - 1 else kept[:-1])
        assert read(folder) == there
        if length in (1, last - 1):
            with Journal(folder) as file:
                assert file.entries == there
                file.add(more)
            assert read(folder) == (*there, more)


@contextmanager
def no_file_longer_than(size: int):
    """What a full disk does to a write: a part of it is taken, and then an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_an_entry_for_which_there_is_no_room_leaves_nothing(tmp_path):
    with Journal(tmp_path) as file:
        file.add(Entry("opened", 1.0))
        size = (tmp_path / NAME).stat().st_size
        for room in (0, 1, 60):
            with (
                no_file_longer_than(size + room),
                pytest.raises(CouldNotCheckError, match="cannot be written: File too large"),
            ):
                file.add(Entry("began", 2.0, "one"))
            assert (tmp_path / NAME).stat().st_size == size
        assert len(file.entries) == 1
        file.add(Entry("began", 3.0, "one"))
    assert [each.at for each in read(tmp_path)] == [1.0, 3.0]


def test_no_step_begins_of_which_the_journal_cannot_say_so(base, tmp_path):
    begun: list[str] = []
    with Journal(tmp_path / "run") as file:
        file.add(Entry("opened", file.time(), figures=_opened(base)))
        size = file.path.stat().st_size
        with no_file_longer_than(size + 20), pytest.raises(CouldNotCheckError):
            run(plan_of("one"), base, file, Hooks(before=lambda step: begun.append(step.id)))
        assert begun == []
        assert run(plan_of("one"), base, file).state == "done"


def _opened(place) -> dict[str, str]:
    with place.alone() as database:
        return {"plan": PLAN.sha256, "database": database}


def test_a_run_goes_on_with_its_own_database_alone(place, tmp_path):
    """Else a rollback would put the backup of one database in the place of another."""
    other = replace(place, database="old_world")
    with Journal(tmp_path / "run") as file:
        assert run(plan_of("one"), place, file).state == "done"
        for way in (run, roll_back):
            with pytest.raises(CouldNotCheckError, match="and not of old_world of server"):
                way(plan_of("one"), other, file)
        assert len(file.entries) == 4


def test_two_operators_with_a_folder_each_are_one_too_many(base, tmp_path, monkeypatch):
    monkeypatch.setattr("gates.move.place._WAIT_FOR_OTHERS", 0.05)
    with (
        base.alone(),
        Journal(tmp_path / "run") as file,
        pytest.raises(StepFailedError, match="another run moves axon"),
    ):
        run(plan_of("one"), base, file)
    with base.alone(), replace(base, database="elsewhere").alone():
        pass


def test_a_server_that_ends_the_session_is_a_failed_step(place):
    def ended_by(other) -> None:
        with place.session(Deadline.of(20)) as session:
            other.execute("SELECT pg_terminate_backend(%s)", (session.info.backend_pid,))
            session.execute("SELECT 1")

    with connect(place) as other, pytest.raises(StepFailedError, match="ended the session"):
        ended_by(other)


def test_a_backup_whatever_the_server_says_of_waiting_and_of_texts(world, place):
    """Read-only by default, sessions that are ended while pg_dump works, and texts compared by
    another library than template0's: what comes back has it all."""
    name = f"{place.database}_builtin"
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER builtin"
            " BUILTIN_LOCALE 'C.UTF-8' ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'".encode()
        )
        user = connection.info.user
        for setting in ("default_transaction_read_only = on", "transaction_timeout = '150ms'",
                        "idle_in_transaction_session_timeout = '1ms'"):  # fmt: skip
            connection.execute(f"ALTER ROLE {user} IN DATABASE {name} SET {setting}".encode())
        connection.execute(f"ALTER ROLE {user} SET default_transaction_read_only = on".encode())
    here = replace(place, database=name)
    try:
        backup.back_up(here, Deadline.of(60))
        backup.restore(here, Deadline.of(60))
        assert equals_backup(here, Deadline.of(60)) == ()
        assert backup.read_backup(here).database[6:8] == ("b", "C.UTF-8")
    finally:
        with psycopg.connect(world.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER ROLE {user} RESET default_transaction_read_only".encode())


def test_what_no_dump_brings_back_is_named_before_one_is_made(place):
    with connect(place) as connection:
        connection.execute(
            "CREATE SUBSCRIPTION feed CONNECTION 'dbname=nowhere' PUBLICATION p"
            " WITH (connect = false, slot_name = NONE)"
        )
        with pytest.raises(StepFailedError, match="brings back subscription feed: end the"):
            backup.back_up(place, Deadline.of(30))
        assert not list(place.folder.glob("backup*"))
        connection.execute("DROP SUBSCRIPTION feed")


def test_a_folder_that_takes_no_backup_is_a_failed_step(place, tmp_path):
    """A file in the backup's place: as root, no right is missing."""
    (tmp_path / "backup.partial").touch()
    plan = replace(PLAN, steps=(replace(PLAN.step("full-backup"), after=()),))
    with Journal(tmp_path / "run") as file:
        found = run(replace(plan, starts=datetime.now(UTC)), place, file)
    assert (found.state, "File exists" in found.note) == ("stopped", True)

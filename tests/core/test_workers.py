"""Tasks begin in order, so many at a time, and those that wait for another do not count."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.recorder import Once
from gates.workers import CancelledTaskError, Task, Workers

SECONDS = 10
"""How long a test waits for what has to happen before it fails."""


@settings(max_examples=30, deadline=None)
@given(limit=st.integers(1, 5), calls=st.integers(0, 40))
def test_each_task_gives_its_own_result_and_no_more_run_than_may(limit, calls):
    workers, lock, running, most = Workers(limit), threading.Lock(), 0, 0

    def call(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1
        return number

    tasks = [workers.submit(lambda n=n: call(n)) for n in range(calls)]
    assert [each.result() for each in tasks] == [*range(calls)]
    workers.stop()
    assert most <= limit


def test_one_at_a_time_begin_in_order():
    workers, order = Workers(1), []
    tasks = [workers.submit(lambda n=n: order.append(n)) for n in range(50)]
    for each in tasks:
        each.result()
    workers.stop()
    assert order == [*range(50)]


def test_who_waits_for_what_another_makes_keeps_nobody_from_beginning():
    """Three wait for a value whose making ends only once a fourth has run, with two places."""
    workers, begun, go = Workers(2), threading.Event(), threading.Event()

    def make() -> int:
        begun.set()
        assert go.wait(SECONDS)
        return 7

    value = Once(make)
    waiting = [workers.submit(value) for _ in range(3)]
    assert begun.wait(SECONDS)
    other = workers.submit(go.set)
    other.result()
    assert [each.result() for each in waiting] == [7, 7, 7]
    workers.stop()


def test_a_task_that_waits_goes_on_with_the_lock_although_all_places_are_taken():
    """It takes its place back at once: those who have the places may wait for its lock."""
    workers, first, second = Workers(1), Once(lambda: 1), Once(lambda: second_value())

    def second_value() -> int:
        return first() + 1

    tasks = [workers.submit(each) for each in (second, first, second, first) * 5]
    assert {each.result() for each in tasks} == {1, 2}
    workers.stop()


def test_what_a_task_raises_is_raised_for_who_asks():
    def fail() -> None:
        raise ValueError("no")

    workers = Workers(1)
    task = workers.submit(fail)
    with pytest.raises(ValueError, match="no"):
        task.result()
    workers.stop()
    assert task.ended
    assert not task.succeeded


def test_what_has_not_begun_when_the_workers_stop_never_does():
    workers, begun, go = Workers(1), threading.Event(), threading.Event()
    running = workers.submit(lambda: begun.set() or go.wait(SECONDS))
    later = workers.submit(lambda: 1)
    assert begun.wait(SECONDS)
    threading.Timer(0.05, go.set).start()
    workers.stop()
    assert running.result()
    with pytest.raises(CancelledTaskError):
        later.result()


def test_a_known_value_is_a_task_that_has_ended():
    assert Task.known(3).result() == 3

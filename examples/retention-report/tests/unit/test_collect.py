"""The job that fills reports."""

from datetime import UTC, date, datetime

import pytest

from retention_report.env import env
from retention_report.jobs.collect import COLLECT_JOB, queue_due_run
from retention_report.lib.errors import UnexpectedRowError
from retention_report.lib.runs import queue_run
from retention_report.lib.schedule import is_due
from retention_report.lib.settings import Frequency, Settings
from tests.support import FakeDatabase, Published, context_of

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("frequency", "latest", "due"),
    [
        ("on_request", None, False),
        ("on_request", date(2020, 1, 1), False),
        ("weekly", None, True),
        ("weekly", date(2026, 11, 18), False),
        ("weekly", date(2026, 11, 17), True),
        ("monthly", date(2026, 10, 26), False),
        ("monthly", date(2026, 10, 25), True),
    ],
)
def test_when_a_report_is_due(frequency: Frequency, latest: date | None, *, due: bool) -> None:
    assert is_due(frequency, latest, TODAY) is due


def test_a_due_report_is_queued_once() -> None:
    database = FakeDatabase()
    settings = Settings(frequency="weekly")
    queue_due_run(settings, context_of(database), TODAY)
    queue_due_run(settings, context_of(database), TODAY)
    assert [run["reference_date"] for run in database.runs] == [TODAY]


def test_a_repeated_job_changes_nothing() -> None:
    database, published = FakeDatabase(), Published()
    context = context_of(database, published=published)
    queue_run(context, TODAY)
    COLLECT_JOB.handler(None, context)
    before = list(database.items)
    COLLECT_JOB.handler(None, context)
    assert database.items == before
    assert len(published) == 1


def test_a_row_expires_at_midnight_of_the_last_day() -> None:
    database = FakeDatabase()
    kept = datetime(2025, 11, 24, tzinfo=UTC)
    expired = datetime(2025, 11, 23, 23, 59, 59, tzinfo=UTC)
    context = context_of(database, rows={"tenant_crm_notes": (kept, expired)})
    queue_run(context, TODAY)
    COLLECT_JOB.handler(None, context)
    assert [(item["rows_total"], item["rows_expired"]) for item in database.items] == [(2, 1)]


def test_no_more_tables_than_allowed_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_REPORT_MAX_TABLES", "1")
    env.cache_clear()
    database = FakeDatabase()
    queue_run(context_of(database), TODAY)
    COLLECT_JOB.handler(None, context_of(database))
    assert len(database.items) == 1
    env.cache_clear()


def test_a_row_of_another_form_is_refused() -> None:
    database = FakeDatabase()
    queue_run(context_of(database), TODAY)
    database.runs[0]["reference_date"] = "someday"
    with pytest.raises(UnexpectedRowError):
        COLLECT_JOB.handler(None, context_of(database))

"""Stand-ins for what the host hands in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from axon_core import RequestContext, Row, Statement, TableUsage

TENANT = UUID("11111111-1111-4111-8111-111111111111")
OTHER_TENANT = UUID("22222222-2222-4222-8222-222222222222")
USER = UUID("33333333-3333-4333-8333-333333333333")

Answer = Callable[[Mapping[str, object]], list[dict[str, object]]]


class FakeDatabase:
    """Answers the module's statements, by name, from two lists.

    The SQL itself is proven on PostgreSQL by the gate's database stage.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.runs: list[dict[str, object]] = []
        self.items: list[dict[str, object]] = []
        self._answers: dict[str, Answer] = {
            "retention-report.find-runs": self._find_runs,
            "retention-report.find-run": self._find_run,
            "retention-report.find-queued-runs": self._find_queued_runs,
            "retention-report.queue-run": self._queue_run,
            "retention-report.complete-run": self._complete_run,
            "retention-report.find-items": self._find_items,
            "retention-report.insert-item": self._insert_item,
        }

    def query(self, statement: Statement, /) -> Sequence[Row]:
        """Answer one statement."""
        return self._answers[statement.name](statement.values)

    def _runs_of(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        return [run for run in self.runs if run["tenant_id"] == values["tenant_id"]]

    def _find_runs(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        return list(reversed(self._runs_of(values)))[: int(str(values["limit"]))]

    def _find_run(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        return [run for run in self._runs_of(values) if run["id"] == values["run_id"]]

    def _find_queued_runs(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        return [run for run in self._runs_of(values) if run["status"] == "queued"]

    def _queue_run(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        for run in self._find_queued_runs(values):
            if run["reference_date"] == values["reference_date"]:
                return []
        run = {
            "tenant_id": values["tenant_id"],
            "id": uuid4(),
            "status": "queued",
            "reference_date": values["reference_date"],
            "requested_by": values["user_id"],
            "completed_at": None,
            "created_at": datetime.now(UTC),
        }
        self.runs.append(run)
        return [run]

    def _complete_run(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        found = [run for run in self._find_run(values) if run["status"] == "queued"]
        for run in found:
            run.update(status="completed", completed_at=datetime.now(UTC))
        return found

    def _find_items(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        return [
            item
            for item in self.items
            if (item["tenant_id"], item["run_id"]) == (values["tenant_id"], values["run_id"])
        ]

    def _insert_item(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        if any(item["table_name"] == values["table_name"] for item in self._find_items(values)):
            return []
        self.items.append(dict(values))
        return [self.items[-1]]


class FakeTableUsage:
    """A tenant with these ages of rows, by table."""

    def __init__(self, rows: Mapping[str, Sequence[datetime]]) -> None:
        """Keep when each row was created."""
        self._rows = rows

    def tables(self) -> Sequence[str]:
        """Name the tables."""
        return list(self._rows)

    def measure(self, table: str, expired_before: datetime, /) -> TableUsage:
        """Count the rows."""
        rows = self._rows[table]
        expired = sum(created < expired_before for created in rows)
        return TableUsage(len(rows), expired, min(rows, default=None))


ROWS = {
    "tenant_crm_contacts": (datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    "tenant_crm_notes": (),
}


class Published(list[tuple[str, Mapping[str, object]]]):
    """The events published so far."""

    def publish(self, event: str, payload: Mapping[str, object], /) -> None:
        """Keep an event."""
        self.append((event, payload))


def context_of(
    database: FakeDatabase | None = None,
    *,
    tenant_id: UUID = TENANT,
    settings: Mapping[str, object] | None = None,
    published: Published | None = None,
    rows: Mapping[str, Sequence[datetime]] | None = None,
) -> RequestContext:
    """Make the context of a request or job."""
    return RequestContext(
        tenant_id=tenant_id,
        user_id=USER,
        correlation_id="test",
        database=FakeDatabase() if database is None else database,
        table_usage=FakeTableUsage(ROWS if rows is None else rows),
        publish=(Published() if published is None else published).publish,
        settings={} if settings is None else settings,
    )

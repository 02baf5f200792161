"""Stand-ins for what the host hands in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from axon_core import RequestContext, Row, Statement, TableUsage

TENANT = UUID("11111111-1111-4111-8111-111111111111")


class FakeDatabase:
    """Keeps the notes of a tenant; the SQL itself is proven on PostgreSQL by the gate."""

    def __init__(self) -> None:
        """Start with one note."""
        self.rows: list[dict[str, object]] = [
            {"id": UUID(int=1), "title": "first", "archived_at": None}
        ]
        self.statements: list[Statement] = []

    def query(self, statement: Statement, /) -> Sequence[Row]:
        """Answer one statement."""
        self.statements.append(statement)
        if statement.name.endswith("archive-notes"):
            self.rows = [{**row, "archived_at": datetime.now(UTC)} for row in self.rows]
        return self.rows


class NoTableUsage:
    """A tenant without tables."""

    def tables(self) -> Sequence[str]:
        """Name none."""
        return []

    def measure(self, _table: str, _expired_before: datetime, /) -> TableUsage:
        """Count nothing."""
        return TableUsage(0, 0, None)


def no_event(_event: str, _payload: Mapping[str, object], /) -> None:
    """Publish nothing."""


@pytest.fixture
def database() -> FakeDatabase:
    """Make a database with one note."""
    return FakeDatabase()


@pytest.fixture
def context(database: FakeDatabase) -> RequestContext:
    """Make the context of a request or job."""
    return RequestContext(
        tenant_id=TENANT,
        correlation_id="test",
        database=database,
        table_usage=NoTableUsage(),
        publish=no_event,
    )

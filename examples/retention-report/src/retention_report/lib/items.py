"""Items: the table tenant_retention_report_items."""

from datetime import datetime
from uuid import UUID

from axon_core import RequestContext, Statement
from pydantic import BaseModel, ConfigDict

from retention_report.lib.query import query


class Item(BaseModel):
    """One line of a report: a table, its retention and its rows."""

    model_config = ConfigDict(frozen=True)

    table_name: str
    retention_days: int
    rows_total: int
    rows_expired: int
    oldest_row_at: datetime | None


def find_items(context: RequestContext, run_id: UUID) -> list[Item]:
    """Read the lines of a run, the most expired rows first."""
    return query(
        context,
        Item,
        Statement(
            "retention-report.find-items",
            """
            SELECT table_name, retention_days, rows_total, rows_expired, oldest_row_at
            FROM tenant_retention_report_items
            WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s
            ORDER BY rows_expired DESC, table_name
            """,
            {"tenant_id": context.tenant_id, "run_id": run_id},
        ),
    )


def insert_item(context: RequestContext, run_id: UUID, item: Item) -> None:
    """Add a line, unless an earlier try of the job did."""
    query(
        context,
        Item,
        Statement(
            "retention-report.insert-item",
            """
            INSERT INTO tenant_retention_report_items
                (tenant_id, run_id, table_name, retention_days,
                 rows_total, rows_expired, oldest_row_at)
            VALUES (%(tenant_id)s, %(run_id)s, %(table_name)s, %(retention_days)s,
                    %(rows_total)s, %(rows_expired)s, %(oldest_row_at)s)
            ON CONFLICT (tenant_id, run_id, table_name) DO NOTHING
            RETURNING table_name, retention_days, rows_total, rows_expired, oldest_row_at
            """,
            {"tenant_id": context.tenant_id, "run_id": run_id, **item.model_dump()},
        ),
    )

"""Runs: the table tenant_retention_report_runs."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from axon_core import RequestContext, Statement
from pydantic import BaseModel, ConfigDict

from retention_report.lib.query import query


class Run(BaseModel):
    """One report, asked for by a user or by the schedule."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    status: Literal["queued", "completed"]
    reference_date: date
    requested_by: UUID | None
    completed_at: datetime | None
    created_at: datetime


def find_runs(context: RequestContext, limit: int) -> list[Run]:
    """Read the latest runs, newest first."""
    return query(
        context,
        Run,
        Statement(
            "retention-report.find-runs",
            """
            SELECT id, status, reference_date, requested_by, completed_at, created_at
            FROM tenant_retention_report_runs
            WHERE tenant_id = %(tenant_id)s
            ORDER BY created_at DESC LIMIT %(limit)s
            """,
            {"tenant_id": context.tenant_id, "limit": limit},
        ),
    )


def find_run(context: RequestContext, run_id: UUID) -> Run | None:
    """Read one run."""
    found = query(
        context,
        Run,
        Statement(
            "retention-report.find-run",
            """
            SELECT id, status, reference_date, requested_by, completed_at, created_at
            FROM tenant_retention_report_runs
            WHERE tenant_id = %(tenant_id)s AND id = %(run_id)s
            """,
            {"tenant_id": context.tenant_id, "run_id": run_id},
        ),
    )
    return found[0] if found else None


def find_queued_runs(context: RequestContext) -> list[Run]:
    """Read the runs that wait for the job, oldest first."""
    return query(
        context,
        Run,
        Statement(
            "retention-report.find-queued-runs",
            """
            SELECT id, status, reference_date, requested_by, completed_at, created_at
            FROM tenant_retention_report_runs
            WHERE tenant_id = %(tenant_id)s AND status = 'queued'
            ORDER BY created_at
            """,
            {"tenant_id": context.tenant_id},
        ),
    )


def queue_run(context: RequestContext, reference_date: date) -> Run | None:
    """Add a run; None where one for that date waits already."""
    queued = query(
        context,
        Run,
        Statement(
            "retention-report.queue-run",
            """
            INSERT INTO tenant_retention_report_runs (tenant_id, reference_date, requested_by)
            VALUES (%(tenant_id)s, %(reference_date)s, %(user_id)s)
            ON CONFLICT (tenant_id, reference_date) WHERE status = 'queued' DO NOTHING
            RETURNING id, status, reference_date, requested_by, completed_at, created_at
            """,
            {
                "tenant_id": context.tenant_id,
                "reference_date": reference_date,
                "user_id": context.user_id,
            },
        ),
    )
    return queued[0] if queued else None


def complete_run(context: RequestContext, run_id: UUID) -> Run | None:
    """Mark a queued run as completed; None where someone else did."""
    completed = query(
        context,
        Run,
        Statement(
            "retention-report.complete-run",
            """
            UPDATE tenant_retention_report_runs
            SET status = 'completed', completed_at = now(), version = version + 1
            WHERE tenant_id = %(tenant_id)s AND id = %(run_id)s AND status = 'queued'
            RETURNING id, status, reference_date, requested_by, completed_at, created_at
            """,
            {"tenant_id": context.tenant_id, "run_id": run_id},
        ),
    )
    return completed[0] if completed else None

"""Statements that the migrations leave nothing to run on."""

from uuid import UUID

from axon_core import RequestContext, Statement

TABLE = "tenant_retention_report_runs"


def run_all(context: RequestContext, run_id: UUID) -> None:
    """A column that is misspelt, a key that is not there, a right that is not given, no value."""
    values = {"id": run_id}
    for statement in (
        Statement("retention-report.a", f"SELECT id, statsu FROM {TABLE} WHERE id = %(id)s", values),
        Statement(
            "retention-report.b",
            f"INSERT INTO {TABLE} (tenant_id, status) VALUES (%(tenant)s, 'completed')"
            " ON CONFLICT (tenant_id, status) DO NOTHING",
            {"tenant": context.tenant_id},
        ),
        Statement("retention-report.c", f"DELETE FROM {TABLE} WHERE id = %(id)s", values),
        Statement(
            "retention-report.d",
            f"SELECT id FROM {TABLE} WHERE id = %(id)s AND created_at < %(before)s",
            {"id": run_id},
        ),
    ):
        context.database.query(statement)

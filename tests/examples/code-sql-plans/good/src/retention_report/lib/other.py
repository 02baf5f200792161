"""Statements that fit the tables, also where a value decides a type."""

from uuid import UUID

from axon_core import RequestContext, Statement

TABLE = "tenant_retention_report_runs"


def run_all(context: RequestContext, run_id: UUID) -> None:
    """Every parameter has its value, and more than one place."""
    for statement in (
        Statement(
            "retention-report.a",
            f"SELECT id, status FROM {TABLE} WHERE id = %(id)s OR (id <> %(id)s AND status LIKE 'a%%')",
            {"id": run_id},
        ),
        Statement(
            "retention-report.b",
            f"UPDATE {TABLE} SET completed_at = now() WHERE id = %(id)s AND tenant_id = %(tenant)s",
            {"id": run_id, "tenant": context.tenant_id},
        ),
        Statement(
            "retention-report.c",
            f"SELECT id FROM {TABLE} WHERE created_at > now() - %(age)s::interval LIMIT %(limit)s",
            {"age": "1 day", "limit": 10},
        ),
    ):
        context.database.query(statement)

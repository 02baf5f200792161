"""Statements on the module's own rows."""

from axon_core import RequestContext, Statement

COLUMNS = "id, created_at"


def count(context: RequestContext, limit: int) -> None:
    """Read what the module has, and what it puts together."""
    for statement in (
        Statement(
            "retention-report.latest",
            f"SELECT {COLUMNS} FROM tenant_retention_report_runs LIMIT %(limit)s",
            {"limit": limit},
        ),
        Statement(
            "retention-report.days",
            "WITH days AS (SELECT 1 AS day) SELECT day, '100 %%' AS share FROM days",
            {},
        ),
    ):
        context.database.query(statement)

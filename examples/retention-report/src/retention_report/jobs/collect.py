"""Filling the reports that wait."""

from datetime import UTC, date, datetime, time, timedelta

from axon_core import Job, RequestContext
from axon_logger import for_context
from opentelemetry import trace

from retention_report.env import env
from retention_report.lib.identity import SLUG, VERSION
from retention_report.lib.items import Item, insert_item
from retention_report.lib.logger import LOGGER
from retention_report.lib.runs import (
    Run,
    complete_run,
    find_queued_runs,
    find_runs,
    queue_run,
)
from retention_report.lib.schedule import is_due
from retention_report.lib.settings import Settings, settings_of

tracer = trace.get_tracer(SLUG, VERSION)


def collect(_data: object, context: RequestContext) -> None:
    """Queue the report that is due, if any, and fill every report that waits."""
    with tracer.start_as_current_span("retention-report.collect") as span:
        settings = settings_of(context)
        queue_due_run(settings, context, datetime.now(UTC).date())
        runs = find_queued_runs(context)
        span.set_attribute("retention-report.runs", len(runs))
        for run in runs:
            fill(run, settings, context)


def queue_due_run(settings: Settings, context: RequestContext, today: date) -> None:
    """Queue a report where the tenant's frequency asks for one."""
    latest = find_runs(context, 1)
    if is_due(settings.frequency, latest[0].reference_date if latest else None, today):
        queue_run(context, today)


def fill(run: Run, settings: Settings, context: RequestContext) -> None:
    """Measure the tenant's tables. Safe to repeat: lines that are there stay as they are."""
    log = for_context(LOGGER, context).bind(run_id=str(run.id))
    tables = context.table_usage.tables()
    limit = env().max_tables
    if len(tables) > limit:
        log.warning("only some tables are measured", tables=len(tables), limit=limit)
    expired = 0
    for table in tables[:limit]:
        item = measure(table, run.reference_date, settings, context)
        insert_item(context, run.id, item)
        expired += item.rows_expired
    if complete_run(context, run.id) is not None:
        log.info("run completed", rows_expired=expired)
        context.publish(
            "retention-report.run.completed", {"run_id": str(run.id), "rows_expired": expired}
        )


def measure(table: str, reference_date: date, settings: Settings, context: RequestContext) -> Item:
    """Count the rows of a table, and those older than its retention on the date of the report."""
    days = settings.retention_days(table)
    midnight = datetime.combine(reference_date, time.min, tzinfo=UTC)
    usage = context.table_usage.measure(table, midnight - timedelta(days=days))
    return Item(
        table_name=table,
        retention_days=days,
        rows_total=usage.rows_total,
        rows_expired=usage.rows_expired,
        oldest_row_at=usage.oldest_row_at,
    )


COLLECT_JOB = Job(
    name="collect",
    queue="tenant:retention-report:collect",
    schedule="*/15 * * * *",
    handler=collect,
)

"""Asking for reports and reading them."""

from datetime import UTC, date, datetime
from uuid import UUID

from axon_core import RequestContext, Route, RouteRequest, RouteResponse
from axon_logger import for_context
from opentelemetry import trace
from pydantic import BaseModel, ConfigDict

from retention_report.env import env
from retention_report.lib.errors import (
    RunAlreadyQueuedError,
    RunNotCompletedError,
    RunNotFoundError,
)
from retention_report.lib.export import sign, to_csv
from retention_report.lib.identity import SLUG, VERSION
from retention_report.lib.items import find_items
from retention_report.lib.logger import LOGGER
from retention_report.lib.request import parse_request
from retention_report.lib.runs import Run, find_run, find_runs, queue_run
from retention_report.lib.settings import settings_of

SIGNATURE_HEADER = "x-axon-signature"

tracer = trace.get_tracer(SLUG, VERSION)


class NewRun(BaseModel):
    """Body of a request for a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference_date: date | None = None


class RunParams(BaseModel):
    """Parameters of the routes of one run."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID


def list_runs(_request: RouteRequest, context: RequestContext) -> RouteResponse:
    """List the tenant's runs."""
    with tracer.start_as_current_span("retention-report.runs.list"):
        runs = find_runs(context, env().list_limit)
        return RouteResponse(200, {"runs": [run.model_dump(mode="json") for run in runs]})


def create_run(request: RouteRequest, context: RequestContext) -> RouteResponse:
    """Queue a report; the job fills it."""
    with tracer.start_as_current_span("retention-report.runs.create"):
        body = parse_request(NewRun, {} if request.body is None else request.body)
        reference_date = body.reference_date or datetime.now(UTC).date()
        run = queue_run(context, reference_date)
        if run is None:
            raise RunAlreadyQueuedError(reference_date)
        for_context(LOGGER, context).info("run queued", run_id=str(run.id))
        return RouteResponse(202, run.model_dump(mode="json"))


def show_run(request: RouteRequest, context: RequestContext) -> RouteResponse:
    """Show a run with its lines."""
    with tracer.start_as_current_span("retention-report.runs.show"):
        run = existing_run(request, context)
        items = [item.model_dump(mode="json") for item in find_items(context, run.id)]
        return RouteResponse(200, {**run.model_dump(mode="json"), "items": items})


def export_run(request: RouteRequest, context: RequestContext) -> RouteResponse:
    """Export a completed run as CSV, signed where the tenant has set a secret."""
    with tracer.start_as_current_span("retention-report.runs.export"):
        run = existing_run(request, context)
        if run.status != "completed":
            raise RunNotCompletedError(run.id)
        export = settings_of(context).export
        text = to_csv(find_items(context, run.id), include_empty_tables=export.include_empty_tables)
        headers = {"content-type": "text/csv; charset=utf-8"}
        if export.signing_secret is not None:
            headers[SIGNATURE_HEADER] = sign(text, export.signing_secret.get_secret_value())
        return RouteResponse(200, text, headers)


def existing_run(request: RouteRequest, context: RequestContext) -> Run:
    """Find the run that a request names."""
    run_id = parse_request(RunParams, request.params).run_id
    run = find_run(context, run_id)
    if run is None:
        raise RunNotFoundError(run_id)
    return run


RUN_ROUTES = (
    Route(
        method="GET",
        path="/api/retention-report/runs",
        description="Lists the tenant's runs, newest first.",
        authenticated=True,
        permissions=("retention-report:runs:read",),
        handler=list_runs,
    ),
    Route(
        method="POST",
        path="/api/retention-report/runs",
        description="Queues a report for a date, today unless told.",
        authenticated=True,
        permissions=("retention-report:runs:write",),
        handler=create_run,
    ),
    Route(
        method="GET",
        path="/api/retention-report/runs/{run_id}",
        description="Shows a run with its lines.",
        authenticated=True,
        permissions=("retention-report:runs:read",),
        handler=show_run,
    ),
    Route(
        method="GET",
        path="/api/retention-report/runs/{run_id}/export",
        description="Exports a completed run as CSV.",
        authenticated=True,
        permissions=("retention-report:runs:read",),
        handler=export_run,
    ),
)

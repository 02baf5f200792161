"""Reading notes."""

import os

from axon_core import RequestContext, Route, RouteRequest, RouteResponse
from opentelemetry import trace

from visit_log.lib.identity import SLUG, VERSION
from visit_log.lib.notes import find_notes

tracer = trace.get_tracer(SLUG, VERSION)


def list_notes(_request: RouteRequest, context: RequestContext) -> RouteResponse:
    """List the tenant's notes, newest first."""
    with tracer.start_as_current_span(f"{SLUG}.notes.list"):
        notes = find_notes(context, int(os.environ.get("VISIT_LOG_LIST_LIMIT", "100")))
        return RouteResponse(200, {"notes": [note.model_dump(mode="json") for note in notes]})


NOTE_ROUTES = (
    Route(
        method="GET",
        path=f"/api/{SLUG}/notes",
        description="Lists the tenant's notes, newest first.",
        authenticated=True,
        permissions=(f"{SLUG}:notes:read",),
        handler=list_notes,
    ),
)

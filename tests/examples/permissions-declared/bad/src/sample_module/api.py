"""Routes of the notes."""

from __future__ import annotations

from axon_core import RequestContext, Route, RouteRequest, RouteResponse

READ = "sample-module:notes:read"
PATH = "/api/sample-module/notes"


def list_notes(request: RouteRequest, context: RequestContext) -> RouteResponse:
    """List the notes of the tenant."""
    return RouteResponse(200, [])


NOTES = Route(
    method="GET",
    path=PATH,
    description="Lists notes.",
    authenticated=True,
    permissions=(READ, "sample-module:notes:list"),
    handler=list_notes,
)

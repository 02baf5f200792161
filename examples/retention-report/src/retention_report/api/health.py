"""The platform's health check."""

from axon_core import RequestContext, Route, RouteRequest, RouteResponse
from opentelemetry import trace

from retention_report.lib.identity import SLUG, VERSION

HEALTH_PATH = "/api/retention-report/health"

tracer = trace.get_tracer(SLUG, VERSION)


def check_health(_request: RouteRequest, _context: RequestContext) -> RouteResponse:
    """Answer that the module is loaded, and its version."""
    with tracer.start_as_current_span("retention-report.health.check"):
        return RouteResponse(200, {"status": "ok", "module": SLUG, "version": VERSION})


HEALTH_ROUTES = (
    Route(
        method="GET",
        path=HEALTH_PATH,
        description="Answers that the module is loaded, and its version.",
        authenticated=False,
        permissions=(),
        handler=check_health,
    ),
)

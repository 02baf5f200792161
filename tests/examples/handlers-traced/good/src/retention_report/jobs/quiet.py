"""A job that can be traced."""

from axon_core import Job, RequestContext
from opentelemetry import trace

QUEUE = "tenant:retention-report:quiet"

tracer = trace.get_tracer("retention-report")


@tracer.start_as_current_span("retention-report.quiet")
def quiet(_data: object, _context: RequestContext) -> None:
    """Do nothing, in a span."""


QUIET_JOB = Job(name="quiet", queue=QUEUE, schedule="*/15 * * * *", handler=quiet)

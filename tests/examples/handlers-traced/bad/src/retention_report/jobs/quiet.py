"""A job that cannot be traced."""

from axon_core import Job, RequestContext

QUEUE = "tenant:retention-report:quiet"


def quiet(_data: object, _context: RequestContext) -> None:
    """Do nothing that anybody sees."""


QUIET_JOB = Job(name="quiet", queue=QUEUE, schedule="*/15 * * * *", handler=quiet)

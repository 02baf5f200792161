"""A line for a request, and one that is for none."""

from axon_core import RequestContext
from axon_logger import for_context

from retention_report.lib.logger import LOGGER


def tell(context: RequestContext) -> None:
    """Say that it is done."""
    for_context(LOGGER, context).info("done", user=str(context.user_id))


def start() -> None:
    """Say that the module was started."""
    LOGGER.info("started")

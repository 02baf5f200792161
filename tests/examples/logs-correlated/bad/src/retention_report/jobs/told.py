"""A line for nobody."""

from axon_core import RequestContext

from retention_report.lib.logger import LOGGER


def tell(context: RequestContext) -> None:
    """Say that it is done."""
    LOGGER.info("done", user=str(context.user_id))

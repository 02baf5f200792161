"""The platform's logger: one JSON object per line, each with a correlation id (stand-in)."""

import logging
import sys
from collections.abc import Callable
from uuid import uuid4

import structlog
from axon_core import RequestContext
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

__all__ = ["create_logger", "for_context"]


class _Lines:
    """The end of the processor chain: hands each line on."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def msg(self, line: str) -> None:
        self._write(f"{line}\n")

    debug = info = warning = error = critical = msg


def _standard_output(line: str) -> None:
    sys.stdout.write(line)


def _with_correlation_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.setdefault("correlation_id", str(uuid4()))
    return event


def create_logger(
    module: str,
    *,
    level: int = logging.INFO,
    write: Callable[[str], None] = _standard_output,
) -> FilteringBoundLogger:
    """Make the logger of a module."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        _Lines(write),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="time"),
            structlog.processors.EventRenamer("message"),
            _with_correlation_id,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
        cache_logger_on_first_use=True,
    ).bind(module=module)
    return logger


def for_context(logger: FilteringBoundLogger, context: RequestContext) -> FilteringBoundLogger:
    """Bind the tenant, user and correlation id of a request or job."""
    bound: FilteringBoundLogger = logger.bind(
        tenant_id=str(context.tenant_id),
        user_id=None if context.user_id is None else str(context.user_id),
        correlation_id=context.correlation_id,
    )
    return bound

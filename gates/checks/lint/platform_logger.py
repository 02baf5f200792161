"""Logging goes through the platform's logger."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def platform_logger(module: Module) -> Iterator[Finding]:
    """Sources log through @axon/logger, or in Python through structlog or axon_logger.

    Reported are imports of other loggers, among them Python's own `logging`, and writing to
    standard output or error. (`console` and `print` are found by ESLint and ruff.)

    Why: the platform's logger adds the tenant and the correlation id, and hides secrets.
    Bad: `import winston from "winston"`, `logging.getLogger(__name__)`
    Good: `import { createLogger } from "@axon/logger"`, `structlog.get_logger()`
    Fix: take the platform's logger.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    ours = language.words.logger
    for what, location in language.find_foreign_loggers(module):
        yield platform_logger.finding(
            f"{what} goes past the platform's logger", location, fix=f"log through {ours}"
        )

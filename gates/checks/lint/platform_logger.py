"""Logging goes through the platform's logger."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def platform_logger(module: Module, tools: Tools) -> Iterator[Finding]:
    """Sources log through @axon/logger, or in Python through structlog or axon_logger.

    Reported are imports of other loggers, among them Python's own `logging`; `console`, `print`,
    and the standard streams, by whatever name the type checker finds them, by their numbers and
    paths (`writeSync(1)`, `/dev/stdout`); and what prints by itself: debuglog(), help(), pprint(),
    traceback.print_exc(), a warning without a category.

    Why: the platform's logger adds the tenant and the correlation id, and hides secrets.
    Bad: `import winston from "winston"`, `const speak = console.log`, `sys.stdout.buffer.write`
    Good: `import { createLogger } from "@axon/logger"`, `structlog.get_logger()`
    Fix: take the platform's logger.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    for each in language.check_code(tools).of("platform-logger"):
        yield platform_logger.finding(
            each.message, each.location, fix=f"log through {language.words.logger}"
        )

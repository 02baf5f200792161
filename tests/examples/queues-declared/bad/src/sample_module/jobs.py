"""Background work."""

from __future__ import annotations

from axon_core import Job, RequestContext

PREFIX = "tenant:sample-module"


def purge(data: object, context: RequestContext) -> None:
    """Remove old notes."""


PURGE = Job(name="purge", queue=f"{PREFIX}:purge", schedule="0 4 * * *", handler=purge)

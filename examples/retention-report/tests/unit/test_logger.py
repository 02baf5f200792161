"""The stand-in of the platform's logger, as the module uses it."""

import json

from axon_logger import create_logger, for_context

from tests.support import TENANT, context_of


def test_every_line_is_json_with_a_correlation_id() -> None:
    lines: list[str] = []
    logger = create_logger("retention-report", write=lines.append)
    for_context(logger, context_of()).info("run queued", run_id="1")
    logger.debug("not written")
    logger.warning("outside of any request")
    bound, free = (json.loads(line) for line in lines)
    assert (
        bound.items()
        >= {
            "level": "info",
            "module": "retention-report",
            "message": "run queued",
            "tenant_id": str(TENANT),
            "correlation_id": "test",
            "run_id": "1",
        }.items()
    )
    assert free["correlation_id"]

"""Shows a tenant which of its rows are older than its retention rules allow."""

from axon_core import ModuleRegistration

from retention_report.api.health import HEALTH_PATH, HEALTH_ROUTES
from retention_report.api.runs import RUN_ROUTES
from retention_report.jobs.collect import COLLECT_JOB
from retention_report.lib.identity import SLUG, VERSION

__all__ = ["register"]


def register() -> ModuleRegistration:
    """Say what the module offers. Opens nothing; the environment is read on first use."""
    return ModuleRegistration(
        slug=SLUG,
        version=VERSION,
        routes=(*RUN_ROUTES, *HEALTH_ROUTES),
        jobs=(COLLECT_JOB,),
        health=HEALTH_PATH,
    )

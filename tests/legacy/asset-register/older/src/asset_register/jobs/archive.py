"""Archiving old notes."""

from axon_core import Job, RequestContext
from opentelemetry import trace

from asset_register.lib.identity import SLUG, VERSION
from asset_register.lib.notes import archive_notes
from asset_register.lib.settings import settings_of

tracer = trace.get_tracer(SLUG, VERSION)


def archive(_data: object, context: RequestContext) -> None:
    """Archive the notes of the age that the tenant has set. Safe to repeat."""
    with tracer.start_as_current_span(f"{SLUG}.archive"):
        archived = archive_notes(context, settings_of(context).archive_after_days)
        print(f"archived {len(archived)}")


ARCHIVE_JOB = Job(
    name="archive",
    queue=f"tenant:{SLUG}:archive",
    schedule="0 3 * * *",
    handler=archive,
)

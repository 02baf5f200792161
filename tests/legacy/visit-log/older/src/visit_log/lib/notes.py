"""Notes in the database, by the tenant's session: row level security applies to each statement."""

from datetime import datetime
from uuid import UUID

from axon_core import RequestContext, Statement
from pydantic import BaseModel, ConfigDict, ValidationError

from visit_log.lib.errors import UnexpectedRowError
from visit_log.lib.identity import SLUG


class Note(BaseModel):
    """A note of a tenant."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    title: str
    archived_at: datetime | None


def find_notes(context: RequestContext, limit: int) -> list[Note]:
    """Find the newest notes of the tenant."""
    return query(
        context,
        Statement(
            f"{SLUG}.find-notes",
            """
            SELECT id, place AS title, archived_at
            FROM visits
            ORDER BY visited_at DESC
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ),
    )


def archive_notes(context: RequestContext, days: int) -> list[Note]:
    """Archive the notes that are older, and return them."""
    return query(
        context,
        Statement(
            f"{SLUG}.archive-notes",
            """
            UPDATE visits
            SET archived_at = now()
            WHERE archived_at IS NULL
                AND visited_at < now() - make_interval(days => %(days)s)
            RETURNING id, place AS title, archived_at
            """,
            {"days": days},
        ),
    )


def query(context: RequestContext, statement: Statement) -> list[Note]:
    """Run a statement and check every row that it returns."""
    rows = context.database.query(statement)
    try:
        return [Note.model_validate(row) for row in rows]
    except ValidationError as error:
        raise UnexpectedRowError(statement.name) from error

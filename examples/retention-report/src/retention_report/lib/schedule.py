"""When a report is due without being asked for."""

from datetime import date, timedelta

from retention_report.lib.settings import Frequency

INTERVALS = {"weekly": timedelta(days=7), "monthly": timedelta(days=30)}


def is_due(frequency: Frequency, latest: date | None, today: date) -> bool:
    """Say whether the schedule asks for a report today."""
    if frequency == "on_request":
        return False
    return latest is None or today - latest >= INTERVALS[frequency]

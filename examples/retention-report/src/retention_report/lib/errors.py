"""The module's errors; each reason becomes the code `retention-report.<reason>`."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from axon_core import AxonError


class RetentionReportError(AxonError):
    """The root of this module's errors."""

    def __init__(self, reason: str, message: str, *, status: int) -> None:
        """Prefix the reason with the module's slug."""
        super().__init__(message, code=f"retention-report.{reason}", status=status)


class InvalidEnvironmentError(RetentionReportError):
    """Variables are missing or have a value that is not allowed."""

    def __init__(self, variables: Sequence[str]) -> None:
        """Name the variables, never their values."""
        super().__init__(
            "invalid_environment", f"missing or invalid: {', '.join(variables)}", status=503
        )


class InvalidRequestError(RetentionReportError):
    """A part of a request does not have the expected form."""

    def __init__(self, problems: str) -> None:
        """Name every problem."""
        super().__init__("invalid_request", problems, status=400)


class InvalidSettingsError(RetentionReportError):
    """The tenant's settings do not have the form of module_schema.json."""

    def __init__(self, problems: str) -> None:
        """Name every problem."""
        super().__init__("invalid_settings", problems, status=500)


class UnexpectedRowError(RetentionReportError):
    """The database returned a row that the module does not understand."""

    def __init__(self, statement: str) -> None:
        """Name the statement."""
        super().__init__(
            "unexpected_row", f"statement {statement} returned an unexpected row", status=500
        )


class RunNotFoundError(RetentionReportError):
    """The tenant has no run of that id."""

    def __init__(self, run_id: UUID) -> None:
        """Name the run."""
        super().__init__("run_not_found", f"there is no run {run_id}", status=404)


class RunAlreadyQueuedError(RetentionReportError):
    """A run for the same date waits already."""

    def __init__(self, reference_date: date) -> None:
        """Name the date."""
        super().__init__(
            "run_already_queued", f"a run for {reference_date} is queued already", status=409
        )


class RunNotCompletedError(RetentionReportError):
    """The run has no figures yet."""

    def __init__(self, run_id: UUID) -> None:
        """Name the run."""
        super().__init__("run_not_completed", f"run {run_id} is not completed", status=409)

"""The tenant's settings: the same contract as module_schema.json, defaults filled in."""

from typing import Literal

from axon_core import RequestContext
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from retention_report.lib.errors import InvalidSettingsError
from retention_report.lib.request import describe

Frequency = Literal["on_request", "weekly", "monthly"]


class Override(BaseModel):
    """A retention of its own for one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str = Field(pattern=r"^tenant_[a-z0-9_]{1,56}$")
    retention_days: int = Field(ge=1, le=3650)


class Export(BaseModel):
    """How reports are exported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    include_empty_tables: bool = True
    signing_secret: SecretStr | None = Field(default=None, min_length=16, max_length=256)


class Settings(BaseModel):
    """What a tenant can set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default_retention_days: int = Field(default=365, ge=1, le=3650)
    frequency: Frequency = "on_request"
    overrides: tuple[Override, ...] = Field(default=(), max_length=200)
    export: Export = Export()

    def retention_days(self, table: str) -> int:
        """Say how long the tenant keeps the rows of a table."""
        for override in self.overrides:
            if override.table == table:
                return override.retention_days
        return self.default_retention_days


def settings_of(context: RequestContext) -> Settings:
    """Check the settings of the tenant of a request or job."""
    try:
        return Settings.model_validate(context.settings)
    except ValidationError as error:
        raise InvalidSettingsError(describe(error)) from error

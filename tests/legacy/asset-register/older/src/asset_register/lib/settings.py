"""The tenant's settings: the same contract as module_schema.json, defaults filled in."""

from axon_core import RequestContext
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from asset_register.lib.errors import InvalidSettingsError


class Settings(BaseModel):
    """What a tenant can set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive_after_days: int = Field(default=90, ge=1, le=3650)
    remind: bool = True
    digest: str = "weekly"


def settings_of(context: RequestContext) -> Settings:
    """Check the settings of the tenant of a request or job."""
    try:
        return Settings.model_validate(context.settings)
    except ValidationError as error:
        names = [".".join(str(part) for part in problem["loc"]) for problem in error.errors()]
        raise InvalidSettingsError(names) from None

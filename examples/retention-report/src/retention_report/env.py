"""The module's environment; the only place that reads it."""

from functools import cache

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from retention_report.lib.errors import InvalidEnvironmentError


class Environment(BaseSettings):
    """Variables with the prefix `RETENTION_REPORT_`."""

    model_config = SettingsConfigDict(env_prefix="RETENTION_REPORT_", frozen=True)

    list_limit: int = Field(default=100, ge=1, le=1000)
    max_tables: int = Field(default=500, ge=1, le=5000)


@cache
def env() -> Environment:
    """Read and check the environment, once, on first use."""
    try:
        return Environment()
    except ValidationError as error:
        prefix = Environment.model_config["env_prefix"]
        names = [f"{prefix}{problem['loc'][0]}".upper() for problem in error.errors()]
        # Names only, and no chained cause: a value may be a secret.
        raise InvalidEnvironmentError(names) from None

"""The environment of the module, validated once."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """What the module reads from the environment."""

    model_config = SettingsConfigDict(env_prefix="SAMPLE_MODULE_", frozen=True)

    max_title_length: int = Field(default=200, ge=10, le=1000)
    """Longest title that any tenant can have, in characters."""

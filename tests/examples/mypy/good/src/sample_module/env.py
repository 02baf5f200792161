"""The environment of the module, validated once."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """What the module reads from the environment."""

    model_config = SettingsConfigDict(env_prefix="SAMPLE_MODULE_", frozen=True)

    store_url: str
    max_title_length: int = 200


def environment() -> Environment:
    """Read the environment; every value comes from there, not from arguments."""
    return Environment()

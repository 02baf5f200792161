"""The tenant's settings."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from retention_report.lib.errors import InvalidSettingsError
from retention_report.lib.settings import settings_of
from tests.support import context_of

TOO_SHORT = "15 characters ."
SCHEMA = json.loads((Path(__file__).parents[2] / "module_schema.json").read_text())


def defaults_of(schema: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Collect the defaults of an object's properties, at every depth."""
    defaults: dict[str, object] = {}
    for name, prop in schema["properties"].items():
        assert isinstance(prop, dict)
        if "properties" in prop:
            defaults[name] = defaults_of(prop)
        elif "default" in prop:
            defaults[name] = prop["default"]
    return defaults


def test_the_defaults_are_those_of_the_schema() -> None:
    settings = settings_of(context_of()).model_dump(mode="json", exclude_none=True)
    assert settings == defaults_of(SCHEMA)


def test_a_table_may_have_a_retention_of_its_own() -> None:
    overrides = [{"table": "tenant_crm_notes", "retention_days": 30}]
    settings = settings_of(context_of(settings={"overrides": overrides}))
    assert settings.retention_days("tenant_crm_notes") == 30
    assert settings.retention_days("tenant_crm_contacts") == 365


@pytest.mark.parametrize(
    "settings",
    [
        {"frequency": "hourly"},
        {"overrides": [{"table": "core_modules", "retention_days": 30}]},
        {"export": {"signing_secret": TOO_SHORT}},
    ],
)
def test_what_the_schema_would_refuse_is_refused_here_too(settings: dict[str, object]) -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        settings_of(context_of(settings=settings))
    assert TOO_SHORT not in str(raised.value)

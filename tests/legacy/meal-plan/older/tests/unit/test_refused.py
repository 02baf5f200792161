"""What comes from outside in another form is refused."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from axon_core import RequestContext

from meal_plan.env import env
from meal_plan.lib import errors
from meal_plan.lib.notes import find_notes
from meal_plan.lib.settings import settings_of


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    env.cache_clear()
    yield
    env.cache_clear()


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env().list_limit == 100
    env.cache_clear()
    monkeypatch.setenv("MEAL_PLAN_LIST_LIMIT", "hidden")
    with pytest.raises(errors.InvalidEnvironmentError, match="list_limit") as raised:
        env()
    assert "hidden" not in str(raised.value)


def test_settings(context: RequestContext) -> None:
    assert settings_of(context).archive_after_days == 90
    with pytest.raises(errors.InvalidSettingsError, match="archive_after_days"):
        settings_of(replace(context, settings={"archive_after_days": 0}))


def test_a_row(context: RequestContext, database: Any) -> None:
    database.rows = [{"id": "none"}]
    with pytest.raises(ValueError):
        find_notes(context, 1)

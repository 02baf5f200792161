"""The environment."""

from collections.abc import Iterator

import pytest

from retention_report.env import Environment, env
from retention_report.lib.errors import InvalidEnvironmentError


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    env.cache_clear()
    yield
    env.cache_clear()


def test_defaults_fill_what_is_not_set() -> None:
    assert env() == Environment(list_limit=100, max_tables=500)


def test_the_message_names_every_wrong_variable_and_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETENTION_REPORT_LIST_LIMIT", "hidden")
    monkeypatch.setenv("RETENTION_REPORT_MAX_TABLES", "0")
    with pytest.raises(InvalidEnvironmentError) as raised:
        env()
    assert str(raised.value) == (
        "missing or invalid: RETENTION_REPORT_LIST_LIMIT, RETENTION_REPORT_MAX_TABLES"
    )

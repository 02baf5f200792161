"""The environment is validated."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sample_module.env import Environment


def test_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMPLE_MODULE_MAX_TITLE_LENGTH", raising=False)
    assert Environment().max_title_length == 200


def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_MODULE_MAX_TITLE_LENGTH", "short")
    with pytest.raises(ValidationError):
        Environment()

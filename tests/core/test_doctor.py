"""`gates doctor` tries the advisories that the policy names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.doctor import _advisories
from gates.errors import ConfigurationError, CouldNotCheckError
from gates.settings import POLICY_FILE, Settings
from tests.conftest import ROOT

SAMPLE = (ROOT / "examples" / "advisories.json").read_text("utf-8")


def with_snapshot(folder: Path, text: str | None, *, days: int = 30) -> Path:
    """A module's folder below a policy that names a snapshot, which is there or not."""
    lines = ["[advisories]", 'snapshot = "advisories.json"', f"max_age_days = {days}"]
    (folder / POLICY_FILE).write_text("\n".join(lines), "utf-8")
    if text is not None:
        (folder / "advisories.json").write_text(text, "utf-8")
    (folder / "module").mkdir()
    return folder / "module"


def test_a_snapshot_that_counts_is_named_with_its_day(folder: Path, settings: Settings) -> None:
    today = datetime.now(UTC) - timedelta(hours=1)
    text = SAMPLE.replace("2026-11-24T00:00:00Z", today.isoformat(), 1)
    said = _advisories(with_snapshot(folder, text), settings)
    assert f"14 of {today:%Y-%m-%d}, for PyPI, npm" in said


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (None, ConfigurationError, "advisories.json"),
        ("{", CouldNotCheckError, "snapshot"),
        (SAMPLE.replace("2026-11-24", "2020-01-01", 1), CouldNotCheckError, "days old"),
        (SAMPLE.replace('"5.3.1"', '"99.0"', 1), CouldNotCheckError, "canary"),
    ],
    ids=["absent", "no JSON", "old", "without what it must find"],
)
def test_one_that_does_not_count_is_said(
    folder: Path, settings: Settings, text: str | None, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        _advisories(with_snapshot(folder, text), settings)


def test_without_a_snapshot_nothing_is_asked_offline(folder: Path, settings: Settings) -> None:
    assert "no module here" in _advisories(folder, settings)
    with pytest.raises(CouldNotCheckError, match="offline"):
        _advisories(folder, replace(settings, offline=True))

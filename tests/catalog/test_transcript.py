"""The transcript in the docs is what the commands say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.catalog.transcript import transcript
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "catalog-transcript.md"


def test_the_transcript(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = transcript(folder, database, monkeypatch)
    if os.environ.get("TRANSCRIPT") == "write":
        PAGE.write_text(made, "utf-8")
    assert made == PAGE.read_text("utf-8")

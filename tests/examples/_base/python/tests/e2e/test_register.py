"""The module registers as its manifest says."""

from __future__ import annotations

import json
from pathlib import Path

from sample_module import register


def test_register_agrees_with_the_manifest() -> None:
    manifest = json.loads(Path("module.json").read_text(encoding="utf-8"))
    registration = register()
    assert registration["slug"] == manifest["slug"]
    assert registration["version"] == manifest["version"]

"""Writes a file into the wheel while it is built."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Stamp(BuildHookInterface):  # type: ignore[type-arg]
    """Stamps the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the stamp."""
        text = os.environ["SOURCE_DATE_EPOCH"]
        path = Path(self.directory).parent / "stamp.txt"
        path.write_text(text, encoding="utf-8")
        build_data["force_include"][str(path)] = "sample_module/stamp.txt"

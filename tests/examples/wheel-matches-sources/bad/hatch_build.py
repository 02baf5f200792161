"""Adds a file to the wheel and changes another while it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Generate(BuildHookInterface):  # type: ignore[type-arg]
    """Generates code."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the code."""
        package = Path(self.root, "src", "sample_module")
        (package / "backdoor.py").write_text("OPEN = True\n", encoding="utf-8")
        titles = package / "lib" / "titles.py"
        text = titles.read_text(encoding="utf-8")
        titles.write_text(text.replace("…", "!"), encoding="utf-8")

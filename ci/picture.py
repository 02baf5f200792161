"""Draws docs/terminal.svg from a run's coloured output on standard input.

script -qec "gates run examples/alert-engine" /dev/null | python ci/picture.py
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).resolve().parent.parent / "docs" / "terminal.svg"


def main() -> None:
    lines = [line for line in sys.stdin.read().splitlines() if "\x1b[2K" not in line]
    text = Text.from_ansi("\n".join(lines))
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(text)
    TARGET.write_text(console.export_svg(title="gates run", unique_id="gates"), "utf-8")


main()

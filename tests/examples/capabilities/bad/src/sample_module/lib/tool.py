"""Loads a tool from a file of data."""

import importlib
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path


def tool(name: str) -> object:
    """Load it."""
    sys.path.insert(0, str(Path(__file__).parent))
    exec(Path("words.txt").read_text())
    return importlib.import_module(name), SourceFileLoader("words", "words.txt")

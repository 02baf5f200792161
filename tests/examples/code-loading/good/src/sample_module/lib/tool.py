"""Loads a tool late."""

import importlib
import re
import sys


def tool() -> object:
    """Load it."""
    compiled = re.compile("a")
    return importlib.import_module("sample_module.lib.titles"), compiled, sys.argv

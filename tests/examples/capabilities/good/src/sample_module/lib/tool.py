"""Says where it runs."""

import os.path
import re
import sys


def tool() -> tuple[str, object, list[str]]:
    """Say it."""
    compiled = re.compile("a")
    return os.path.join("a", sys.platform), compiled, sys.argv

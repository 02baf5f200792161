"""Other people's tools, each in a virtual environment of its own in the cache."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from gates.settings import Settings


def installed(*requirements: str) -> Path:
    """The folder of programs of an environment with these pinned packages; made on first use,
    which needs the package index.

    Raises `subprocess.CalledProcessError` where they cannot be installed.
    """
    name = re.sub(r"[^\w.=-]", "_", "+".join(requirements))
    folder = Settings.from_environment().cache / "benchmarks" / name
    done = folder / "complete"
    if not done.is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [folder / "bin" / "python", "-m", "pip", "install", "-q", *requirements], check=True
        )
        done.touch()
    return folder / "bin"

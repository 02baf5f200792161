"""The files of a Python module that may read the environment."""

from __future__ import annotations

from gates.module import Module


def find_environment_files(module: Module) -> list[str]:
    """The files env.py of the module's package."""
    return [path for path in module.files if path.startswith("src/") and path.endswith("/env.py")]

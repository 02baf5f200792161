"""Names of a package that are imported from its files when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping


def load(package: str, files: Mapping[str, str], name: str) -> object:
    """The name of a package, from the file that `files` gives for it.

    Raises `AttributeError` for another name, as a package does.
    """
    if name not in files:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{package}.{files[name]}"), name)

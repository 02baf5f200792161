"""The layout of ruff format."""

from __future__ import annotations

from gates.fixer import Changes, fixer
from gates.toolchains import Tools


@fixer(proved_by=("ruff", "suppressions", "unchecked-code"))
def ruff_format(tools: Tools) -> Changes:
    """Python files as ruff format lays them out, in the width that the module has chosen."""
    from gates.toolchains.languages.python import ruff as tool

    return tool.fix_format(tools)

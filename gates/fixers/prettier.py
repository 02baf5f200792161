"""The layout of Prettier."""

from __future__ import annotations

from gates.fixer import Changes, fixer
from gates.module import Module
from gates.toolchains import Tools


@fixer(proved_by=("suppressions",))
def prettier(module: Module, tools: Tools) -> Changes:
    """TypeScript files as Prettier lays them out without any configuration."""
    from gates.toolchains.languages.typescript import prettier as tool
    from gates.toolchains.languages.typescript.platform_tools import sources

    return tool.fix(tools, sources(module, tests=True))

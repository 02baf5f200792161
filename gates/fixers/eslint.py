"""The fixes of ESLint."""

from __future__ import annotations

from gates.fixer import Changes, fixer
from gates.module import Module
from gates.toolchains import Tools


@fixer(followed_by=("prettier",), proved_by=("prettier", "tsc", "suppressions"))
def eslint(module: Module, tools: Tools) -> Changes:
    """TypeScript files after the fixes of the platform's rules; suggestions are not applied."""
    from gates.toolchains.languages.typescript import eslint as tool
    from gates.toolchains.languages.typescript.platform_tools import sources

    return tool.fix(tools, "eslint.config.mjs", sources(module, tests=True))

"""The safe fixes of oxlint."""

from __future__ import annotations

from gates.fixer import Changes, fixer
from gates.module import Module
from gates.toolchains import Tools


@fixer(followed_by=("prettier",), proved_by=("prettier", "tsc", "suppressions"))
def oxlint(module: Module, tools: Tools) -> Changes:
    """TypeScript files after the fixes that oxlint calls safe, under the platform's rules."""
    from gates.checks.lint.oxlint import CONFIG
    from gates.toolchains.languages.typescript import oxlint_fixes
    from gates.toolchains.languages.typescript.platform_tools import sources

    changed, _ = oxlint_fixes.fix(tools, CONFIG, sources(module, tests=True))
    return changed

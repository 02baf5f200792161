"""Prettier, in its default style."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT, language="typescript")
def prettier(module: Module, tools: Tools) -> Iterator[Finding]:
    """Sources and tests are laid out as Prettier lays them out without any configuration.

    The module's own .prettierrc, .prettierignore and .editorconfig are not read.

    Why: no review is ever about layout, and a diff shows only what changed.
    Bad: `const x = {a:1}`
    Good: `const x = { a: 1 };`
    Fix: run `prettier --write src tests`.
    """
    from gates.toolchains.languages.typescript import prettier as tool
    from gates.toolchains.languages.typescript.platform_tools import sources

    for problem in tool.run(tools, sources(module, tests=True)):
        yield prettier.finding(
            problem.message,
            problem.location,
            fix="run prettier --write src tests",
            detail=problem.detail,
            repaired=True,
        )

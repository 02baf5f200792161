"""eslint-plugin-security."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.SCAN, language="typescript")
def eslint_security(module: Module, tools: Tools) -> Iterator[Finding]:
    """TypeScript sources pass eslint-plugin-security.

    oxlint runs it: all of its rules but two that mostly raise false alarms (object injection,
    timing attacks), and no `eval` in any form. Comments that switch rules off have no effect.

    Why: commands, paths and expressions that are put together from input run what it says.
    Bad: `exec("tar xf " + name)`
    Good: `execFile("tar", ["xf", name])`
    Fix: use a literal, or the function that takes its arguments apart.
    """
    from gates.toolchains.languages.typescript import oxlint as tool
    from gates.toolchains.languages.typescript.platform_tools import sources

    for problem in tool.run(tools, "oxlint.security.json", sources(module), typed=False):
        yield eslint_security.finding(
            problem.message,
            problem.location,
            fix="use a literal, or a function that takes its arguments apart",
            rule=problem.rule,
        )

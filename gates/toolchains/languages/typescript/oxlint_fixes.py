"""The fixes of oxlint that change nothing of what code does, of the platform's rules without types.

oxlint says of no finding whether it repairs it. It prints what is left after it has repaired a
copy, and what is missing there is what it repairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from gates.records import replace
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.oxlint import (
    CONFIG_FILE,
    SYNTAX,
    parse,
    write_config,
)
from gates.toolchains.problem import Problem
from gates.toolchains.tools import Tools

SWITCH = b"oxlint-"
"""What comments begin with that switch oxlint off; files with one are left to people."""


def fix(tools: Tools, config: str, files: Sequence[str]) -> tuple[dict[str, bytes], list[Problem]]:
    """Files that oxlint repairs, as they are then, and what it still finds in all of them.

    Raises `ToolFailedError` where oxlint or its configuration failed.
    """
    tools.take("code")
    module = tools.session.module
    mine = [each for each in files if SWITCH not in module.data(each)]
    if not mine:
        return {}, []
    program, copy = platform_tools.platform_tool(tools, "oxlint"), tools.module_copy
    rules = write_config(tools, config)
    ran = tools.run(
        program,
        [
            f"--config={copy / CONFIG_FILE}", "--disable-nested-config", "--no-ignore", "--fix",
            "--format=json", "--", *mine,
        ],
        ok=(0, 1),
        subjects=len(mine),
    )  # fmt: skip
    _, left = parse(ran.stdout, copy, rules)
    return tools.changed(mine), left


def with_repaired(tools: Tools, config: str, problems: Sequence[Problem]) -> Iterator[Problem]:
    """The problems, each with whether oxlint repairs it; asks oxlint where there is any."""
    files = sorted({each.location.path for each in problems if each.rule != SYNTAX})
    own = Tools(tools.session)
    changed, left = fix(own, config, files) if files else ({}, [])
    tools.records += own.records
    gone = Counter(map(_key, problems)) - Counter(map(_key, left))
    for each in problems:
        # What needs types is found neither before nor after by the run that repairs.
        repaired = each.location.path in changed and each.rule in REPAIRED and gone[_key(each)] > 0
        gone[_key(each)] -= 1
        yield replace(each, repaired=repaired)


REPAIRED = frozenset({
    "@typescript-eslint/consistent-type-imports", "@typescript-eslint/no-extra-non-null-assertion",
    "@typescript-eslint/no-unnecessary-type-constraint", "@typescript-eslint/prefer-as-const",
    "@typescript-eslint/prefer-namespace-keyword", "@typescript-eslint/triple-slash-reference",
    "no-array-constructor", "no-var", "prefer-const", "no-unused-expressions", "prefer-spread",
})  # fmt: skip
"""Rules that oxlint holds against syntax alone, and repairs here or there."""


def _key(problem: Problem) -> tuple[str, str | None, str]:
    return problem.location.path, problem.rule, problem.message

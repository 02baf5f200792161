"""Comments in a module's sources that switch a tool off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.module import Module
from gates.toolchains.languages.typescript.sources.trees import typescript_trees
from gates.toolchains.problem import Problem
from gates.toolchains.sources.comments import match_rules

_RULES = (
    (re.compile(r"@ts-nocheck"), "this switches the compiler off for the file", "remove it"),
    (
        re.compile(r"@ts-ignore"),
        "this hides every error of the next line, for ever",
        "use @ts-expect-error with a reason",
    ),
    (
        re.compile(r"@ts-expect-error(?![ \t:—-]*\w+\W+\w+)"),
        "this expects an error and does not say why",
        "write the reason behind @ts-expect-error",
    ),
    (
        re.compile(r"\b(?:v8|c8|istanbul|node:coverage)\s+(?:ignore|disable)\b"),
        "this takes lines out of the coverage",
        "remove it, and test the lines",
    ),
)


def find_suppressions(module: Module) -> Iterator[Problem]:
    """Each such comment of the module's sources and tests."""
    for path, root in typescript_trees(module, tests=True).items():
        for node in root.find_all(kind="comment"):
            start = node.range().start
            yield from match_rules(_RULES, path, start.line + 1, start.column, node.text())

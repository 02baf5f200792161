"""Comments in a module's sources that switch a tool off."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from gates.module import Module
from gates.toolchains.languages.python.environment import sources
from gates.toolchains.problem import Problem
from gates.toolchains.sources.comments import match_rules

_RULES = (
    (
        re.compile(r"#\s*type:\s*ignore(?!\[[a-z0-9, -]+\])"),
        "this ignores every type error of the line",
        "write # type: ignore[code], with the code that mypy shows",
    ),
    (
        re.compile(
            r"#\s*type:\s*ignore\[[^\]]*\b(?:no-any-\w+|no-untyped-(?!call\b)\w+|explicit-any)\b"
        ),
        "this lets a missing type through",
        "give it a type",
    ),
    (
        re.compile(r"#\s*type:\s*ignore\[[^\]]*\bno-untyped-call\b[^\]]*\](?!\s*#\s*\S*\w)"),
        "this calls what has no types, and does not say why",
        "add the reason: # type: ignore[no-untyped-call]  # which library has no types",
    ),
    (re.compile(r"#\s*mypy:"), "this changes how mypy checks the whole file", "remove it"),
)


def find_suppressions(module: Module) -> Iterator[Problem]:
    """Each such comment of the module's sources."""
    for path in sources(module):
        for row, column, text in read_comments(module.data(path)):
            yield from match_rules(_RULES, path, row, column, text)


def read_comments(source: bytes) -> Iterator[tuple[int, int, str]]:
    """The comments of a Python file: line from 1, column from 0, text; until it stops parsing."""
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return

"""Comments in a module's sources that switch a tool off."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.python import sources
from gates.toolchains.sources.trees import typescript_trees

_PYTHON = (
    (
        re.compile(r"#\s*type:\s*ignore(?!\[[a-z0-9, -]+\])"),
        "this ignores every type error of the line",
        "write # type: ignore[code], with the code that mypy shows",
    ),
    (
        re.compile(r"#\s*type:\s*ignore\[[^\]]*\b(?:no-any-\w+|no-untyped-\w+|explicit-any)\b"),
        "this lets a missing type through",
        "give it a type",
    ),
    (re.compile(r"#\s*mypy:"), "this changes how mypy checks the whole file", "remove it"),
)
_TYPESCRIPT = (
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


def find(module: Module) -> Iterator[tuple[str, Location, str]]:
    """Each such comment: what it does, where, and what to do instead."""
    if module.language == "python":
        for path in sources(module):
            for row, column, text in python_comments(module.data(path)):
                yield from _match(_PYTHON, path, row, column, text)
        return
    for path, root in typescript_trees(module, tests=True).items():
        for node in root.find_all(kind="comment"):
            start = node.range().start
            for offset, line in enumerate(node.text().splitlines()):
                column = start.column if offset == 0 else 0
                yield from _match(_TYPESCRIPT, path, start.line + 1 + offset, column, line)


def _match(
    rules: tuple[tuple[re.Pattern[str], str, str], ...], path: str, row: int, column: int, text: str
) -> Iterator[tuple[str, Location, str]]:
    for pattern, message, fix in rules:
        if found := pattern.search(text):
            begin, end = column + found.start() + 1, column + found.end() + 1
            yield f"{message}: {text.strip()[:80]}", Location(path, row, begin, end), fix


def python_comments(source: bytes) -> Iterator[tuple[int, int, str]]:
    """The comments of a Python file: line from 1, column from 0, text; until it stops parsing."""
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return

"""What was measured of a TypeScript module, held against the functions of its sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ToolFailedError
from gates.model import FileCoverage, Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import FUNCTIONS
from gates.toolchains.languages.typescript.sources.trees import typescript_trees
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tests import Lines

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_CODE = {"lexical_declaration", "variable_declaration", "expression_statement", "class_declaration"}
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


Measured = tuple[tuple[FileCoverage, ...], dict[str, Lines]]
"""The figures of each file, and its lines."""


def parse_istanbul(report: bytes, copy: Path) -> Measured:
    """A coverage report in istanbul's own form (coverage-final.json), as vitest and jest write it.

    A line counts once, and ran where a statement that begins on it did. Raises `ToolFailedError`
    for what is no such report.
    """
    files, lines = [], {}
    try:
        for name, each in json.loads(report).items():
            hits: dict[int, int] = {}
            for key, place in each["statementMap"].items():
                line = int(place["start"]["line"])
                hits[line] = max(hits.get(line, 0), int(each["s"][key]))
            taken = [int(count) > 0 for counts in each["b"].values() for count in counts]
            path = relative(name, copy)
            ran = frozenset(line for line, count in hits.items() if count)
            lines[path] = Lines(ran, frozenset(hits) - ran)
            functions = len(each["fnMap"])
            files.append(FileCoverage(path, len(hits), len(ran), functions, len(taken), sum(taken)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"the report of the coverage is not readable: {error}") from error
    return tuple(sorted(files, key=lambda each: each.path)), lines


def find_unmeasured(module: Module, files: Iterable[FileCoverage]) -> Iterator[Problem]:
    """Each source file of which fewer functions were measured than it has."""
    measured = {file.path: file.functions for file in files}
    for path, root in typescript_trees(module).items():
        if path.endswith(_DECLARATIONS):
            continue
        functions = count_functions(root)
        if path not in measured:
            if functions or any(root.find(kind=kind) is not None for kind in _CODE):
                yield Problem("coverage measured nothing of this file", Location(path, 1))
        elif measured[path] < functions:
            yield Problem(
                f"coverage counts {measured[path]} functions of this file, which has {functions}",
                Location(path, 1),
                fix="do not hide functions from coverage",
            )


def count_functions(root: SgNode) -> int:
    """The functions, methods and accessors with a body, at any depth."""
    found = (node for kind in FUNCTIONS for node in root.find_all(kind=kind))
    return sum(all(each.kind() != "ambient_declaration" for each in n.ancestors()) for n in found)

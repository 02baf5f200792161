"""What was measured of a TypeScript module, held against the statements of its sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ToolFailedError
from gates.model import FileCoverage, Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import FUNCTIONS
from gates.toolchains.languages.typescript.sources.trees import typescript_trees
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tests import Lines, TestRun

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_DECLARING = {"lexical_declaration", "variable_declaration"}
_STATEMENTS = {
    "lexical_declaration": "", "variable_declaration": "", "expression_statement": "",
    "return_statement": "", "throw_statement": "", "do_statement": "body",
    "for_in_statement": "body", "for_statement": "body", "while_statement": "body",
    "if_statement": "consequence", "switch_statement": "body",
}  # fmt: skip
"""The kinds of statements, and of each that holds others the part with them."""
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


def find_unmeasured(module: Module, measured: TestRun) -> Iterator[Problem]:
    """Each source file of which functions or statements were not measured."""
    counted = {file.path: file.functions for file in measured.files}
    for path, root in typescript_trees(module).items():
        if path.endswith(_DECLARATIONS):
            continue
        functions = count_functions(root)
        if path not in counted:
            if functions or any(root.find(kind=kind) is not None for kind in _CODE):
                yield Problem("coverage measured nothing of this file", Location(path, 1))
            continue
        if counted[path] < functions:
            yield Problem(
                f"coverage counts {counted[path]} functions of this file, which has {functions}",
                Location(path, 1),
                fix="do not hide functions from coverage",
            )
        known = measured.lines[path].ran | measured.lines[path].missed
        missing = [span for span in _statements(root) if known.isdisjoint(span)]
        if missing:
            more = f", nor {len(missing) - 1} more of this file" if len(missing) > 1 else ""
            yield Problem(
                f"coverage does not count this statement{more}",
                Location(path, missing[0].start),
                fix="do not hide statements from coverage",
            )


def _statements(root: SgNode) -> list[range]:
    """The lines of each statement that does something when it runs, of a compound one its header,
    in order."""
    found = []
    for kind, inner in _STATEMENTS.items():
        for node in root.find_all(kind=kind):
            if any(each.kind() == "ambient_declaration" for each in node.ancestors()):
                continue
            if kind in _DECLARING and not any(
                each.field("value") for each in node.find_all(kind="variable_declarator")
            ):
                continue
            body = node.field(inner) if inner else None
            before = body.prev() if body is not None else None
            last = (before or node).range().end.line
            found.append(range(node.range().start.line + 1, last + 2))
    return sorted(found, key=lambda each: (each.start, each.stop))


def count_functions(root: SgNode) -> int:
    """The functions, methods and accessors with a body, at any depth."""
    found = (node for kind in FUNCTIONS for node in root.find_all(kind=kind))
    return sum(all(each.kind() != "ambient_declaration" for each in n.ancestors()) for n in found)

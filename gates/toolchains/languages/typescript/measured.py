"""What was measured of a TypeScript module, held against the statements of its sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.errors import ToolFailedError
from gates.model import FileCoverage, Location
from gates.module import Module
from gates.records import replace
from gates.toolchains.languages.typescript.branches import Branched, count_arms, find_missing
from gates.toolchains.languages.typescript.line_ends import plain_trees
from gates.toolchains.languages.typescript.sources.nodes import FUNCTIONS
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
_NOTHING = {"comment", "empty_statement", "hash_bang_line"}
_CODE = {"lexical_declaration", "variable_declaration", "expression_statement", "class_declaration"}
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


Measured = tuple[tuple[FileCoverage, ...], dict[str, Lines]]
"""The figures of each file, and its lines."""


def parse_istanbul(report: bytes, copy: Path) -> Measured:
    """A coverage report in istanbul's own form (coverage-final.json), as vitest and jest write it.

    A line counts once, and ran where a statement that begins on it did. Raises `ToolFailedError`
    for what is no such report.
    """
    files: list[FileCoverage] = []
    lines: dict[str, Lines] = {}
    try:
        document = json.loads(report)
        branches = (one for each in document.values() for one in each["branchMap"].values())
        blocks = any(each["type"] == "branch" for each in branches)
        for name, each in document.items():
            hits: dict[int, int] = {}
            never = set()
            for key, place in each["statementMap"].items():
                line = int(place["start"]["line"])
                hits[line] = max(hits.get(line, 0), int(each["s"][key]))
                if not int(each["s"][key]):
                    never.add(line)
            taken = [int(count) > 0 for counts in each["b"].values() for count in counts]
            path = relative(name, copy)
            ran = frozenset(line for line, count in hits.items() if count)
            lines[path] = Branched(
                ran,
                frozenset(hits) - ran,
                tuple(_branches(each)),
                blocks,
                tuple(_untaken(each)),
                ran.intersection(never.union(_untaken(each))),
            )
            functions = len(each["fnMap"])
            files.append(FileCoverage(path, len(hits), len(ran), functions, len(taken), sum(taken)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"the report of the coverage is not readable: {error}") from error
    return tuple(sorted(files, key=lambda each: each.path)), lines


def _branches(entry: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    for each in entry["branchMap"].values():
        yield str(each["type"]), int(each["loc"]["start"]["line"]), len(each["locations"])


def _untaken(entry: dict[str, Any]) -> Iterator[int]:
    for key, counts in entry["b"].items():
        if not any(int(count) for count in counts):
            yield int(entry["branchMap"][key]["loc"]["start"]["line"])


def count_branches(module: Module, run: TestRun) -> TestRun:
    """A run with the branches of the syntax trees, where only V8's blocks were measured; and where
    several statements share a line, it ran only if all of them did."""
    trees = plain_trees(module)
    files, found = [], dict(run.lines)
    for file in run.files:
        lines, root = run.lines[file.path], trees.get(file.path)
        counted = file
        if root is not None and isinstance(lines, Branched):
            if lines.blocks:
                counted = count_arms(root, file, lines)
            if partly := lines.partly and lines.partly & _crowded(root):
                ran, missed = lines.ran - partly, lines.missed | partly
                found[file.path] = replace(lines, ran=ran, missed=missed)
                counted = replace(counted, covered=len(ran))
        files.append(counted)
    return replace(run, files=tuple(files), lines=found)


def find_unmeasured(module: Module, measured: TestRun) -> Iterator[Problem]:
    """Each source file of which functions, statements or branches were not measured."""
    counted = {file.path: file.functions for file in measured.files}
    for path, root in plain_trees(module).items():
        if path.endswith(_DECLARATIONS):
            continue
        functions = count_functions(root)
        if path not in counted:
            if functions or any(root.find(kind=kind) is not None for kind in _CODE):
                yield Problem("coverage measured nothing of this file", Location(path, 1))
            continue
        lines = measured.lines[path]
        blocks = isinstance(lines, Branched) and lines.blocks
        # V8 gives functions without a name none, as jest reads it.
        if counted[path] < functions and not blocks:
            yield Problem(
                f"coverage counts {counted[path]} functions of this file, which has {functions}",
                Location(path, 1),
                fix="do not hide functions from coverage",
            )
        known = lines.ran | lines.missed
        hidden = [span.start for span in _statements(root) if known.isdisjoint(span)]
        yield from _uncounted("statement", path, hidden)
        if isinstance(lines, Branched) and not blocks and not hidden:
            hidden = [each.line for each in find_missing(root, lines)]
            yield from _uncounted("branch", path, hidden)


def _crowded(root: SgNode) -> frozenset[int]:
    """The lines on which a statement stands after the begin of its block, or after another one: in
    formatted sources none but where a comment keeps the formatter away."""
    found = set()
    for block in [root, *root.find_all(kind="statement_block")]:
        before = block.range().start.line if block.kind() == "statement_block" else -1
        for each in block.children():
            if each.kind() in _NOTHING or not each.is_named():
                continue
            if each.range().start.line == before:
                found.add(before + 1)
            before = each.range().end.line
    return frozenset(found)


def _uncounted(what: str, path: str, lines: list[int]) -> Iterator[Problem]:
    if lines:
        more = f", nor {len(lines) - 1} more of this file" if len(lines) > 1 else ""
        yield Problem(
            f"coverage does not count this {what}{more}",
            Location(path, lines[0]),
            fix=f"do not hide {'branches' if what == 'branch' else 'statements'} from coverage",
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

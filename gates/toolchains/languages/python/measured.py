"""What coverage measured of a Python module, held against the statements of its sources."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gates.errors import ToolFailedError
from gates.model import FileCoverage, Location
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.languages.python.environment import sources
from gates.toolchains.languages.python.sources.trees import at, python_nodes, python_trees
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tests import Lines

_DECORATED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Measured(Lines):
    """The same of coverage's report, with the branches that begin on these lines."""

    taken: tuple[int, ...] = ()
    """The line that each branch begins on that was taken, once for each branch."""
    not_taken: tuple[int, ...] = ()


def parse_coverage(report: bytes, copy: Path) -> dict[str, Measured]:
    """The files of `coverage json`, by path relative to the module."""
    try:
        found = {}
        for name, entry in json.loads(report)["files"].items():
            ran, missed = entry["executed_lines"], entry["missing_lines"]
            found[relative(name, copy)] = Measured(
                frozenset(map(int, ran)),
                frozenset(map(int, missed)),
                tuple(int(first) for first, _ in entry["executed_branches"]),
                tuple(int(first) for first, _ in entry["missing_branches"]),
            )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(
            f"the report of coverage is not what it should be: {error}"
        ) from error
    return found


def counted_lines(module: Module, measured: Mapping[str, Measured]) -> dict[str, Measured]:
    """What counts of each file: without lines that no test could ever run."""
    trees = python_trees(module)
    found = {}
    for path in sorted(measured):
        each = measured[path]
        idle = frozenset(_idle_lines(python_nodes(module, path))) if path in trees else frozenset()
        found[path] = Measured(each.ran - idle, each.missed - idle, each.taken, each.not_taken)
    return found


def count_file(path: str, each: Measured) -> FileCoverage:
    """The figures of one file."""
    ran, branches = len(each.ran), len(each.taken) + len(each.not_taken)
    lines = ran + len(each.missed)
    return FileCoverage(path, lines, ran, branches=branches, covered_branches=len(each.taken))


def find_unmeasured(module: Module, measured: Mapping[str, Measured]) -> Iterator[Problem]:
    """Each source file, and in each file the first statement, that coverage has not counted."""
    trees = python_trees(module)
    for path in sources(module):
        if path not in trees:
            continue  # mypy and ruff say why it does not parse
        if path not in measured:
            if trees[path].body:
                fix = "give the file a name that can be imported"
                yield Problem("coverage measured nothing of this file", Location(path, 1), fix=fix)
            continue
        lines = module.lines(path)
        for node in python_nodes(module, path):
            if _is_crowded(node, lines):
                yield Problem(
                    "coverage counts this line once, and the line has more than one statement",
                    at(path, node, lines),
                    fix="put each statement on a line of its own, as the formatter does",
                )
                break
        known = measured[path].ran | measured[path].missed
        missing = [
            span for span in _statements(python_nodes(module, path)) if known.isdisjoint(span)
        ]
        if missing:
            more = f", nor {len(missing) - 1} more of this file" if len(missing) > 1 else ""
            yield Problem(
                f"coverage does not count this statement{more}",
                Location(path, missing[0].start),
                fix="remove it where it can never run; otherwise do not hide it from coverage",
            )


def _statements(nodes: Iterable[ast.AST]) -> Iterator[range]:
    """The lines of each statement that has code of its own, of a compound one its header."""
    for node in nodes:
        if not isinstance(node, ast.stmt) or _has_no_code(node):
            continue
        start = _first_line(node)
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        if body is None:
            yield range(start, (node.end_lineno or node.lineno) + 1)
            continue
        first = body[0]
        inner = first.pattern.lineno if isinstance(first, ast.match_case) else _first_line(first)
        yield range(start, max(node.lineno + 1, inner))


def _is_crowded(node: ast.AST, lines: Sequence[str]) -> bool:
    """Whether a statement with code is not the first of its line."""
    if not isinstance(node, ast.stmt) or _has_no_code(node) or node.lineno > len(lines):
        return False
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    return bool(before.strip(b" \t\f"))


def _has_no_code(node: ast.stmt) -> bool:
    """Whether the compiler may make nothing of a statement: it hides nothing, then."""
    match node:
        case ast.Pass() | ast.Break() | ast.Continue() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Try() | ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
            return True
        case ast.If(test=ast.Constant()) | ast.While(test=ast.Constant()):
            return True  # their bodies are looked at like all others
    return type(node).__name__ == "TryStar"


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _DECORATED) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def _idle_lines(nodes: Iterable[ast.AST]) -> Iterator[int]:
    """Lines that never run, by shape: a body that is `...`, imports for the type checker."""
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                *before, last = node.body
                if _constant(last) is ... and all(isinstance(_constant(s), str) for s in before):
                    yield from range(max(node.lineno + 1, last.lineno), last.lineno + 1)
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                for each in node.body:
                    if isinstance(each, ast.Import | ast.ImportFrom):
                        yield from range(each.lineno, (each.end_lineno or each.lineno) + 1)


def _constant(node: ast.stmt) -> object:
    """The constant that is all of a statement; None where it is something else."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return node.value.value
    return None

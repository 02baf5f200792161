"""The branches of a TypeScript source by its syntax tree: what coverage has to count of them.

They are those of istanbul: both ways of an `if` and of `? :`, each operand of a chain of `&&`, `||`
and `??`, each case of a `switch`, each default value of a parameter or a pattern.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.model import FileCoverage
from gates.records import dataclass, replace
from gates.toolchains.languages.typescript.sources.nodes import WRAPPERS
from gates.toolchains.tests import Lines

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_CHOICES = {"if_statement": "if", "ternary_expression": "cond-expr"}
_LOGICAL = {"&&", "||", "??"}
_CASES = {"switch_case", "switch_default"}
_DEFAULTS = {
    "required_parameter": "value", "assignment_pattern": "right",
    "object_assignment_pattern": "right",
}  # fmt: skip
"""The kinds of nodes with a default value, and the part that is one."""


@dataclass(frozen=True)
class Branch:
    """One place where a program goes one of several ways."""

    kind: str
    """As istanbul names it: "if", "cond-expr", "binary-expr", "switch", "default-arg"."""
    line: int
    """From 1."""
    arms: tuple[int, ...]
    """The line of each way that is written out."""

    @property
    def ways(self) -> int:
        """How many there are: an `if` without `else` has two."""
        return 2 if self.kind == "if" else len(self.arms)


@dataclass(frozen=True)
class Branched(Lines):
    """The lines of one file, with what was measured of its branches."""

    branches: tuple[tuple[str, int, int], ...] = ()
    """Of each branch that istanbul counted its kind, its line, and how many ways it has."""
    blocks: bool = False
    """Whether V8's blocks were counted, and not branches."""
    untaken: tuple[int, ...] = ()
    """Of each of these that never ran the line it begins on."""
    partly: frozenset[int] = frozenset()
    """The lines that ran, and with code on them that did not."""


def find_branches(root: SgNode) -> list[Branch]:
    """All branches of a source, in order; ambient declarations have none."""
    found = [
        branch
        for kind in ("if_statement", "ternary_expression", "binary_expression", "switch_statement")
        for node in root.find_all(kind=kind)
        if (branch := _branch(node)) is not None
    ]
    found += [
        Branch("default-arg", _line(node), (_line(value),))
        for kind, part in _DEFAULTS.items()
        for node in root.find_all(kind=kind)
        if (value := node.field(part)) is not None
    ]
    return sorted(found, key=lambda each: (each.line, each.kind))


def _branch(node: SgNode) -> Branch | None:
    line, kind = _line(node), node.kind()
    if kind in _CHOICES:
        arms = (node.field("consequence"), node.field("alternative"))
        return Branch(_CHOICES[kind], line, tuple(_line(each) for each in arms if each is not None))
    if kind == "switch_statement":
        body = node.field("body")
        cases = [each for each in body.children() if each.kind() in _CASES] if body else []
        return Branch("switch", line, tuple(map(_line, cases))) if cases else None
    if not _is_logical(node) or _is_operand(node):
        return None
    return Branch("binary-expr", line, tuple(map(_line, _operands(node))))


def _is_logical(node: SgNode) -> bool:
    operator = node.field("operator")
    if node.kind() != "binary_expression" or operator is None:
        return False
    return operator.text() in _LOGICAL


def _is_operand(node: SgNode) -> bool:
    """Whether a chain is part of a longer one, which counts for it."""
    above = node.parent()
    while above is not None and above.kind() in WRAPPERS:
        above = above.parent()
    return above is not None and _is_logical(above)


def _operands(node: SgNode) -> Iterator[SgNode]:
    todo = [node]
    while todo:
        outer = inner = todo.pop()
        while inner.kind() in WRAPPERS:
            inner = next(e for e in inner.children() if e.is_named() and e.kind() != "comment")
        if _is_logical(inner):
            parts = (inner.field("right"), inner.field("left"))
            todo += [each for each in parts if each is not None]
        else:
            yield outer


def _line(node: SgNode) -> int:
    return node.range().start.line + 1


def find_missing(root: SgNode, measured: Branched) -> list[Branch]:
    """The branches of a source that istanbul has not counted, or not in all of their ways."""
    known = Counter(measured.branches)
    missing = []
    for each in find_branches(root):
        key = (each.kind, each.line, each.ways)
        if not known[key]:
            missing.append(each)
        known[key] -= 1
    return missing


def count_arms(root: SgNode, figures: FileCoverage, measured: Branched) -> FileCoverage:
    """A file's figures with the branches of its tree, where V8 names only blocks that never ran.

    A way was not taken where its line never ran, or a block that never ran begins on it. An `else`
    that is not written is no block, and does not count.
    """
    arms = Counter(line for each in find_branches(root) for line in each.arms)
    blocks = Counter(measured.untaken)
    missed = sum(
        count if line in measured.missed else min(count, blocks[line])
        for line, count in arms.items()
    )
    total = arms.total()
    return replace(figures, branches=total, covered_branches=total - missed)

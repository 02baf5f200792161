"""A SQL file as PostgreSQL's own parser sees it: its statements, each with its place.

Pure. Trees are those of libpg_query's JSON output (pglast 8, the parser of PostgreSQL 18).
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any

from gates.errors import ToolMissingError
from gates.records import dataclass, field

Node = dict[str, Any]

_SPACE_OR_COMMENT = re.compile(r"\s+|--[^\n]*|/\*")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement: its text without the semicolon, where it begins, and its tree."""

    text: str
    offset: int
    """Characters before it in the file."""
    kind: str
    """The name of its node, such as "CreateStmt"."""
    node: Node = field(repr=False)


@dataclass(frozen=True)
class SyntaxFault:
    """What the parser says is wrong, and where (characters from the file's start)."""

    message: str
    offset: int


@dataclass(frozen=True, eq=False)
class Script:
    """One SQL file. With a fault there are no statements: the parser gives all or nothing."""

    path: str
    sql: str = field(repr=False)
    statements: tuple[Statement, ...] = ()
    fault: SyntaxFault | None = None

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.sql))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character."""
        offset = max(0, min(offset, len(self.sql)))
        line = bisect.bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def characters(self, bytes_before: int) -> int:
        """How many characters the first bytes of the file are: the parser counts bytes."""
        return len(self.sql.encode()[:bytes_before].decode("utf-8", "replace"))

    @cached_property
    def controls_transactions(self) -> bool:
        """Whether it says BEGIN, COMMIT or the like itself."""
        return any(each.kind == "TransactionStmt" for each in self.statements)

    @property
    def in_one_transaction(self) -> bool:
        """Whether all of it is committed at once, or nothing."""
        return self.outside_transaction is None and not self.controls_transactions

    @cached_property
    def outside_transaction(self) -> Statement | None:
        """The first statement that PostgreSQL refuses inside a transaction block, if any."""
        return next((each for each in self.statements if cannot_run_in_transaction(each)), None)


@lru_cache(maxsize=2048)
def parse(path: str, sql: str) -> Script:
    """Parse a file once. Raises `ToolMissingError` where pglast is not installed."""
    return _parse(path, sql)


def parse_inner(sql: str) -> Script:
    """Parse what is written inside a file: a body, an expression. Not kept, so that files are."""
    return _parse("", sql)


def _parse(path: str, sql: str) -> Script:
    try:
        from pglast.parser import ParseError, parse_sql_json
    except ImportError as error:
        raise ToolMissingError(
            "PostgreSQL's parser is not installed (package pglast)",
            hint="pip install 'axon-gates[database]'",
        ) from error
    if "\0" in sql:
        return Script(path, sql, fault=SyntaxFault("a NUL character", sql.index("\0")))
    try:
        tree = json.loads(parse_sql_json(sql))
    except ParseError as error:
        message, index = (*error.args, None)[:2]
        return Script(path, sql, fault=SyntaxFault(str(message), _fault_offset(sql, index)))
    raw = sql.encode()
    statements = []
    for each in tree.get("stmts", ()):
        begin = each.get("stmt_location", 0)
        length = each.get("stmt_len", 0)
        text = raw[begin : begin + length if length else None].decode("utf-8", "replace")
        skip = leading(text)
        node = each.get("stmt", {})
        (kind, inner), *_ = node.items() or [("", {})]
        offset = len(raw[:begin].decode("utf-8", "replace")) + skip
        statements.append(Statement(text[skip:].rstrip().removesuffix(";"), offset, kind, inner))
    return Script(path, sql, tuple(statements))


def _fault_offset(sql: str, index: int | None) -> int:
    return len(sql.rstrip()) if index is None else index


def leading(text: str) -> int:
    """How many characters of white space and comments `text` begins with."""
    at = 0
    while match := _SPACE_OR_COMMENT.match(text, at):
        at = match.end()
        depth = 1 if match.group() == "/*" else 0
        while depth:
            edge = _COMMENT_EDGE.search(text, at)
            if edge is None:
                return len(text)
            depth += 1 if edge.group() == "/*" else -1
            at = edge.end()
    return at


def option(node: Node, name: str) -> Node | None:
    """The value of a `DefElem` in a node's options; None where it is not there."""
    for each in node.get("options") or node.get("params") or ():
        element = each.get("DefElem", {})
        if element.get("defname") == name:
            value: Node = element.get("arg", {})
            return value
    return None


def cannot_run_in_transaction(statement: Statement) -> bool:
    """Whether PostgreSQL refuses it inside a transaction block.

    From the calls of `PreventInTransactionBlock` in PostgreSQL 18's utility.c and commands/.
    """
    kind, node = statement.kind, statement.node
    if kind in {"CreatedbStmt", "DropdbStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt",
                "AlterSystemStmt"}:  # fmt: skip
        return True
    if kind in {"IndexStmt", "DropStmt"}:
        return bool(node.get("concurrent"))
    if kind == "ReindexStmt":
        whole = node.get("kind") in {
            "REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE",
        }  # fmt: skip
        return whole or option(node, "concurrently") is not None
    if kind == "VacuumStmt":
        return bool(node.get("is_vacuumcmd"))
    if kind == "ClusterStmt":
        return "relation" not in node
    if kind == "AlterTableStmt":
        return any(
            each.get("AlterTableCmd", {}).get("subtype") == "AT_DetachPartition"
            and each["AlterTableCmd"].get("def", {}).get("PartitionCmd", {}).get("concurrent")
            for each in node.get("cmds", ())
        )
    if kind == "AlterDatabaseSetStmt":
        return False
    if kind == "AlterDatabaseStmt":
        return option(node, "tablespace") is not None
    return kind in {"CreateSubscriptionStmt", "DropSubscriptionStmt"}


def walk(node: object) -> Iterator[tuple[str, Node]]:
    """Every named node of a tree, outermost first: (name, node)."""
    found: list[tuple[str, Node]] = []
    _collect(node, found)
    return iter(found)


def _collect(node: object, found: list[tuple[str, Node]]) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict):
                if key[:1].isupper():
                    found.append((key, value))
                _collect(value, found)
            elif isinstance(value, list):
                _collect(value, found)
    elif isinstance(node, list):
        for each in node:
            _collect(each, found)


def calls_of(kind: str, node: Node) -> Iterator[Node]:
    """The calls (`FuncCall`) in a statement, and in those inside its tree. A function that an
    aggregate or a range type is made of is called with arguments that nobody knows."""
    unknown: list[Node] = [{"ParamRef": {}}] * 3
    for name, inner in walk({kind: node}):
        if name == "FuncCall":
            yield inner
        elif name == "DefElem" and kind in {"DefineStmt", "CreateRangeStmt"}:
            names = inner.get("arg", {}).get("TypeName", {}).get("names")
            yield {"funcname": names, "args": unknown}


def name_of(relation: Node) -> tuple[str, str]:
    """Schema ("" where none is written) and name of a `RangeVar`."""
    return relation.get("schemaname", ""), relation.get("relname", "")


def strings(items: object) -> list[str]:
    """The texts of a list of `String` nodes: a dotted name."""
    return [
        each["String"].get("sval", "")
        for each in (items if isinstance(items, list) else ())
        if isinstance(each, dict) and "String" in each
    ]


def own_name(names: Sequence[str]) -> str:
    """A dotted name without PostgreSQL's own schema; "" for a name in any other schema."""
    if len(names) > 1 and (len(names) > 2 or names[0] != "pg_catalog"):
        return ""
    return names[-1] if names else ""


def expression_of(text: str) -> Node:
    """The tree of one expression; {} where it is none."""
    statements = parse_inner(f"SELECT {text}").statements
    if len(statements) != 1:
        return {}
    targets = statements[0].node.get("targetList", [{}])
    value: Node = targets[0].get("ResTarget", {}).get("val", {}) if len(targets) == 1 else {}
    return value


def without_places(node: object) -> object:
    """A tree without where each part of it is written."""
    if isinstance(node, list):
        return [without_places(each) for each in node]
    if isinstance(node, dict):
        return {key: without_places(each) for key, each in node.items() if "location" not in key}
    return node

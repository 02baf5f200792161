"""The statements of a migration with their places, from PostgreSQL's own parser and scanner.

Mutants are edits of the text at those places, so that a surviving one can be read as a diff.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Span = tuple[int, int]


@dataclass(frozen=True)
class Statement:
    """One statement of a file: `start` and `end` are offsets, without the semicolon."""

    text: str
    start: int
    end: int
    node: Any

    @property
    def kind(self) -> str:
        """The parser's name for it: CreateStmt, IndexStmt, CreatePolicyStmt, ..."""
        return type(self.node).__name__

    @property
    def sql(self) -> str:
        return self.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.start) + 1

    @property
    def whole(self) -> Span:
        """With its semicolon and the end of its line."""
        end = self.end + (self.text[self.end : self.end + 1] == ";")
        return self.start, end + (self.text[end : end + 1] == "\n")

    @property
    def table(self) -> str:
        """The name of the table that it makes or changes, or ""."""
        node = self.node
        for name in ("relation", "table"):
            if (found := getattr(node, name, None)) is not None:
                return str(found.relname)
        return ""

    def elements(self) -> list[Span]:
        """The columns and constraints of CREATE TABLE, each without its comma."""
        from pglast.parser import scan

        spans: list[Span] = []
        depth, first = 0, None
        for token in scan(self.sql):
            if "COMMENT" in token.name:
                continue
            if depth == 1 and first is not None and token.name in ("ASCII_41", "ASCII_44"):
                spans.append(self._trimmed(first, token.start))
                first = None
            elif depth == 1 and first is None:
                first = token.start
            depth += {"ASCII_40": 1, "ASCII_41": -1}.get(token.name, 0)
            if depth == 0 and spans:
                break
        return spans

    def _trimmed(self, start: int, end: int) -> Span:
        part = self.sql[start:end]
        start += len(part) - len(part.lstrip())
        return self.start + start, self.start + start + len(part.strip())


def statements(text: str) -> Iterator[Statement]:
    """The statements of a file in order; offsets are those of `text`, which must be ASCII."""
    from pglast import parse_sql
    from pglast.parser import scan

    assert text.isascii()
    tokens = [each for each in scan(text) if "COMMENT" not in each.name]
    for raw in parse_sql(text):
        begin = raw.stmt_location
        start = next(each.start for each in tokens if each.start >= begin)
        end = begin + raw.stmt_len if raw.stmt_len else len(text.rstrip().rstrip(";"))
        yield Statement(text, start, end, raw.stmt)

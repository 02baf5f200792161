"""A statement, wherever it is written, and what cannot be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gates.database.sql.script import Node, Script, Statement
from gates.model import Location


@dataclass(frozen=True)
class Inner:
    """A statement, wherever it is written."""

    script: Script
    statement: Statement
    """Its own; `offset` is only exact where `line` is None."""
    line: int | None = None
    """The line of the file, for a statement inside a body."""
    dynamic: bool = False
    """It is the text of an EXECUTE."""
    outer: Statement | None = None
    """The DO block or CREATE FUNCTION of the file that it is in."""
    part: bool = False
    """It is in the tree of the statement before it, which is listed too."""
    kept: bool = False
    """It is an expression of a body whose value goes into a variable."""

    @property
    def at_once(self) -> bool:
        """Whether it runs with the migration, and not later, when somebody calls a function."""
        return self.outer is None or self.outer.kind == "DoStmt"

    def at(self, node: Node | None = None) -> Location:
        """Where a node of it is: to the character at the top level, else by line."""
        if self.line is not None:
            text = self.script.sql.splitlines()[self.line - 1 : self.line]
            blanks = len(text[0]) - len(text[0].lstrip()) if text else 0
            return Location(self.script.path, self.line, blanks + 1)
        offset = self.statement.offset
        if node is not None and node.get("location", -1) > 0:
            offset = self.script.characters(node["location"])
        return Location(self.script.path, *self.script.position(offset))


@dataclass(frozen=True)
class Opaque:
    """What cannot be read."""

    location: Location
    expression: str
    """As it is written; "" where the whole body cannot be read."""
    reason: str
    surely: bool = True
    """Whether it hides what it runs; else only our parser may not know it."""

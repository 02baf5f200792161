"""No file holds the marks of a merge that nobody finished."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.module.conflicts import conflict_line


@check(Stage.LINT_MANIFEST)
def conflicts_resolved(module: Module) -> Iterator[Finding]:
    """No file holds the marks of a merge that nobody finished.

    Why: a merge leaves both sides of a conflict in the file. In a comment, a text or a settings
        schema nothing else notices it, and tenants get both.
    Bad: a line <<<<<<< main, a line =======, and a line >>>>>>> feature in README.md
    Good: the one text that was meant
    Fix: decide for one side, and remove the three lines. Marks that a text is about are indented.
    """
    for path, file in module.files.items():
        if file.link is None and (line := conflict_line(module.data(path))):
            yield conflicts_resolved.finding(
                "a merge conflict begins here that was not resolved",
                Location(path, line, 1),
                fix="decide for one side, and remove the lines <<<<<<<, ======= and >>>>>>>",
            )

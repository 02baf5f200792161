"""Everything in the module can be read: encodings, JSON, links, sizes."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT_MANIFEST)
def readable(module: Module) -> Iterator[Finding]:
    """Everything in the module can be read.

    Why: a file that one reader sees and another does not is how a wrong version gets through.
        Keys given twice, byte order marks, NaN, halves of surrogate pairs and links out of the
        repo mean different things to different readers.
    Bad: a module.json with a trailing comma; a link to /etc/passwd; a manifest of 2 MiB
    Good: UTF-8 files, strict JSON, links that stay inside the module
    Fix: as each finding says. What could not be opened at all (a file without read permission,
        too many files) makes the check inconclusive: fix it and run again.
    """
    for problem in module.problems:
        where = problem.location.path or "the module"
        message = problem.message
        if problem.location.line is None and not message.startswith("the "):
            message = f"{where} {message}"
        yield readable.finding(message, problem.location, fix=problem.fix)
    unread = [problem for problem in module.problems if problem.unread]
    if unread:
        first = unread[0].location.path or "the module"
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        raise CouldNotCheckError(f"{first}{more} could not be read", hint=unread[0].fix)

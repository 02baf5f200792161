"""bandit, and how its output is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Level, Location
from gates.toolchains.canary import plant, prove
from gates.toolchains.languages.python.environment import sources
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tools import Tools

SKIPPED = {
    "B608": "code-sql follows constants, and refuses every text that is not put together from them",
}
"""Rules that are off, each with the reason."""


def run(tools: Tools) -> Iterator[Problem]:
    """What bandit finds in the module's sources; what it gives a low severity is a warning.

    Raises `ToolFailedError` where it could not read one of them, and as `prove`.
    """
    tools.take("code")
    files = sources(tools.session.module)
    if not files:
        raise CouldNotCheckError("there is no Python source to look at")
    canary = plant(tools, files[0], ".py", 'exec("canary")', "B102")
    ran = tools.run(
        "bandit",
        [
            "--format=json",
            "--quiet",
            "--ignore-nosec",
            f"--skip={','.join(SKIPPED)}",
            "--",
            *files,
            canary.path,
        ],
        ok=(0, 1),
        subjects=len(files),
    )
    seen, problems = parse(ran.json(), tools.module_copy)
    yield from prove("bandit", problems, [canary], files=files, seen=seen)


def parse(document: Any, copy: Path) -> tuple[set[str], list[Problem]]:  # noqa: ANN401 - JSON
    """The files that `bandit --format json` looked at, and what it found in them.

    Raises `ToolFailedError` for other output, and where bandit could not read a file.
    """
    try:
        if errors := document["errors"]:
            what = "; ".join(f"{each['filename']}: {each['reason']}" for each in errors[:3])
            raise ToolFailedError(f"bandit could not read {what}")
        seen = {relative(name, copy) for name in document["metrics"] if name != "_totals"}
        return seen, [_problem(each, copy) for each in document["results"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolFailedError(
            f"bandit printed something that is not understood: {error}"
        ) from error


def _problem(entry: Any, copy: Path) -> Problem:  # noqa: ANN401 - JSON
    row, column = int(entry["line_number"]), int(entry["col_offset"]) + 1
    end = int(entry.get("end_col_offset") or 0) + 1
    one = len(entry.get("line_range") or ()) == 1 and end > column
    link = str(entry.get("more_info") or "")
    return Problem(
        str(entry["issue_text"]),
        Location(relative(entry["filename"], copy), row, column, end if one else None),
        str(entry["test_id"]),
        f"see {link}" if link else "see the rule's page",
        level=Level.WARNING if entry["issue_severity"] == "LOW" else Level.ERROR,
    )

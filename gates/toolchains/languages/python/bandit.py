"""bandit, and how its output is read."""

from __future__ import annotations

from collections.abc import Iterator

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.toolchains.languages.python.environment import sources
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tools import Tools


def run(tools: Tools) -> Iterator[tuple[str, Problem]]:
    """What bandit finds in the module's sources, each with its severity.

    Raises `ToolFailedError` where it could not read one of them.
    """
    files = sources(tools.session.module)
    if not files:
        raise CouldNotCheckError("there is no Python source to look at")
    ran = tools.run(
        "bandit",
        ["--format=json", "--quiet", "--ignore-nosec", "--", *files],
        ok=(0, 1),
        subjects=len(files),
    )
    document = ran.json()
    try:
        if errors := document["errors"]:
            what = "; ".join(f"{each['filename']}: {each['reason']}" for each in errors[:3])
            raise ToolFailedError(f"bandit could not read {what}")
        copy = tools.module_copy
        seen = {relative(name, copy) for name in document["metrics"] if name != "_totals"}
        if missed := sorted(set(files) - seen):
            raise ToolFailedError(f"bandit did not look at {', '.join(missed[:5])}")
        for each in document["results"]:
            row, column = int(each["line_number"]), int(each["col_offset"]) + 1
            end = int(each.get("end_col_offset") or 0) + 1
            one = len(each.get("line_range") or ()) == 1 and end > column
            place = Location(relative(each["filename"], copy), row, column, end if one else None)
            link = str(each.get("more_info") or "")
            fix = f"see {link}" if link else "see the rule's page"
            yield (
                str(each["issue_severity"]),
                Problem(str(each["issue_text"]), place, str(each["test_id"]), fix),
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolFailedError(
            f"bandit printed something that is not understood: {error}"
        ) from error

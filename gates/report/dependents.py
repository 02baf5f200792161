"""What a release would do to the modules that depend on it, as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gates.records import asdict
from gates.report.catalog import table as table_text
from gates.report.escaping import cut, one_line
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.fleet.dependents import Compared

FORMAT = 1
"""The version of the JSON form."""


def text(candidate: str, found: Sequence[Compared]) -> str:
    """A line for each module that depends on a candidate, and the verdict over it."""
    rows = [
        (one_line(each.name), each.state, _flaky(each), one_line(cut(each.reason, 300)))
        for each in found
    ]
    heads = ("module", "with the candidate", "flaky", "seen")
    lines = table_text([heads, *rows]).splitlines()
    return "\n".join([*lines, "", sentence(candidate, found)]) + "\n"


def sentence(candidate: str, found: Sequence[Compared]) -> str:
    """Whether the candidate may be released, as far as those go that depend on it."""
    if not found:
        return f"no module here depends on {candidate}"
    counts = Counter(each.state for each in found)
    ordered = sorted(counts, key=lambda state: (state != "regressed", state))
    told = ", ".join(f"{counts[state]} {state}" for state in ordered)
    depend = "that depends" if len(found) == 1 else "that depend"
    return f"{plural(len(found), 'module')} {depend} on {candidate}: {told}"


def to_json(candidate: str, found: Sequence[Compared]) -> str:
    """The same for programs."""
    data = {"format": FORMAT, "candidate": candidate, "modules": [asdict(each) for each in found]}
    return json.dumps(data, indent=2) + "\n"


def _flaky(each: Compared) -> str:
    return f"{each.flaky} of {each.repeated}" if each.repeated else "not run"

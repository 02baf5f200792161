"""Edits of a file's text at places that a parser named."""

from __future__ import annotations

from gates.model import Location


def replace_at(text: str, place: Location, new: str) -> str:
    """The text with the span on one line that a location names replaced. `place` has an end."""
    lines = text.split("\n")
    line = lines[(place.line or 1) - 1]
    start, end = (place.column or 1) - 1, (place.end_column or len(line) + 1) - 1
    lines[(place.line or 1) - 1] = line[:start] + new + line[end:]
    return "\n".join(lines)

"""The marks that a merge leaves where two sides changed the same lines."""

from __future__ import annotations


def conflict_line(data: bytes) -> int | None:
    """The line of the first mark <<<<<<< that ======= and >>>>>>> follow; None for none.

    A line of ======= alone is a heading of Markdown or reStructuredText.
    """
    if b"<<<<<<< " not in data:
        return None
    begin, parted = 0, False
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(b"<<<<<<< "):
            begin, parted = number, False
        elif begin and line.rstrip(b"\r") == b"=======":
            parted = True
        elif begin and parted and line.startswith(b">>>>>>> "):
            return begin
    return None

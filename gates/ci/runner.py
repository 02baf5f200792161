"""Files by which a step of a CI job talks to its runner: outputs, and the step summary."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from gates.errors import UsageError

SUMMARY_BYTES = 1_000_000
"""GitHub drops a step summary of more than 1 MiB whole."""
CUT = "\n\n*The summary is cut here: GitHub drops a larger one. The reports have the rest.*\n"


def set_outputs(file: str | None, values: Mapping[str, str]) -> None:
    """Append outputs to the file that `$GITHUB_OUTPUT` names; nothing without one.

    Raises `UsageError` where it cannot be written.
    """
    if file:
        _append(file, "".join(_output(name, value) for name, value in values.items()))


def add_summary(file: str | None, text: str) -> None:
    """Append Markdown to the file that `$GITHUB_STEP_SUMMARY` names, as far as there is room."""
    if not file:
        return
    path = Path(file)
    used = path.stat().st_size if path.is_file() else 0
    room = SUMMARY_BYTES - used - len(CUT.encode())
    data = text.encode("utf-8", "replace")
    if len(data) <= room:
        _append(file, text)
    elif room > 0:
        kept = data[:room].decode("utf-8", "ignore")
        _append(file, kept.rpartition("\n\n")[0] + CUT)


def _output(name: str, value: str) -> str:
    # The value may hold anything but a line that nobody can guess.
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _append(file: str, text: str) -> None:
    try:
        with Path(file).open("a", encoding="utf-8", errors="replace") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(f"the runner's file cannot be written: {error}") from error

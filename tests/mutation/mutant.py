"""What a mutant is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A clean module with one thing changed."""

    shape: str
    """The clean module; see `shapes`."""
    mutator: str
    """What kind of change it is."""
    path: str
    """The changed file, below `migrations/`."""
    line: int
    what: str
    """The change in words or as `old -> new`."""
    files: tuple[tuple[str, str], ...]
    """The files that are different: path below `migrations/`, new text."""

    @property
    def name(self) -> str:
        return f"{self.shape} {self.path}:{self.line} {self.mutator}: {self.what}"


def short(text: str, length: int = 70) -> str:
    """One line of text."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 2]}.."


def edited(text: str, start: int, end: int, new: str) -> str:
    """`text` with a part replaced."""
    return text[:start] + new + text[end:]

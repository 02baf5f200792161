"""Older modules as fixtures: laid out, brought under the standard by their steps, and counted.

Each folder here is one: `older/` lies over a module that `gates new` makes (its code, its lock;
what ends in .deleted goes), and `steps.txt` records what a person types: commands, and edits as
patches. `python -m tests.legacy` runs them all, and writes the table of docs/adoption.md.
"""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gates.new_module import TEMPLATE, answers, render
from tests.conftest import ROOT, overlay_on

HERE = Path(__file__).parent
MODULES = tuple(sorted(each.parent.name for each in HERE.glob("*/steps.txt")))
MADE = date(2026, 1, 15)
"""The day on which the code under a fixture was made from the template."""
_HUNK = re.compile(r"^(?:---|\+\+\+|@@)[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True)
class Recorded:
    """What a person types for one module."""

    slug: str
    language: str
    had: str
    """What is wrong with it, in a few words."""
    steps: tuple[str, ...]
    """"$ COMMAND", or "edit FILE.patch"."""

    @classmethod
    def of(cls, slug: str) -> Recorded:
        """Read it from its folder."""
        lines = (HERE / slug / "steps.txt").read_text("utf-8").splitlines()
        language, had, *steps = [each for each in lines if each.strip()]
        return cls(
            slug, language.removeprefix("language: "), had.removeprefix("had: "), tuple(steps)
        )

    @property
    def commands(self) -> int:
        """Keystrokes of commands, each with Enter."""
        return sum(len(each.removeprefix("$ ")) + 1 for each in self.steps if each[0] == "$")

    @property
    def edits(self) -> int:
        """Keystrokes of edits."""
        return sum(keystrokes(each) for each in self.patches())

    def patches(self) -> Iterator[str]:
        """The texts of the edits, in order."""
        for each in self.steps:
            if each.startswith("edit "):
                yield (HERE / self.slug / each.removeprefix("edit ")).read_text("utf-8")


def keystrokes(patch: str) -> int:
    """What it takes to type a patch (unified diff): each character that comes, and one key for each
    run of characters that go, which a person selects and deletes, or types over."""
    total = 0
    for hunk in _HUNK.split(patch):
        lines = hunk.splitlines()
        old = "\n".join(each[1:] for each in lines if each[:1] in " -")
        new = "\n".join(each[1:] for each in lines if each[:1] in " +")
        for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
            if what != "equal":
                total += (d - c) + (1 if b > a else 0)
    return total


def lay_out(slug: str, folder: Path) -> Path:
    """The older module in a folder of its name, beside the examples' policy and what it names."""
    recorded = Recorded.of(slug)
    ignored = shutil.ignore_patterns("node_modules", "alert-engine", "retention-report")
    shutil.copytree(ROOT / "examples", folder, ignore=ignored, dirs_exist_ok=True)
    root = folder / slug
    render(TEMPLATE, answers(slug, recorded.language, MADE), root)
    overlay_on(root, HERE / slug / "older")
    return root


def edit(root: Path, patch: str) -> None:
    """Apply a patch as a person would have typed it. Raises where it does not fit."""
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], input=patch.encode(), cwd=root, check=True
    )

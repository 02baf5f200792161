"""Which files belong to a module: what git would commit, minus build output, without running git.

Every `.gitignore` on the way counts, as git reads them. Not looked at, because they differ between
machines and would make the digest differ too: the index (a file that is tracked although a rule
ignores it is left out), `.git/info/exclude`, and the user's own excludes.
"""

from __future__ import annotations

from gates.module.patterns import NeverMatchesError, Pattern, compile_pattern
from gates.records import dataclass

ANYWHERE = frozenset(
    {
        ".git", ".hg", ".svn", ".jj", ".DS_Store", ".gates", "node_modules", "__pycache__",
        ".venv", ".nox", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis",
        ".turbo", ".eslintcache", ".nyc_output", ".coverage",
    }
)  # fmt: skip
"""Names that are left out at every depth."""

AT_ROOT = frozenset({"dist", "build", "coverage", "htmlcov", "venv"})
"""Folders that are build output at the root alone: further down they may be sources."""

_SUFFIXES = (".pyc", ".pyo", ".egg-info", ".tsbuildinfo")


@dataclass(frozen=True)
class Rules:
    """The rules of one `.gitignore`, for the folder that it is in."""

    folder: str
    patterns: tuple[Pattern, ...]


def is_output(path: str, name: str) -> bool:
    """Whether a file or folder is left out by name, whatever `.gitignore` says."""
    return (
        name in ANYWHERE
        or (path == name and name in AT_ROOT)
        or name.endswith(_SUFFIXES)
        or name.startswith(".coverage.")
    )


def is_ignored(path: str, rules: tuple[Rules, ...], *, folder: bool) -> bool:
    """Whether the rules, outermost first, leave a path out; the last match decides, as in git."""
    for each in reversed(rules):
        relative = path[len(each.folder) + 1 :] if each.folder else path
        for pattern in reversed(each.patterns):
            if pattern.matches(relative, folder=folder):
                return pattern.ignores
    return False


def read_rules(folder: str, text: str) -> tuple[Rules | None, list[tuple[int, str]]]:
    """The rules of a `.gitignore`, and the lines (from 1) that are refused, with the reason."""
    refused: list[tuple[int, str]] = []
    kept: list[Pattern] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        try:
            pattern = compile_pattern(line)
        except NeverMatchesError as error:
            refused.append((number, f"the pattern never matches: {error}"))
        else:
            kept += [pattern] if pattern else []
    return (Rules(folder, tuple(kept)) if kept else None), refused

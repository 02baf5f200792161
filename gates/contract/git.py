"""A module as a commit has it: what its contract stands in, read from git's objects.

Nothing is checked out, so that no filter, hook or attribute of the repo has a say.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gates.errors import CouldNotCheckError, UsageError
from gates.git import commit_of, git
from gates.module import Module, from_files

HINT = "name a folder, a released version, `catalog` or a revision of git"
LARGEST = 4 * 1024 * 1024
"""Bytes of one file."""
MOST = 2000
"""Files that a contract may stand in."""


def module_at(root: Path, revision: str) -> Module:
    """The manifest, JSON files and migrations of the module in folder `root`, at a revision.

    Raises `UsageError` where there is no such revision or no module in it, `ToolMissingError`
    without git, `CouldNotCheckError` where git does not answer.
    """
    commit = commit_of(root, revision, hint=HINT)
    prefix = git(root, "rev-parse", "--show-prefix").decode("utf-8", "replace").strip("\n/")
    files: dict[str, bytes] = {}
    for path, identity in _listed(root, f"{commit}:{prefix}").items():
        files[path] = git(root, "cat-file", "blob", identity)
    return from_files(f"{revision} ({commit[:12]})", files)


def _listed(root: Path, tree: str) -> Mapping[str, str]:
    """The object ids of the files that a contract stands in, by path below the module."""
    try:
        listed = git(root, "ls-tree", "-r", "-z", "-l", "--full-tree", tree)
    except CouldNotCheckError as error:
        raise UsageError(f"there was no {root.name} in that revision") from error
    found: dict[str, str] = {}
    for line in listed.split(b"\0"):
        head, _, name = line.partition(b"\t")
        fields = head.split()
        path = name.decode("utf-8", "surrogateescape")
        if len(fields) != 4 or fields[1] != b"blob" or not _matters(path):
            continue
        if fields[0] == b"120000":
            continue  # a link; what is missing is reported by who needs it
        if not fields[3].isdigit():
            raise CouldNotCheckError(
                f"the content of {path} at that revision is not in the repo", hint="git fetch"
            )
        if int(fields[3]) > LARGEST:
            raise CouldNotCheckError(f"{path} is larger than {LARGEST:,} bytes at that revision")
        found[path] = fields[2].decode("ascii")
    if len(found) > MOST:
        raise CouldNotCheckError(f"there are more than {MOST} migrations at that revision")
    return found


def _matters(path: str) -> bool:
    top = path.partition("/")[0]
    skipped = {"node_modules", "package-lock.json", "tests", "dist"}
    return top == "migrations" or (path.endswith(".json") and top not in skipped)

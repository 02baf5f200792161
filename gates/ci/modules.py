"""The modules of a repo, and which of them a change touches."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

from gates.ci.shards import Modules
from gates.errors import CouldNotCheckError, UsageError
from gates.filesystem import is_folder
from gates.git import commit_of, git

MANIFEST = "module.json"
SKIPPED = frozenset({"node_modules", "__pycache__"})
MOST = 10_000
"""Folders that are looked into."""
HINT = "name a branch, a tag or a commit; in CI, check out with the whole history (fetch-depth: 0)"


class Listed(TypedDict):
    """A module of a repo, for those who look for one."""

    path: str
    slug: str | None
    version: str | None


def listing(root: Path, path: str) -> Listed:
    """Where a module lies below `root`, and what it is; None for what its manifest does not say in
    a form that can be used. Raises `CouldNotCheckError` where the manifest cannot be read."""
    from gates.module import from_files

    try:
        data = (root / path / MANIFEST).read_bytes()
    except OSError as error:
        raise CouldNotCheckError(f"{path}/{MANIFEST} cannot be read: {error.strerror}") from error
    module = from_files(path, {MANIFEST: data})
    return {"path": path, "slug": module.slug or None, "version": module.version or None}


def find_modules(root: Path) -> Modules:
    """The folders below `root`, relative to it, that hold a module.json; "." is `root` itself.

    No link is followed, and no folder in a module, whose name begins with a dot, or of installed
    packages is looked into. Raises `UsageError` where there is none, `CouldNotCheckError` where a
    folder cannot be read.
    """
    if not is_folder(root):
        raise UsageError(f"{root} is no folder")
    found = tuple(sorted(_below(root)))
    if not found:
        raise UsageError(
            f"there is no module in {root}: no {MANIFEST} was found",
            hint="name the folder that holds the modules",
        )
    return found


def changed_modules(root: Path, modules: Modules, revision: str) -> Modules:
    """Those of the modules that commits since `revision` touch, by the merge base with HEAD.

    A changed file that lies in no module may be a policy, a lock file or a baseline that all of
    them are held to, and touches all. What is not committed is not seen. Raises `UsageError` for a
    revision that is not there, `CouldNotCheckError` without a common history.
    """
    return touched(modules, changed_files(root, revision))


def touched(modules: Modules, changed: Iterable[str]) -> Modules:
    """The modules that hold a changed file, or all of them where one lies in none; pure."""
    if "." in modules:
        return modules if any(True for _ in changed) else ()
    found = set()
    for path in changed:
        owner = next((each for each in modules if path.startswith(f"{each}/")), None)
        if owner is None:
            return modules
        found.add(owner)
    return tuple(each for each in modules if each in found)


def changed_files(root: Path, revision: str) -> frozenset[str]:
    """Paths relative to `root`, with forward slashes, that differ between HEAD and where it left
    `revision`; "../" begins those of the repo outside `root`."""
    since, head = commit_of(root, revision, hint=HINT), commit_of(root, "HEAD", hint=HINT)
    try:
        bases = git(root, "merge-base", "--all", since, head).decode("ascii").split()
    except CouldNotCheckError as error:
        raise CouldNotCheckError(
            f"HEAD and {revision!r} have no common history here", hint=HINT
        ) from error
    prefix = os.fsdecode(git(root, "rev-parse", "--show-prefix")).rstrip("\n")
    options = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
    found = (git(root, "diff-tree", *options, base, head) for base in bases)
    paths = {os.fsdecode(each) for listed in found for each in listed.split(b"\0") if each}
    return frozenset(
        each.removeprefix(prefix) if each.startswith(prefix) else f"../{each}" for each in paths
    )


def _below(root: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise CouldNotCheckError(f"a folder cannot be read: {error}") from error

    for looked, (folder, names, files) in enumerate(os.walk(root, onerror=refuse), 1):
        if looked > MOST:
            raise CouldNotCheckError(f"there are more than {MOST:,} folders in {root}")
        if MANIFEST in files:
            names.clear()
            yield Path(folder).relative_to(root).as_posix()
        names[:] = [each for each in names if each not in SKIPPED and not each.startswith(".")]

"""A module as a commit has it: what its contract stands in, read from git's objects.

Nothing is checked out, so that no filter, hook or attribute of the repo has a say, and git gets
nothing of the user's but one revision, which it turns into an object id first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gates.errors import CouldNotCheckError, UsageError
from gates.module import Module, from_files

SECONDS = 30.0
LARGEST = 4 * 1024 * 1024
"""Bytes of one file."""
MOST = 2000
"""Files that a contract may stand in."""

_SETTINGS = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.sshCommand=false",
    "credential.helper=", "protocol.allow=never", "safe.bareRepository=explicit",
)  # fmt: skip
"""On top of what the repo's own config says: it starts no program and fetches nothing."""


def module_at(root: Path, revision: str) -> Module:
    """The manifest, JSON files and migrations of the module in folder `root`, at a revision.

    Raises `UsageError` where there is no such revision or no module in it, `ToolMissingError`
    without git, `CouldNotCheckError` where git does not answer.
    """
    commit = _commit(root, revision)
    prefix = _git(root, "rev-parse", "--show-prefix").decode("utf-8", "replace").strip("\n/")
    files: dict[str, bytes] = {}
    for path, identity in _listed(root, f"{commit}:{prefix}").items():
        files[path] = _git(root, "cat-file", "blob", identity)
    return from_files(f"{revision} ({commit[:12]})", files)


def _commit(root: Path, revision: str) -> str:
    if not revision or "\0" in revision:
        raise UsageError(f"{revision!r} is no revision")
    _repo_of(root, revision)
    try:
        found = _git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except CouldNotCheckError as error:
        raise UsageError(
            f"{revision!r} is no folder, no version and no revision of git in {root}",
            hint="name a folder, a released version, `catalog` or a revision of git",
        ) from error
    return found.decode("ascii").strip()


def _repo_of(root: Path, revision: str) -> None:
    """Refuse a repo whose settings and history are files of the module: git takes any folder with
    HEAD, objects and refs in it for a bare one (git-config, safe.bareRepository)."""
    try:
        said = _git(root, "rev-parse", "--is-bare-repository", "--absolute-git-dir")
    except CouldNotCheckError as error:
        raise UsageError(
            f"{revision!r} is no folder and no version, and {root} is in no git repo that can"
            f" be read: {error.message}",
            hint="name a folder, a released version, `catalog` or a revision of git",
        ) from error
    bare, _, folder = os.fsdecode(said).rstrip("\n").partition("\n")
    here, home = root.resolve(), Path(folder).resolve()
    if bare == "true" or (home.is_relative_to(here) and home != here / ".git"):
        raise CouldNotCheckError(
            f"git takes {home} for a bare repo, and what is in it for the history of {root.name}",
            hint="remove HEAD, config, objects and refs from the module's files",
        )


def _listed(root: Path, tree: str) -> Mapping[str, str]:
    """The object ids of the files that a contract stands in, by path below the module."""
    try:
        listed = _git(root, "ls-tree", "-r", "-z", "-l", "--full-tree", tree)
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


def _git(root: Path, *arguments: str) -> bytes:
    from gates.toolchains.processes import Processes

    kept = ("PATH", "HOME", "GIT_CEILING_DIRECTORIES")
    environment = {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    settings = [part for each in _SETTINGS for part in ("-c", each)]
    command = ["git", "--no-pager", *settings, *arguments]
    ran = Processes().run(command, cwd=root, env=environment, timeout=SECONDS)
    if ran.exit_status != 0:
        raise CouldNotCheckError(ran.end() or f"git ended with {ran.exit_status}")
    return ran.stdout

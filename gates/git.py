"""Asks git, without letting a repo have a say in what runs.

Nothing is checked out or fetched, no filter, hook or external program of the repo runs, and git
gets nothing of the user's but one revision, which it turns into an object id first.
"""

from __future__ import annotations

import os
from pathlib import Path

from gates.errors import CouldNotCheckError, UsageError

SECONDS = 30.0

_SETTINGS = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.sshCommand=false",
    "credential.helper=", "protocol.allow=never", "safe.bareRepository=explicit",
)  # fmt: skip
"""On top of what the repo's own config says: it starts no program and fetches nothing."""


def git(root: Path, *arguments: str) -> bytes:
    """What git prints in the folder `root`.

    Raises `ToolMissingError` without git, `CouldNotCheckError` where it ends with an error.
    """
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


def commit_of(root: Path, revision: str, *, hint: str) -> str:
    """The object id of the commit that a revision names in the repo around `root`.

    Raises `UsageError` with `hint` where there is no such revision or no repo, and
    `CouldNotCheckError` for a repo whose history is files of `root`.
    """
    if not revision or "\0" in revision:
        raise UsageError(f"{revision!r} is no revision", hint=hint)
    _refuse_planted_repo(root, revision, hint)
    try:
        found = git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except CouldNotCheckError as error:
        raise UsageError(f"{revision!r} is no revision of git in {root}", hint=hint) from error
    return found.decode("ascii").strip()


def _refuse_planted_repo(root: Path, revision: str, hint: str) -> None:
    """Refuse a repo whose settings and history are files of the module: git takes any folder with
    HEAD, objects and refs in it for a bare one (git-config, safe.bareRepository)."""
    try:
        said = git(root, "rev-parse", "--is-bare-repository", "--absolute-git-dir")
    except CouldNotCheckError as error:
        raise UsageError(
            f"{revision!r} cannot be looked up: {root} is in no git repo that can be read:"
            f" {error.message}",
            hint=hint,
        ) from error
    bare, _, folder = os.fsdecode(said).rstrip("\n").partition("\n")
    here, home = root.resolve(), Path(folder).resolve()
    if bare == "true" or (home.is_relative_to(here) and home != here / ".git"):
        raise CouldNotCheckError(
            f"git takes {home} for a bare repo, and what is in it for the history of {root.name}",
            hint="remove HEAD, config, objects and refs from the module's files",
        )

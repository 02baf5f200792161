"""Asks git, without letting a repo have a say in what runs.

Nothing is checked out or fetched, no filter, hook or external program of the repo runs, and git
gets nothing of the user's but one revision, which it turns into an object id first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from gates.errors import CouldNotCheckError, UsageError
from gates.module import File, Module
from gates.records import dataclass

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
    _refuse_planted(root, bare, folder)


def _refuse_planted(root: Path, bare: str, folder: str) -> None:
    here, home = root.resolve(), Path(folder).resolve()
    if bare == "true" or (home.is_relative_to(here) and home != here / ".git"):
        raise CouldNotCheckError(
            f"git takes {home} for a bare repo, and what is in it for the history of {root.name}",
            hint="remove HEAD, config, objects and refs from the module's files",
        )


@dataclass(frozen=True)
class Checkout:
    """What git says of a module's folder: the commit, and what of the module is not in it."""

    commit: str
    """The object id, in hex."""
    changed: tuple[str, ...] = ()
    """Files that are new, gone or other than in the commit; paths in the module, sorted."""
    author: str = ""
    """The e-mail address of the commit's author, as git has it."""

    @property
    def state(self) -> str:
        """In words: "clean", "2 files are not committed (module.json, src/a.py)"."""
        if not self.changed:
            return CLEAN
        count = "1 file is" if len(self.changed) == 1 else f"{len(self.changed):,} files are"
        shown = ", ".join(self.changed[:_SHOWN]) + (", ..." if len(self.changed) > _SHOWN else "")
        return f"{count} not committed ({shown})"


CLEAN = "clean"
_SHOWN = 5


def read_checkout(module: Module) -> Checkout | None:
    """The commit that a module stands on, and its files that differ from it; None without one.

    The files are compared by their bytes with git's objects, so that no filter of the repo runs:
    what a filter or `autocrlf` wrote differently counts as changed. Neither modes of files count
    nor what is no part of the module. Raises `CouldNotCheckError` where the repo or a file cannot
    be read, and `ToolMissingError` without git.
    """
    root = module.root
    if not any((folder / ".git").exists() for folder in (root, *root.resolve().parents)):
        return None
    try:
        commit, prefix = _head(root)
    except UsageError:
        return None  # no commit yet, or no repo that git takes for one
    listed = git(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", f":(literal){prefix}")
    committed: dict[str, str] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, kind, identity = head.decode("ascii").split()
        path = os.fsdecode(name).removeprefix(prefix)
        committed[path] = f"link {identity}" if mode == "120000" else f"{kind} {identity}"
    here = {path: identity_of(module, file, len(commit)) for path, file in module.files.items()}
    changed = {path for path, identity in here.items() if committed.get(path) != identity}
    changed |= {path for path in committed.keys() - here.keys() if not os.path.lexists(root / path)}
    return Checkout(commit, tuple(sorted(changed)), _author(root, commit))


def _head(root: Path) -> tuple[str, str]:
    """The commit that is checked out, and the module's folder in the repo with a slash at its end;
    by one start of git where that answers. Raises as `commit_of`."""
    asked = ("--is-bare-repository", "--absolute-git-dir", "--show-prefix", "HEAD^{commit}")
    with contextlib.suppress(CouldNotCheckError):  # then those say why who ask one by one
        lines = os.fsdecode(git(root, "rev-parse", *asked)).split("\n")
        if len(lines) == len(asked) + 1:  # more of them where a name has a line break
            bare, folder, prefix, commit, _ = lines
            _refuse_planted(root, bare, folder)
            return commit, prefix
    commit = commit_of(root, "HEAD", hint="")
    return commit, os.fsdecode(git(root, "rev-parse", "--show-prefix")).rstrip("\n")


def _author(root: Path, commit: str) -> str:
    """From the commit itself (git-cat-file): no setting of the repo has a say in it."""
    for line in git(root, "cat-file", "commit", commit).split(b"\n\n", 1)[0].splitlines():
        if line.startswith(b"author ") and b"<" in line:
            return line.rpartition(b"<")[2].partition(b">")[0].decode("utf-8", "replace").strip()
    return ""


def identity_of(module: Module, file: File, length: int) -> str:
    """What git would call a file: the digest of its header and content (git-hash-object)."""
    data = module.data(file.path) if file.link is None else os.fsencode(file.link)
    header = f"blob {len(data)}\0".encode()
    made = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    made.update(header + data)
    return f"{'blob' if file.link is None else 'link'} {made.hexdigest()}"

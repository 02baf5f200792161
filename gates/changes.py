"""Which lines of a module differ from where its branch left the branch that it is merged into."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gates.digests import digest_of
from gates.errors import CouldNotCheckError, UsageError
from gates.git import commit_of, git, identity_of
from gates.module import Module
from gates.records import dataclass, field

SOURCES = "src/"


@dataclass(frozen=True)
class Changes:
    """The new and changed lines of the module's sources."""

    base: str = ""
    """The commit of the merge base; "" where there is none."""
    reason: str = ""
    """Why there is none."""
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """By path, from 1."""

    @property
    def digest(self) -> str:
        """Of all that it says."""
        lines = {path: sorted(each) for path, each in sorted(self.lines.items())}
        return digest_of([self.base, self.reason, lines])


def read_changes(module: Module, branch: str) -> Changes:
    """What differs from the merge base of HEAD and a branch, of `origin` where it is there.

    Files are compared by their bytes, as `read_checkout` does: no filter of the repo runs. Raises
    `CouldNotCheckError` where the repo cannot be read.
    """
    root = module.root
    if not any((folder / ".git").exists() for folder in (root, *root.resolve().parents)):
        return Changes(reason="the module is in no git repo")
    base = _merge_base(module, branch)
    if isinstance(base, Changes):
        return base
    prefix = os.fsdecode(git(root, "rev-parse", "--show-prefix")).rstrip("\n")
    place = f":(literal){prefix}{SOURCES}"
    listed = git(root, "ls-tree", "-r", "-z", "--full-tree", base, "--", place)
    before: dict[str, str] = {}
    for entry in filter(None, listed.split(b"\0")):
        head, _, name = entry.partition(b"\t")
        before[os.fsdecode(name).removeprefix(prefix)] = head.decode("ascii").split()[2]
    found = {}
    for path, file in module.files.items():
        if not path.startswith(SOURCES) or file.link is not None:
            continue
        blob = before.get(path)
        if blob == identity_of(module, file, len(base)).partition(" ")[2]:
            continue
        old = git(root, "cat-file", "blob", blob) if blob else b""
        if lines := changed_lines(old, module.data(path)):
            found[path] = lines
    return Changes(base, lines=found)


def _merge_base(module: Module, branch: str) -> str | Changes:
    for name in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
        try:
            tip = commit_of(module.root, name, hint="")
            head = commit_of(module.root, "HEAD", hint="")
        except UsageError:
            continue
        try:
            return git(module.root, "merge-base", head, tip).decode("ascii").strip()
        except CouldNotCheckError:
            return Changes(reason=f"HEAD and {branch} have no common commit here")
    return Changes(reason=f"there is no branch {branch} here")


def changed_lines(old: bytes, new: bytes) -> frozenset[int]:
    """The lines of `new`, from 1, that are not as they were in `old`."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    return frozenset(
        line
        for tag, _, _, first, last in matcher.get_opcodes()
        if tag in ("insert", "replace")
        for line in range(first + 1, last + 1)
    )

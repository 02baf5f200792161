"""The files of a module, read from disk: the only part that touches it.

Every name is opened relative to the open folder that holds it and never through a link, so a tree
that changes while it is read cannot lead outside. Devices, sockets and pipes are never opened.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from pathlib import Path

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module.ignore import Rules, is_ignored, is_output, read_rules
from gates.module.links import resolve
from gates.module.model import File, Problem
from gates.records import dataclass, field

MAX_FILES = 20_000
MAX_BYTES = 128 * 1024 * 1024
"""Of all files together."""
MAX_FILE = 16 * 1024 * 1024
"""Of one file. What looks at a file may hold it in memory, several times where it decodes it."""
MAX_DEPTH = 64
"""Of folders in folders."""
MAX_SECONDS = 60.0
"""That reading a module may take: every file is held against every line of every `.gitignore`."""
KEPT_FILE = 4 * 1024 * 1024
"""Largest file, in bytes, that is kept in memory."""
KEPT_ALL = 32 * 1024 * 1024
"""Bytes of all files together that are kept in memory."""
MAX_RULES = 64 * 1024
"""Largest `.gitignore` that is read, in bytes."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _LimitError(Exception):
    """A hard limit was reached; `args` is the message and the way out."""


@dataclass
class Tree:
    """What was found, in the making."""

    files: dict[str, File] = field(default_factory=dict)
    refused: dict[str, File] = field(default_factory=dict)
    """Links that are no part of the module; they count in the digest all the same."""
    problems: list[Problem] = field(default_factory=list)
    folders: set[str] = field(default_factory=lambda: {""})
    total: int = 0
    kept: int = 0
    deadline: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)

    def problem(self, message: str, path: str, fix: str | None, *, unread: bool = False) -> None:
        """Record what is wrong with a file as a whole."""
        self.problems.append(Problem(message, Location(path), fix, unread))


def read_tree(root: Path) -> Tree:
    """Every file that belongs to the module under `root`, and what is wrong with them.

    Raises `OSError` where the root itself cannot be opened.
    """
    tree = Tree()
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _walk(tree, folder, "", (), 0)
    except _LimitError as limit:
        message, fix = limit.args
        tree.problem(message, "", fix, unread=True)
    finally:
        os.close(folder)
    _check_links(tree)
    _check_case(tree)
    tree.files = dict(sorted(tree.files.items()))
    return tree


def _walk(tree: Tree, folder: int, prefix: str, rules: tuple[Rules, ...], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _LimitError(f"folders are nested more than {MAX_DEPTH} deep: {prefix[:80]}", None)
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    if any(entry.name == ".gitignore" and entry.is_file(follow_symlinks=False) for entry in listed):
        rules += _rules(tree, folder, prefix)
    for entry in listed:
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        if time.monotonic() > tree.deadline:
            raise _LimitError(
                f"reading the module takes longer than {MAX_SECONDS:.0f} seconds",
                "leave build output out with .gitignore, and keep its patterns simple",
            )
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_output(path, entry.name) or is_ignored(path, rules, folder=is_folder):
            continue
        if not _is_plain(entry.name):
            shown = os.fsencode(path).decode("utf-8", "backslashreplace").encode("unicode_escape")
            message = f"the name {shown.decode()!r} is not plain UTF-8 text"
            tree.problem(message, prefix, "rename it", unread=True)
        elif is_folder:
            tree.folders.add(path)
            try:
                inner = os.open(entry.name, _FOLDER, dir_fd=folder)
            except OSError as error:
                _unreadable(tree, path, error)
                continue
            try:
                _walk(tree, inner, path, rules, depth + 1)
            except OSError as error:
                _unreadable(tree, path, error)
            finally:
                os.close(inner)
        else:
            _read_entry(tree, folder, entry, path)


def _read_entry(tree: Tree, folder: int, entry: os.DirEntry[str], path: str) -> None:
    if len(tree.files) >= MAX_FILES:
        raise _LimitError(
            f"the module has more than {MAX_FILES} files",
            "leave build output and data out with .gitignore",
        )
    try:
        if entry.is_symlink():
            target = os.readlink(entry.name, dir_fd=folder)
            plain = os.fsencode(target)
            content = hashlib.sha256(b"symlink\0" + plain).hexdigest()
            tree.files[path] = File(path, len(plain), content, None, target)
        elif entry.is_file(follow_symlinks=False):
            file = _read_file(tree, folder, entry.name, path)
            if file is not None:
                tree.files[path] = file
        else:
            tree.problem("is no file: a pipe, a socket or a device", path, "remove it", unread=True)
    except OSError as error:
        _unreadable(tree, path, error)


def _read_file(tree: Tree, folder: int, name: str, path: str) -> File | None:
    """One file; None where it is too large, which is a problem by then."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "no longer a file")
        content = hashlib.sha256()
        kept: list[bytes] = []
        size = 0
        while chunk := stream.read(1 << 20):
            size += len(chunk)
            if max(size, status.st_size) > MAX_FILE:
                tree.problem(
                    f"is {max(size, status.st_size):,} bytes large; a file of a module has at most"
                    f" {MAX_FILE:,}",
                    path,
                    "keep data elsewhere, or leave it out with .gitignore",
                    unread=True,
                )
                return None
            if tree.total + size > MAX_BYTES:
                raise _LimitError(
                    f"the module is larger than {MAX_BYTES // 1024 // 1024} MiB",
                    "leave build output and data out with .gitignore",
                )
            content.update(chunk)
            if size <= KEPT_FILE and tree.kept + size <= KEPT_ALL:
                kept.append(chunk)
    tree.total += size
    data = b"".join(kept)
    keep = len(data) == size
    tree.kept += size if keep else 0
    return File(path, size, content.hexdigest(), data if keep else None)


def _rules(tree: Tree, folder: int, prefix: str) -> tuple[Rules, ...]:
    path = f"{prefix}/.gitignore" if prefix else ".gitignore"
    try:
        with os.fdopen(os.open(".gitignore", _FILE, dir_fd=folder), "rb") as stream:
            data = stream.read(MAX_RULES + 1)
    except OSError as error:
        _unreadable(tree, path, error)
        return ()
    if len(data) > MAX_RULES:
        tree.problem(f"is larger than {MAX_RULES // 1024} KiB", path, "shorten it", unread=True)
        return ()
    rules, refused = read_rules(prefix, data.decode("utf-8", "replace"))
    for line, reason in refused:
        fix = "write a simpler pattern"
        tree.problems.append(Problem(reason, Location(path, line, 1), fix))
    return (rules,) if rules else ()


def _is_plain(name: str) -> bool:
    return name.isprintable() and not any("\ud800" <= each <= "\udfff" for each in name)


def _unreadable(tree: Tree, path: str, error: OSError) -> None:
    from shlex import quote

    reason = (error.strerror or str(error)).lower()
    tree.problem(f"could not be read: {reason}", path, f"chmod u+rX {quote(path)}", unread=True)


def _check_links(tree: Tree) -> None:
    links = {path: file.link for path, file in tree.files.items() if file.link is not None}
    for path, target in links.items():
        real = resolve(path, links)
        if target.startswith("/"):
            message = f"is a link to the absolute path {target[:80]!r}"
        elif real is None:
            message = f"is a link that leads out of the module, or to itself: {target[:80]!r}"
        elif real not in tree.files and real not in tree.folders:
            message = f"is a link to nothing in the module: {target[:80]!r}"
        else:
            continue
        tree.problem(message, path, "put the file itself in its place")
        tree.refused[path] = tree.files.pop(path)


def _check_case(tree: Tree) -> None:
    seen: dict[str, str] = {}
    for path in sorted(tree.files):
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            tree.problem(
                f"differs from {other} in upper and lower case alone, and so is the same file on "
                "many machines",
                path,
                "rename one of the two",
            )


def digest(tree: Tree) -> str:
    """The digest of the content: in-toto's dirHash1 (Go's dirhash.Hash1), in hex.

    Where something could not be read it holds a random part, so that no evidence of one run can
    speak for another.
    """
    entries = {path: file.sha256 for path, file in (tree.files | tree.refused).items()}
    lines = [f"{entries[path]}  {path}\n" for path in sorted(entries)]
    if any(problem.unread for problem in tree.problems):
        lines.append(f"{os.urandom(32).hex()}  unread\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_again(root: Path, file: File) -> bytes:
    """The content of a file that was too large to keep, opened as safely as the first time.

    Raises `CouldNotCheckError` where it is gone, or no longer a plain file.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        *parents, name = file.path.split("/")
        for parent in parents:
            inner = os.open(parent, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        with os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb") as stream:
            return stream.read(file.size + 1)
    except OSError as error:
        message = f"{file.path} can no longer be read: {error.strerror}"
        raise CouldNotCheckError(message) from error
    finally:
        os.close(folder)

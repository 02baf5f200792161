"""From a folder to a `Module`: read once, nothing executed, nothing outside it opened."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from gates.errors import UsageError
from gates.filesystem import is_folder, is_link, resolved, status
from gates.lazy import pattern
from gates.model import Location
from gates.module.document import Document, Lines
from gates.module.migrations import layout, pair
from gates.module.model import File, Module, Problem
from gates.module.paths import inside
from gates.module.strict_json import parse
from gates.module.tree import Tree, digest, read_tree

MANIFEST = "module.json"
SETTINGS = "module_schema.json"
OLD_MANIFESTS = ("module.config.json",)
"""Names that the manifest had once."""
MAX_DOCUMENT = 1024 * 1024
"""Largest manifest or settings schema, in bytes."""

_ORIGIN = pattern(
    r'^\[remote "origin"\][^\n]*\n(?:[ \t]*[^\[\n][^\n]*\n)*?[ \t]*url[ \t]*=[ \t]*(\S+)',
    re.MULTILINE,
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load(root: Path) -> Module:
    """Read the module repo at `root`; a link there is followed, no link below it is.

    Raises `UsageError` where `root` is no folder or has no module.json. Everything else that is
    wrong becomes one of `Module.problems`.
    """
    root = _find(root)
    try:
        tree = read_tree(root)
    except OSError as error:
        raise UsageError(f"{root} cannot be read: {error.strerror}") from error
    return _module(root, tree, _names(root))


def load_older(root: Path) -> Module:
    """As `load`, also where module.json has an older name, or is not there at all."""
    if not is_folder(root):
        raise UsageError(f"{root} is no folder", hint="give the folder that holds the module")
    root = root.resolve()
    try:
        return _module(root, read_tree(root), _names(root))
    except OSError as error:
        raise UsageError(f"{root} cannot be read: {error.strerror}") from error


def from_files(origin: str, files: Mapping[str, bytes]) -> Module:
    """A module that is in memory alone: files by their path, from a place such as an archive.

    `origin` says in messages where they come from. Raises `UsageError` where there is no
    module.json.
    """
    if MANIFEST not in files:
        raise UsageError(f"there is no {MANIFEST} in {origin}, so it is not a module")
    tree = Tree()
    for path, data in sorted(files.items()):
        sha256 = hashlib.sha256(data).hexdigest()
        tree.files[path] = File(path, len(data), sha256, data=data)
    return _module(Path(origin), tree, ())


def with_files(module: Module, changes: Mapping[str, bytes | None]) -> Module:
    """The same module with other contents of some files, by path, and without those whose content
    is None; nothing on disk changes."""
    tree = Tree()
    tree.files = {path: file for path, file in module.files.items() if path not in changes}
    for path, data in changes.items():
        if data is not None:
            tree.files[path] = File(path, len(data), hashlib.sha256(data).hexdigest(), data=data)
    tree.files = dict(sorted(tree.files.items()))
    tree.problems = [each for each in module.problems if each.location.path not in changes]
    return _module(module.root, tree, module.names)


def _module(root: Path, tree: Tree, names: tuple[str, ...]) -> Module:
    manifest = _manifest(tree)
    named = manifest.get("schema_file") if manifest else None
    settings_path = inside(named) or SETTINGS
    settings = _document(tree, settings_path) if settings_path in tree.files else None
    found = layout(tree.files)
    migrations = pair(found, lambda path: _sql(tree, path))
    for hook in found.hooks.values():
        _sql(tree, hook)
    return Module(
        root=root,
        files=tree.files,
        manifest=manifest,
        settings=settings,
        migrations=migrations,
        hooks=found.hooks,
        problems=tuple(dict.fromkeys(tree.problems)),
        digest=digest(tree),
        names=names,
    )


def _find(root: Path) -> Path:
    if not is_folder(root):
        reason = "is a file, not a folder" if status(root) else "does not exist"
        raise UsageError(f"{root} {reason}", hint="give the folder that holds module.json")
    if os.path.lexists(root / MANIFEST):
        return root.resolve()
    for old in OLD_MANIFESTS:
        if os.path.lexists(root / old):
            raise UsageError(
                f"there is no {MANIFEST} in {root}; {old} is the name that it had once",
                hint=f"git mv {old} {MANIFEST}",
            )
    raise UsageError(
        f"there is no {MANIFEST} in {root}, so it is not a module",
        hint="give the folder that holds module.json",
    )


def _manifest(tree: Tree) -> Document | None:
    if MANIFEST in tree.files:
        return _document(tree, MANIFEST)
    if not any(problem.location.path in ("", MANIFEST) for problem in tree.problems):
        tree.problem(
            "is not part of the module: a .gitignore leaves it out", MANIFEST, "remove that pattern"
        )
    return None


def _document(tree: Tree, path: str) -> Document | None:
    file = tree.files[path]
    if file.link is not None:
        tree.problem("is a link; it must be the file itself", path, "put the file in its place")
        return None
    if file.data is None or file.size > MAX_DOCUMENT:
        tree.problem(
            f"is {file.size:,} bytes large; more than {MAX_DOCUMENT:,} are not read", path,
            "move what is not part of the contract elsewhere",
        )  # fmt: skip
        return None
    text = _decode(tree, file)
    if text is None:
        return None
    value, faults = parse(text)
    lines = Lines(text)
    for fault in faults:
        location = lines.locate(path, fault.start, fault.end)
        tree.problems.append(Problem(fault.message, location, fault.fix))
    if any(fault.fatal for fault in faults):
        return None
    return Document(path, text, value)


def _decode(tree: Tree, file: File) -> str | None:
    """The text of a file, with what is wrong with its encoding recorded; None where hopeless."""
    data = file.data or b""
    if data.startswith(_UTF16):
        tree.problem("is UTF-16; files of a module are UTF-8", file.path, "save it as UTF-8")
        return None
    if data.startswith(codecs.BOM_UTF8):
        location = Location(file.path, 1, 1)
        fix = "save it as UTF-8 without byte order mark"
        tree.problems.append(Problem("begins with a byte order mark", location, fix))
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        location = Lines(before).locate(file.path, len(before), len(before) + 1)
        message = f"is not UTF-8: the byte 0x{data[error.start]:02x} here is part of no character"
        tree.problems.append(Problem(message, location, "save it as UTF-8"))
        return None


def _sql(tree: Tree, path: str) -> str:
    file = tree.files[path]
    if file.link is not None:
        tree.problem("is a link; it must be the file itself", path, "put the file in its place")
        return ""
    if file.data is None:
        tree.problem(
            f"is {file.size:,} bytes large, too large for a migration", path,
            "load data in a job, not in a migration", unread=True,
        )  # fmt: skip
        return ""
    text = _decode(tree, file)
    if text is not None and "\0" in text:
        lines, at = Lines(text), text.index("\0")
        location = lines.locate(path, at, at + 1)
        tree.problems.append(Problem("holds a zero byte, which no SQL can", location, "remove it"))
    return text or ""


def _names(root: Path) -> tuple[str, ...]:
    """The folder's name, and the repo's by its remote `origin`, read from .git/config as text."""
    names = [root.name]
    try:
        config = _config(root / ".git")
        found = status(config, follow=False)
        if not is_link(config.parent) and found is not None and stat.S_ISREG(found.st_mode):
            with config.open("rb") as stream:
                text = stream.read(256 * 1024).decode("utf-8", "replace")
            url = _ORIGIN.search(text)
            if url:
                names.append(re.split(r"[/:]", url[1].rstrip("/"))[-1].removesuffix(".git"))
    except (OSError, ValueError):  # what a file of the repo names may be no path at all
        pass
    return tuple(dict.fromkeys(name for name in names if name))


def _config(place: Path) -> Path:
    """Where the config of the repo lies. `.git` is a file in a linked worktree: it names a folder,
    which counts where that folder names the file in turn (gitrepository-layout)."""
    if place.is_symlink() or not place.is_file():
        return place / "config"
    named = _line(place).removeprefix("gitdir: ")
    folder = place.parent / named
    back = place.parent / _line(folder / "gitdir")
    if not named or resolved(back) != resolved(place):
        return place / "config"
    return folder / _line(folder / "commondir") / "config"


def _line(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(4096).decode("utf-8", "surrogateescape").strip()

"""Paths that a module names: plain text, untrusted, judged without touching the disk."""

from __future__ import annotations

import posixpath

from gates.lazy import pattern

_DRIVE = pattern(r"^[A-Za-z]:")


def why_outside(path: str) -> str | None:
    """Why a path cannot be one inside the module, or None where it can."""
    if not path.strip():
        return "is empty"
    if not path.isprintable():
        return "holds characters that cannot be shown"
    if "\\" in path:
        return "has a backslash; paths are written with /"
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        return "is absolute; paths start at the folder of module.json"
    if "://" in path:
        return "is a URL, not a path"
    if posixpath.normpath(path).split("/", 1)[0] == "..":
        return "leaves the module"
    if ".." in path.split("/"):
        return "goes up with .."
    return None


def inside(path: object) -> str | None:
    """The path in normal form (`./a//b` is `a/b`), or None where it is none inside the module."""
    if not isinstance(path, str) or why_outside(path) is not None:
        return None
    return posixpath.normpath(path)

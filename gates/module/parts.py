"""Parts of a module that tools are given: who needs no documentation does not run again for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from gates.digests import digest_of
from gates.module.model import Module

Part = Literal["all", "program", "code"]


def is_documentation(path: str) -> bool:
    """Whether a file is a text for people: Markdown at the top, and everything in docs."""
    return path.startswith("docs/") or ("/" not in path and path.lower().endswith(".md"))


def is_migration(path: str) -> bool:
    """Whether a file belongs to the module's SQL."""
    return path.startswith("migrations/")


PARTS: Mapping[Part, Callable[[str], bool]] = {
    "all": lambda _: True,
    "program": lambda path: not is_documentation(path),
    "code": lambda path: not is_documentation(path) and not is_migration(path),
}
"""Whether a path belongs to a part: all, what is no documentation, or what is no SQL either."""


def digest_part(module: Module, part: Part) -> str:
    """SHA-256, in hex, over paths and contents of a part."""
    return module.once(_digest_part, part)


def _digest_part(module: Module, part: Part) -> str:
    chosen = PARTS[part]
    return digest_of({path: file.sha256 for path, file in module.files.items() if chosen(path)})

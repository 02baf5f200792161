"""The languages that modules are written in, each in a folder of its own behind one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from gates.errors import CouldNotCheckError
from gates.module import Module
from gates.toolchains.ecosystem import Ecosystem
from gates.toolchains.languages import python, typescript
from gates.toolchains.languages.protocol import Language, Words

__all__ = [
    "ECOSYSTEMS",
    "LANGUAGES",
    "NEITHER",
    "Language",
    "Words",
    "find_language",
    "language_name",
    "language_of",
]

LANGUAGES: Mapping[str, Language] = {
    python.name: python,
    typescript.name: typescript,
}
"""Every language, by name."""
ECOSYSTEMS: Mapping[str, Ecosystem] = {
    each.ecosystem.name: each.ecosystem for each in LANGUAGES.values()
}
"""The ecosystem of each language, by name."""
NEITHER = f"neither {' nor '.join(each.title for each in LANGUAGES.values())}"
"""What an entrypoint in no known language is."""


def find_language(module: Module) -> Language | None:
    """The language of a module, by its entrypoint's suffix; None where it is not known."""
    suffix = PurePosixPath(module.entrypoint).suffix
    return next((each for each in LANGUAGES.values() if suffix in each.suffixes), None)


def language_name(module: Module) -> str | None:
    """The name of a module's language, as checks give it; None where it is not known."""
    found = find_language(module)
    return found.name if found is not None else None


def language_of(module: Module) -> Language:
    """The language of a module. Raises `CouldNotCheckError` where it is not known."""
    if (found := find_language(module)) is None:
        raise CouldNotCheckError(f"the entrypoint is {NEITHER}")
    return found

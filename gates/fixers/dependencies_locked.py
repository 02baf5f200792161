"""Makes the module's lock anew."""

from __future__ import annotations

from gates.fixer import Changes, fixer
from gates.module import Module
from gates.toolchains import Tools


@fixer()
def dependencies_locked(module: Module, tools: Tools) -> Changes:
    """The lock file as the language's own program writes it, which asks the registry.

    Raises `CouldNotCheckError` offline, and where the program cannot make one.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    return {language.lock_file: language.write_lock(tools)}

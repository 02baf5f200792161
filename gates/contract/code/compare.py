"""The difference between the code that two versions export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.contract.code.api import Api
from gates.contract.model import Bump, Change

if TYPE_CHECKING:
    from gates.toolchains import Tools


def compare_code(old: Api, new: Api, tools: Tools | None = None) -> list[Change]:
    """What breaks for who imports the old version, and what the new one offers more.

    TypeScript needs the `tools` of a check of the new version: its packages and the compiler.
    Raises `CouldNotCheckError` where one of the two, or the library or program that reads it,
    is not there.
    """
    if old.language != new.language:
        message = f"the code is {new.language} and was {old.language}: no import of it works"
        example = f"an import of {old.entry}"
        return [Change("code", "code:register", Bump.MAJOR, message, example=example)]
    if old.files == new.files and old.entry == new.entry:
        return []
    if new.language == "python":
        from gates.contract.code.python import compare_python

        return list(compare_python(old, new, tools.folder if tools is not None else None))
    from gates.contract.code.typescript import compare_typescript

    return list(compare_typescript(old, new, tools))

"""The difference between the code that two versions export."""

from __future__ import annotations

from collections.abc import Iterable
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
    return list(COMPARISONS[new.language](old, new, tools))


def _python(old: Api, new: Api, tools: Tools | None) -> Iterable[Change]:
    from gates.contract.code.python import compare_python

    return compare_python(old, new, tools.folder if tools is not None else None)


def _typescript(old: Api, new: Api, tools: Tools | None) -> Iterable[Change]:
    from gates.contract.code.typescript import compare_typescript

    return compare_typescript(old, new, tools)


COMPARISONS = {"python": _python, "typescript": _typescript}
"""What compares the exported code of two versions, by language."""

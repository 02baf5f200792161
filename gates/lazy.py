"""What is made when it is first asked for: names of a package, and regular expressions.

Every start of the command pays for what is made earlier.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any, AnyStr, cast


def load(package: str, files: Mapping[str, str], name: str) -> object:
    """The name of a package, from the file that `files` gives for it.

    Raises `AttributeError` for another name, as a package does.
    """
    if name not in files:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{package}.{files[name]}"), name)


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression that is compiled when it is first used, by its methods alone."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))


class _Pattern:
    def __init__(self, *said: Any) -> None:  # noqa: ANN401 - a text or bytes, and flags
        self._said = said

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the attribute is
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(*self._said), name)
        self.__dict__[name] = found
        return found

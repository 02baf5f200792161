"""The classes of Python's standard library whose relations are asked."""

from __future__ import annotations

import importlib

_ROOTS = (
    "builtins", "collections.abc", "datetime", "decimal", "enum", "fractions", "pathlib", "uuid",
)  # fmt: skip
"""Modules of the standard library whose classes are asked; a module's own code never is."""
ABSTRACT = "collections.abc."
TYPING = {
    "List": "builtins.list", "Dict": "builtins.dict", "Set": "builtins.set",
    "FrozenSet": "builtins.frozenset", "Tuple": "builtins.tuple", "Type": "builtins.type",
    "Text": "builtins.str", "AbstractSet": "collections.abc.Set",
    "ContextManager": "contextlib.AbstractContextManager",
    "AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "Pattern": "re.Pattern", "Match": "re.Match", "Deque": "collections.deque",
    "DefaultDict": "collections.defaultdict", "OrderedDict": "collections.OrderedDict",
    "Counter": "collections.Counter", "ChainMap": "collections.ChainMap",
}  # fmt: skip
NONE = "builtins.None"


def unaliased(path: str) -> str:
    """The class that a name of typing is only another one for."""
    module, _, last = path.rpartition(".")
    return TYPING.get(last, path) if module in ("typing", "typing_extensions") else path


def known_class(name: str) -> type | None:
    """A class of the standard library, by its whole name."""
    module, _, last = name.rpartition(".")
    if name == NONE:
        return type(None)
    if module not in _ROOTS:
        return None
    found = getattr(importlib.import_module(module), last, None)
    return found if isinstance(found, type) else None

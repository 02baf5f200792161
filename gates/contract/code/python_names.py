"""What a name in a Python package stands for, through imports and through other names for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import griffe

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_MAX_STEPS = 20


class Names:
    """The names of everything that griffe has read, one wheel."""

    def __init__(self, collection: griffe.ModulesCollection) -> None:
        self._collection = collection

    def is_own(self, path: str) -> bool:
        """Whether a whole name is one of the wheel's."""
        return path.partition(".")[0] in self._collection.members

    def find(self, scope: griffe.Object, text: str) -> tuple[str, griffe.Object | None]:
        """The whole name of what a dotted name stands for in a scope, and the object itself where
        it is of this wheel."""
        import griffe

        head, _, rest = text.partition(".")
        try:
            path = scope.resolve(head)
        except (griffe.NameResolutionError, KeyError, AttributeError):
            return text, None
        return self.follow(f"{path}.{rest}" if rest else path)

    def follow(self, path: str) -> tuple[str, griffe.Object | None]:
        """The same for a whole name: where imports lead, and a value that is only another name."""
        import griffe

        for _ in range(_MAX_STEPS):
            try:
                node = self._collection[path]
                if isinstance(node, griffe.Alias):
                    node = node.final_target
            except griffe.AliasResolutionError as error:
                target = str(error.alias.target_path)
                return (path, None) if target == path else (target, None)
            except (KeyError, ValueError, AttributeError, griffe.GriffeError):
                return path, None
            if not isinstance(node, griffe.Attribute) or node.value is None:
                return str(node.path), node
            value = str(node.value)
            if not _DOTTED.fullmatch(value) or value == node.name or node.parent is None:
                return str(node.path), node
            head, _, rest = value.partition(".")
            try:
                found = node.parent.resolve(head)
            except (griffe.NameResolutionError, KeyError, AttributeError):
                return (value, None) if value not in ("True", "False", "None") else (
                    str(node.path), node
                )  # fmt: skip
            path = f"{found}.{rest}" if rest else found
        return path, None

    def follow_bases(self) -> None:
        """Writes each parent of a class as the class that it is, where a value names it."""
        import griffe

        for cls in self._classes():
            for number, base in enumerate(cls.bases):
                if isinstance(base, str):
                    continue
                path = str(base.canonical_path)
                try:
                    named = self._collection[path]
                    named = named.final_target if isinstance(named, griffe.Alias) else named
                except (KeyError, ValueError, AttributeError, griffe.GriffeError):
                    continue
                if isinstance(named, griffe.Attribute):
                    found, node = self.follow(path)
                    if isinstance(node, griffe.Class) or (node is None and found != path):
                        cls.bases[number] = found

    def _classes(self) -> Iterator[griffe.Class]:
        import griffe

        waiting: list[griffe.Object | griffe.Alias] = [*self._collection.members.values()]
        while waiting:
            each = waiting.pop()
            if isinstance(each, griffe.Class):
                yield each
            if isinstance(each, griffe.Class | griffe.Module):
                waiting += [one for one in each.members.values() if not one.is_alias]

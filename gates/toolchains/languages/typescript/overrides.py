"""What a package.json puts in the place of packages. Pure."""

from __future__ import annotations

from collections.abc import Iterator


def find_overridden(overrides: object, around: str = "") -> Iterator[tuple[str, str]]:
    """The aliases in npm's `overrides`: a name, and the package that is put in its place.

    Source: package.json in npm's documentation, `overrides`.
    """
    for key, value in overrides.items() if isinstance(overrides, dict) else ():
        at = str(key).rfind("@")
        name = around if key == "." else str(key)[:at] if at > 0 else str(key)
        if isinstance(value, str) and value.startswith("npm:"):
            yield name, value[4:].rpartition("@")[0] or value[4:]
        elif isinstance(value, dict):
            yield from find_overridden(value, name)

"""The names of queues, put together from parts; the same in both languages."""

from __future__ import annotations

from collections.abc import Iterable

MAX_DEPTH = 8
"""Parts of parts of a name that are followed."""


def known_names(parts: Iterable[tuple[str | None, ...]]) -> tuple[str | None, ...]:
    """A name of several parts, up to the first that is not known or is one of several.

    `(None,)` where nothing of it is known.
    """
    text = ""
    for names in parts:
        if len(names) != 1 or names[0] is None:
            break
        text += names[0]
    return (text or None,)

"""What the checks share that hold module.json against the sources, both ways."""

from __future__ import annotations

import re

from gates.toolchains.sources.offers import Text

LITERAL = "use a literal, or a constant of the module"
_PARAMETER = re.compile(r":[A-Za-z_]\w*|\{\*?[A-Za-z_]\w*(?::[^{}/]+)?\}")


def same_path(path: str) -> str:
    """A route's path without the names of its parameters: `:id` and `{id}` take the same URLs."""
    return _PARAMETER.sub("{}", path)


def unread(text: Text, what: str) -> str:
    """What to say of a name that the sources do not show: not checked, so not passed."""
    shown = f": {text.shown}" if text.shown else ""
    return f"{what} cannot be read from the sources{shown}"

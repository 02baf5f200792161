"""Options that several commands share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.settings import Settings


def settings_of(**given: Any) -> Settings:
    """Settings from options; paths become absolute, what was not given comes from elsewhere."""
    from gates.settings import Settings

    for name in ("policy", "key"):
        given[name] = given[name].absolute() if given.get(name) else None
    if (sign := given.pop("sign", None)) is not None:
        given["keyless"] = sign == "keyless"
    return Settings.from_environment(**given)


def wants_colour(stream: Any) -> bool:
    """Whether to write colours: any value of NO_COLOR that is not empty switches them off, one of
    FORCE_COLOR on where no terminal is (no-color.org, force-color.org); NO_COLOR goes first."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(stream.isatty() and os.environ.get("TERM") != "dumb")

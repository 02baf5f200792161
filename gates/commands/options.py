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
    """https://no-color.org: any value that is not empty switches colours off."""
    return bool(
        stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )

"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.settings import Settings


def settings_of(**given: Any) -> Settings:
    """Settings from options; paths become absolute, what was not given comes from elsewhere."""
    from gates.settings import Settings

    for name in ("policy", "key"):
        given[name] = given[name].absolute() if given.get(name) else None
    return Settings.from_environment(**given)

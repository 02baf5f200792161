"""Options that several commands share."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from gates.errors import UsageError

if TYPE_CHECKING:
    from gates.settings import Settings


_PASSWORD = re.compile(r"://[^/@]*:[^/@]+@|\b(?:ssl)?password\s*=\s*[^\s&]", re.IGNORECASE)
"""A password in a URL of libpq or in its list of keywords."""


def refuse_passwords(name: str, text: str) -> None:
    """Raise `UsageError` for an argument with a password: every process can read arguments."""
    if _PASSWORD.search(text):
        raise UsageError(
            f"{name} holds a password, and every program on this machine can read the command line",
            hint="set GATES_CATALOG or GATES_DATABASE_URL, or leave the password out and keep it in"
            " libpq's ~/.pgpass (passfile=) or connection service file (service=); change the one"
            " that was shown",
        )


def settings_of(**given: Any) -> Settings:
    """Settings from options; paths become absolute, what was not given comes from elsewhere.

    Raises `UsageError` for an option that holds a password.
    """
    from gates.settings import Settings

    for name, value in given.items():
        if isinstance(value, str):
            refuse_passwords(f"--{name.replace('_', '-')}", value)
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

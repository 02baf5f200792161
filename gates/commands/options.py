"""Options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gates.errors import UsageError
from gates.lazy import pattern
from gates.model import Stage

if TYPE_CHECKING:
    from gates.settings import Settings


CATALOG_HELP = "A PostgreSQL URL, or the folder of an embedded server."
REGISTRY_HELP = "the folder of an OCI image layout, or oci://HOST/PREFIX."
_PASSWORD = pattern(r"://[^/@]*:[^/@]+@|\b(?:ssl)?password\s*=\s*[^\s&]", re.IGNORECASE)
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


def stages_of(checks: Iterable[str]) -> list[Stage]:
    """The stages that these checks belong to, in order.

    Raises `UsageError` for a check that does not exist, or that only makes sense in its whole
    stage.
    """
    import difflib

    from gates.check import all_outlines

    known = {each.id: each.stage for each in all_outlines()}
    for each in checks:
        if each not in known:
            near = difflib.get_close_matches(each, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "`gates checks` lists them"
            raise UsageError(f"there is no check {each!r}", hint=hint)
        if known[each] in (Stage.PUBLISH, Stage.RELEASE):
            raise UsageError(
                f"{each} is part of {known[each]}, which is done as a whole or not at all",
                hint=f"gates {known[each]}",
            )
    return [stage for stage in Stage if stage in {known[each] for each in checks}]


def day(text: str) -> date:
    """The day of `--effective-time`. Raises `UsageError` for what is none."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        raise UsageError(
            f"--effective-time: {text!r} is no day such as 2027-01-31, and no time on one"
        ) from error


def wants_colour(stream: Any) -> bool:
    """Whether to write colours: any value of NO_COLOR that is not empty switches them off, one of
    FORCE_COLOR on where no terminal is (no-color.org, force-color.org); NO_COLOR goes first."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(stream.isatty() and os.environ.get("TERM") != "dumb")

"""How the values of a policy file are read.

Each reader gets a value of TOML and the folder of the file, and raises `ValueError` with what the
value must be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from gates.filesystem import resolved, status
from gates.model import Level
from gates.settings.policy import (
    IMAGE,
    MATURITIES,
    WALLS,
    Approval,
    SessionWay,
    Waiver,
)


def read_number(value: object, _base: Path) -> float:
    """A number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError("must be a number, 0 or more")
    return float(value)


def read_percent(value: object, base: Path) -> float:
    """A number from 0 to 100."""
    if (number := read_number(value, base)) > 100:
        raise ValueError("must be between 0 and 100")
    return number


def read_days(value: object, base: Path) -> int:
    """A whole number of days."""
    days = read_number(value, base)
    if days > 36_500:
        raise ValueError("must be at most 36,500 days")
    return int(days)


def read_rows(value: object, _base: Path) -> int:
    """A whole number of rows."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1000 <= value <= 10_000_000:
        raise ValueError("must be a whole number from 1,000 to 10,000,000")
    return value


def read_session_way(value: object, base: Path) -> SessionWay:
    """How a session becomes a tenant."""
    if not isinstance(value, dict) or set(value) != {"sql", "tenant"}:
        raise ValueError("must be a table of sql (statements) and tenant (an expression)")
    way = SessionWay(list_of(read_text)(value["sql"], base), read_text(value["tenant"], base))
    placeholders = re.findall(r"(?<![:\w]):([a-z_]+)", " ".join(way.sql))
    known = {"tenant_id", "organization_id", "user_id", "claims"}
    if unknown := sorted(set(placeholders) - known):
        listed = ", :".join(sorted(known))
        raise ValueError(f"unknown placeholder :{unknown[0]}; known are :{listed}")
    if not placeholders:
        raise ValueError("sql must name a tenant by :tenant_id, :organization_id or :claims")
    return way


def read_flag(value: object, _base: Path) -> bool:
    """true or false."""
    if value is True or value is False:
        return value
    raise ValueError("must be true or false")


def read_text(value: object, _base: Path) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text that is not empty")
    return value


def read_version(value: object, base: Path) -> str:
    """A version (semver.org)."""
    from semver import Version

    if not Version.is_valid(text := read_text(value, base)):
        raise ValueError("must be a version such as 1.4.0")
    return text


def read_path(value: object, base: Path) -> Path:
    """A file or folder that is there, from the folder of the policy file."""
    path = resolved(base / read_text(value, base))
    if status(path) is None:
        raise ValueError(f"there is no {path}")
    return path


def list_of(
    one: Callable[[object, Path], Any],
) -> Callable[[object, Path], tuple[Any, ...]]:
    """A reader of a list of what `one` reads."""

    def many(value: object, base: Path) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list")  # noqa: TRY004 - reported with its key
        return tuple(one(each, base) for each in value)

    return many


def read_wall(value: object, _base: Path) -> str:
    """One of `WALLS`."""
    if value not in WALLS:
        raise ValueError(f"must be a list of {', '.join(WALLS)}")
    return str(value)


def read_maturity(value: object, _base: Path) -> str:
    """One of `MATURITIES`."""
    if value not in MATURITIES:
        raise ValueError(f"must be a list of {', '.join(MATURITIES)}")
    return str(value)


def read_image(value: object, _base: Path) -> str:
    """One of `IMAGE`."""
    if value not in IMAGE:
        raise ValueError(f"must be one of {', '.join(IMAGE)}")
    return str(value)


def read_paths(value: object, base: Path) -> tuple[Path, ...]:
    """Every file or folder that patterns name, from the folder of the policy file."""
    found: list[Path] = []
    for pattern in list_of(read_text)(value, base):
        try:
            matches = sorted(base.glob(pattern))
        except (OSError, NotImplementedError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ValueError(f"{pattern!r} cannot be looked for: {reason}") from error
        if not matches:
            raise ValueError(f"{pattern!r} matches nothing")
        found += [resolved(match) for match in matches]
    return tuple(found)


def read_levels(value: object, _base: Path) -> Mapping[str, Level]:
    """The level of each check that is listed."""
    if not isinstance(value, dict):
        raise ValueError("must be a table of check ids and levels")  # noqa: TRY004
    return {str(key): Level(each) for key, each in value.items()}


def read_waiver(value: object, _base: Path) -> Waiver:
    """One entry of `waivers`."""
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004
    try:
        waiver = Waiver(**value)
    except TypeError as error:
        raise ValueError(str(error).replace("Waiver.__init__()", "a waiver")) from error
    if (waiver.path is None) == (waiver.fingerprint is None):
        raise ValueError("a waiver names a path or a fingerprint, and not both")
    if waiver.module is not None and not (isinstance(waiver.module, str) and waiver.module):
        raise ValueError("module must be the slug of a module")
    if type(waiver.expires) is not date:
        raise ValueError("expires must be a date such as 2027-01-31")
    if not all((waiver.reason.strip(), waiver.owner.strip(), waiver.approver.strip())):
        raise ValueError("reason, owner and approver must not be empty")
    return waiver


def read_approval(value: object, _base: Path) -> Approval:
    """One entry of `approvals`."""
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004
    try:
        approval = Approval(**value)
    except TypeError as error:
        raise ValueError(str(error).replace("Approval.__init__()", "an approval")) from error
    texts = (approval.module, approval.maturity, approval.approver)
    if not all(isinstance(each, str) and each.strip() for each in texts):
        raise ValueError("module, maturity and approver must not be empty")
    if approval.until is not None and type(approval.until) is not date:
        raise ValueError("until must be a date such as 2027-01-31")
    return approval


def waits_longer(new: Mapping[str, float], old: Mapping[str, float]) -> bool:
    """Whether no maturity has a shorter soak time than before."""
    return all(new.get(maturity, 0.0) >= hours for maturity, hours in old.items())

"""Who may approve what: people of the policy, and how many of them each kind of release needs.

Values of the policy (`approvers`, `approval_rules`, `soak_hours`, `effective_on`); the readers
raise `ValueError` with what a value must be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gates.records import dataclass

PURPOSES = ("offer", "ga", "major", "waiver")
"""What can need approvals: a version offered as ALPHA or BETA, one that is GA, one with a greater
major version than every released one, and each waiver that the evidence of a version used."""


@dataclass(frozen=True)
class Approver:
    """A person whose signature counts as an approval."""

    name: str
    key: str
    """A PEM public key, the path of one (relative to the policy file), or a key id."""
    email: str = ""
    """As the person's commits name it: an author does not approve what is his own."""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApprovalRule:
    """How many approvals something needs before it is released."""

    purpose: str
    """One of `PURPOSES`; `for` in the policy."""
    count: int
    """How many different people."""
    of: tuple[str, ...] = ()
    """Names of people and groups that count; () is every approver."""
    max_age_days: int = 0
    """How old an approval may be; 0 has no limit but the approval's own."""


def read_approver(value: object, _base: Path) -> Approver:
    """One entry of `approvers`."""
    table = _table(value, {"name", "key"}, {"email", "groups"})
    name, key, email = (_text(table.get(each, "")) for each in ("name", "key", "email"))
    if not name.strip() or not key.strip():
        raise ValueError("name and key must not be empty")
    return Approver(name, key, email, _texts(table.get("groups", [])))


def read_approval_rule(value: object, _base: Path) -> ApprovalRule:
    """One entry of `approval_rules`."""
    table = _table(value, {"for", "count"}, {"of", "max_age_days"})
    if table["for"] not in PURPOSES:
        raise ValueError(f"for must be one of {', '.join(PURPOSES)}")
    count = _whole(table["count"], "count")
    if count < 1:
        raise ValueError("count must be 1 or more")
    age = _whole(table.get("max_age_days", 0), "max_age_days")
    return ApprovalRule(str(table["for"]), count, _texts(table.get("of", [])), age)


def read_soak(value: object, _base: Path) -> Mapping[str, float]:
    """Hours by maturity: how long a module has stood in the maturity before it."""
    if not isinstance(value, dict):
        raise ValueError("must be a table of maturities and hours")  # noqa: TRY004
    for maturity, hours in value.items():
        if isinstance(hours, bool) or not isinstance(hours, int | float) or hours < 0:
            raise ValueError(f"{maturity} must be a number of hours, 0 or more")
        if not maturity.isupper():
            raise ValueError(f"{maturity} is no maturity; write it as GA")
    return {str(maturity): float(hours) for maturity, hours in value.items()}


def read_effective(value: object, _base: Path) -> Mapping[str, date]:
    """Dates by id of a check: from when its findings are errors."""
    if not isinstance(value, dict) or not all(type(each) is date for each in value.values()):
        raise ValueError("must be a table of check ids and dates such as 2027-01-31")
    return {str(check): day for check, day in value.items()}


def _table(value: object, needed: set[str], more: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or not needed <= set(value) <= needed | more:
        wanted = ", ".join([*sorted(needed), *(f"{each} (optional)" for each in sorted(more))])
        raise ValueError(f"must be a table of {wanted}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} must be a text")  # noqa: TRY004 - reported with its key
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("groups and of must be lists of texts")  # noqa: TRY004
    return tuple(map(_text, value))


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} must be a whole number, 0 or more")
    return value

"""Reads `migration-plan.toml`: the schema decides what it may say, the lines where it says it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gates.errors import ConfigurationError
from gates.move.plan import FACTOR, Check, Claim, Criterion, Plan, Step, WayBack
from gates.move.positions import Place, line_at, lines_of
from gates.records import dataclass

SCHEMA = "migration_plan.v1"
LARGEST = 1 << 20
"""Bytes that a plan may have."""
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a plan, and the line that says it."""

    rule: str
    line: int
    message: str
    fix: str = ""


class PlanError(ConfigurationError):
    """The file is no plan. `faults` says why."""

    def __init__(self, path: Path, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{path}:{each.line}: {each.message}" for each in faults))


def load_plan(path: Path) -> Plan:
    """The plan in a file. Raises `PlanError` with every line that the schema refuses."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    return read_plan(data, path)


def read_plan(data: bytes, path: Path) -> Plan:
    """The plan in the bytes of a file, whose name is for messages. Raises `PlanError`."""
    if len(data) > LARGEST:
        raise ConfigurationError(f"{path} is larger than {LARGEST >> 20} MiB")
    try:
        text = data.decode("utf-8")
        value = tomllib.loads(text)
    except RecursionError as error:
        raise ConfigurationError(f"{path} is nested too deeply") from error
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        fault = Fault("toml", int(line[1]) if line else 1, str(error))
        raise PlanError(path, (fault,)) from error
    lines = lines_of(text)
    if faults := _refused(value, lines):
        raise PlanError(path, faults)
    return _plan(value, lines, hashlib.sha256(data).hexdigest())


def seconds_of(text: str) -> float:
    """Seconds of a duration such as "1h30m", "45m" or "90s"; its form is the schema's."""
    return sum(
        float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)([hms])", text)
    )


def _refused(value: Mapping[str, Any], lines: dict[Place, int]) -> tuple[Fault, ...]:
    from jsonschema import Draft202012Validator, FormatChecker

    from gates.module.schemas import load_schema

    validator = Draft202012Validator(load_schema(SCHEMA), format_checker=FormatChecker())
    found = []
    for error in validator.iter_errors(_plain(value)):
        place = tuple(error.absolute_path)
        shown = ".".join(map(str, place)) or "the plan"
        found.append(Fault("schema", line_at(lines, place), f"{shown}: {error.message[:300]}"))
    return tuple(sorted(found, key=lambda each: (each.line, each.message)))


def _plain(value: Any) -> Any:  # noqa: ANN401 - TOML as JSON data
    """TOML values as JSON has them: times are texts, where they say their offset."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo else f"{value.isoformat()} (no offset from UTC)"
    return value if isinstance(value, str | int | float | bool) else str(value)


def _plan(value: Mapping[str, Any], lines: dict[Place, int], sha256: str) -> Plan:
    window, rollback = value["window"], value["rollback"]
    factor = float(value.get("limit_factor", FACTOR))
    steps = tuple(
        _step(each, factor, lines[("steps", index)]) for index, each in enumerate(value["steps"])
    )
    back = tuple(
        _step(each, factor, lines[("rollback", "steps", index)])
        for index, each in enumerate(rollback.get("steps", ()))
    )
    claims = [
        Claim("rollback.within", seconds_of(rollback["within"]),
              line_at(lines, ("rollback", "within"))),
    ]  # fmt: skip
    if back:
        claims.append(
            Claim("the steps of the rollback together",
                  sum(each.budget for each in back)
                  + sum(each.way_back.budget for each in steps if each.way_back),
                  back[0].line)
        )  # fmt: skip
    claims += [
        Claim(f"stated at {each['where']}", seconds_of(each["within"]),
              line_at(lines, ("rollback", "stated", index)))
        for index, each in enumerate(rollback.get("stated", ()))
    ]  # fmt: skip
    return Plan(
        name=value["name"],
        starts=window["starts"],
        window=seconds_of(window["length"]),
        people={each["name"]: each["role"] for each in value.get("people", ())},
        steps=steps,
        rollback=back,
        rollback_within=seconds_of(rollback["within"]),
        criteria=tuple(
            Criterion(
                each["measure"], each.get("at_least"), each.get("at_most"),
                lines[("criteria", index)],
            )
            for index, each in enumerate(value.get("criteria", ()))
        ),
        claims=tuple(claims),
        options={key: str(each) for key, each in value.get("options", {}).items()},
        sha256=sha256,
        window_line=line_at(lines, ("window",)),
    )  # fmt: skip


def _step(value: Mapping[str, Any], factor: float, line: int) -> Step:
    back = value.get("rollback")
    return Step(
        id=value["id"],
        title=value.get("title", value["id"]),
        budget=seconds_of(value["budget"]),
        people=tuple(value.get("people", ())),
        after=tuple(value.get("after", ())),
        action=value.get("action", ""),
        command=tuple(value.get("command", ())),
        factor=float(value.get("limit_factor", factor)),
        check=_check(value),
        way_back=None
        if back is None
        else WayBack(
            back["kind"], tuple(back.get("command", ())), back.get("reason", ""), _check(back),
            seconds_of(back.get("budget", "")),
        ),
        repeatable=bool(value.get("repeatable", False)),
        point_of_no_return=bool(value.get("point_of_no_return", False)),
        line=line,
    )  # fmt: skip


def _check(value: Mapping[str, Any]) -> Check | None:
    check = value.get("check")
    if check is None:
        return None
    return Check(check.get("sql", ""), check.get("expect", ""), tuple(check.get("command", ())))

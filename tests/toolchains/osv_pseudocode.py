"""The pseudo-code of the OSV schema, "Evaluation", line by line, for records that keep the schema.

`sorted` is by version; at one version the listed order holds, and `last_affected` is last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def is_vulnerable(
    package: tuple[str, str], version: str, osv: Mapping[str, Any], order: Callable[[str], Any]
) -> bool:
    for affected in osv["affected"]:
        if (affected["package"]["ecosystem"], affected["package"]["name"]) == package and (
            included_in_versions(version, affected.get("versions", []))
            or included_in_ranges(order(version), affected.get("ranges", []), order)
        ):
            return True
    return False


def included_in_versions(version: str, versions: Sequence[str]) -> bool:
    return any(version == each for each in versions)


def included_in_ranges(
    version: Any, ranges: Sequence[Mapping[str, Any]], order: Callable[[str], Any]
) -> bool:
    for each in ranges:
        if each["type"] != "GIT" and before_limits(version, each, order):
            vulnerable = False
            events = [event for event in each["events"] if "limit" not in event]
            for event in sorted(
                events, key=lambda e: (order(next(iter(e.values()))), "last_affected" in e)
            ):
                if "introduced" in event and version >= order(event["introduced"]):
                    vulnerable = True
                elif ("fixed" in event and version >= order(event["fixed"])) or (
                    "last_affected" in event and version > order(event["last_affected"])
                ):
                    vulnerable = False
            if vulnerable:
                return True
    return False


def before_limits(version: Any, each: Mapping[str, Any], order: Callable[[str], Any]) -> bool:
    limits = [event["limit"] for event in each["events"] if "limit" in event]
    return not limits or any(limit == "*" or version < order(limit) for limit in limits)

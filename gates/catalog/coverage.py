"""What the evidence of a released version says of its coverage."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from gates.model import CoverageFigure

NAME = "coverage"
"""The record that holds it, among those of the stage test."""


def read_record(record: Mapping[str, Any]) -> CoverageFigure:
    """What one record says. Raises `ValueError`, `KeyError` or `TypeError` for another form."""
    told = json.loads(record["detail"])
    lines, covered = int(told["lines"]), int(told["covered"])
    return CoverageFigure(
        lines, covered, str(record["version"]), str(told["settings"]), str(told["files"])
    )


def read_envelopes(envelopes: Iterable[Mapping[str, Any]]) -> CoverageFigure | None:
    """What the evidence of the stage test says; None where it says nothing that is understood.

    The catalog has verified these envelopes when it took them.
    """
    for envelope in envelopes:
        try:
            payload = envelope.get("dsseEnvelope", envelope)["payload"]
            checks = json.loads(base64.b64decode(payload))["predicate"]["checks"]
            for record in (each for check in checks for each in check.get("records", ())):
                if record["name"] == NAME:
                    return read_record(record)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return None

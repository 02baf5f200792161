"""What a run leaves for its reports besides findings: coverage, contract, locks, evidence."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from typing import Any

from gates.errors import GatesError
from gates.model import StageResult
from gates.needs import Needs
from gates.report import Envelope


def exhibits_of(needs: Needs, stages: Iterable[StageResult]) -> dict[str, Any]:
    """Members of `Report`, from needs that were made; makes none and judges nothing."""
    tests, releases, database = needs.tests.made, needs.releases.made, needs.made_database
    compared = sorted(
        releases.compared if releases else (), key=lambda each: (each[1].part, each[1].symbol)
    )
    return {
        "coverage": tests.files if tests else (),
        "base": next((base for base, _ in compared), None),
        "changes": tuple(change for _, change in compared),
        "locks": tuple(sorted(database.locks)) if database else (),
        "envelopes": tuple(_envelopes(needs, stages)),
    }


def _envelopes(needs: Needs, stages: Iterable[StageResult]) -> Iterable[Envelope]:
    from gates.evidence import envelope as dsse

    evidence = needs.evidence()
    for each in stages:
        # A stage whose evidence could not be written or read says so as a check of its own.
        with contextlib.suppress(GatesError, OSError, dsse.MalformedError):
            if (data := evidence.envelope(each.stage)) is not None:
                read = dsse.parse(data)
                ids = tuple(key for key, _ in read.signatures)
                yield Envelope(each.stage.value, hashlib.sha256(data).hexdigest(), ids)

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

NO_EVIDENCE = "evidence"
"""The id under which a stage says that its evidence could not be written."""


def exhibits_of(needs: Needs, stages: Iterable[StageResult]) -> dict[str, Any]:
    """Members of `Report`, from needs that were made; makes none and judges nothing."""
    tests, releases, database = needs.tests.made, needs.releases.made, needs.made_database
    changes = releases.changes if releases else ()
    return {
        "coverage": tests.files if tests else (),
        "base": releases.base if releases else None,
        "changes": tuple(sorted(changes, key=lambda each: (each.part, each.symbol))),
        "locks": tuple(sorted(database.locks)) if database else (),
        "envelopes": tuple(_envelopes(needs, stages)),
    }


def _envelopes(needs: Needs, stages: Iterable[StageResult]) -> Iterable[Envelope]:
    from gates.evidence.envelope import MalformedError
    from gates.evidence.signed import parse

    evidence = needs.evidence()
    for each in stages:
        if any(result.check == NO_EVIDENCE for result in each.checks):
            continue  # what lies there is of an earlier run
        # A stage whose evidence could not be written or read says so as a check of its own.
        with contextlib.suppress(GatesError, OSError, MalformedError):
            if (data := evidence.envelope(each.stage)) is not None:
                digest = hashlib.sha256(data).hexdigest()
                yield Envelope(each.stage.value, digest, parse(data).key_ids)

"""What a run leaves for its reports besides findings: coverage, contract, locks, evidence."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gates.check import Planned
from gates.errors import GatesError
from gates.model import FileCoverage, Location, LockSpan, StageResult
from gates.needs import Needs
from gates.records import asdict
from gates.report import Envelope

if TYPE_CHECKING:
    from gates.contract.model import Change
    from gates.reuse.entry import Exhibits

NO_EVIDENCE = "evidence"
"""The id under which a stage says that its evidence could not be written."""


def exhibits_of(needs: Needs, stages: Iterable[StageResult]) -> dict[str, Any]:
    """Members of `Report`, from needs that were made and from what reused results had left; makes
    no need and judges nothing."""
    tests, releases, database = needs.tests.made, needs.releases.made, needs.made_database
    changes: set[Change] = set(releases.changes if releases else ())
    locks = set(database.locks if database else ())
    coverage = tests.files if tests else ()
    base = releases.base if releases else None
    for each in needs.kept:
        coverage = coverage or tuple(FileCoverage(**file) for file in each.coverage)
        base = base or each.base
        locks |= {LockSpan(**span) for span in each.locks}
        for change in each.changes:
            from gates.contract.model import Bump, Change

            places = {key: Location(**change[key]) for key in ("old", "new") if change[key]}
            changes.add(Change(**{**change, **places, "bump": Bump(change["bump"])}))
    return {
        "coverage": coverage,
        "base": base,
        "changes": tuple(sorted(changes, key=lambda each: (each.part, each.symbol))),
        "locks": tuple(sorted(locks)),
        "envelopes": tuple(_envelopes(needs, stages)),
    }


def exhibits_of_check(needs: Needs, planned: Planned) -> Exhibits:
    """What one check has left besides its result, to be kept with it."""
    from gates.reuse.entry import Exhibits

    asked = set(planned.load().needs)
    tests = needs.tests.made if "tests" in asked else None
    bundle = needs.bundle.made if "bundle" in asked else None
    releases = needs.releases.made if "releases" in asked else None
    database = needs.made_database if "database" in asked else None
    environment = {
        "sandbox": tests.sandbox if tests else None,
        "postgresql": database.server_version if database else None,
        **(needs.told_by_catalog() if asked & {"catalog", "previous", "releases"} else {}),
    }
    return Exhibits(
        environment={name: value for name, value in environment.items() if value},
        bundle=bundle.sha256 if bundle else "",
        coverage=tuple(asdict(each) for each in tests.files) if tests else (),
        changes=tuple(asdict(each) for each in releases.changes) if releases else (),
        base=releases.base if releases else None,
        locks=tuple(asdict(each) for each in database.locks) if database else (),
    )


def _envelopes(needs: Needs, stages: Iterable[StageResult]) -> Iterable[Envelope]:
    from gates.evidence.envelope import MalformedError
    from gates.evidence.signed import parse

    evidence = needs.evidence()
    for each in stages:
        if any(result.check == NO_EVIDENCE for result in each.checks):
            continue  # what lies there is of an earlier run
        if (written := needs.written.get(each.stage)) is not None:
            yield Envelope(each.stage.value, written.sha256, written.key_ids)
            continue
        # A stage whose evidence could not be written or read says so as a check of its own.
        with contextlib.suppress(GatesError, OSError, MalformedError):
            if (data := evidence.envelope(each.stage)) is not None:
                digest = hashlib.sha256(data).hexdigest()
                yield Envelope(each.stage.value, digest, parse(data).key_ids)

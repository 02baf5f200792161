"""The five stages before publish have evidence that holds."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.evidence import EvidenceSet
from gates.model import Finding, Stage


@check(Stage.PUBLISH)
def evidence_of_checks(evidence: EvidenceSet) -> Iterator[Finding]:
    """The five stages before publish have evidence that holds.

    Why: what is in the registry is what was checked. An exit code or a log can be anybody's; signed
    evidence for exactly this content, under the policy in force, cannot.
    Bad: the README is edited after `gates scan`, then `gates publish`: the evidence is for other
    content, and the publication is refused with exit code 4.
    Good: lint-manifest, lint, test, build and scan passed for the files as they are now.
    Fix: run the stages again, `gates run`; `gates verify` shows what there is and what is missing.
    """
    evidence.verify(Stage.PUBLISH.before)
    yield from ()

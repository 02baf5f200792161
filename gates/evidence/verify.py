"""What `gates verify` shows: for each stage verdict, key, content and time, or why not."""

from __future__ import annotations

from collections.abc import Iterable

from gates.errors import RefusedError
from gates.evidence.envelope import shown
from gates.evidence.evidence_set import EvidenceSet, StageEvidence
from gates.model import Stage


def report(evidence: EvidenceSet, stages: Iterable[Stage] = tuple(Stage)) -> str:
    """A line for each stage and one for each reason against it, ready to print.

    A stage that has not run yet is shown, too. Raises `ConfigurationError` and
    `CouldNotCheckError`.
    """
    return "".join(f"{line}\n" for each in evidence.inspect(stages) for line in _lines(each))


def refusal(evidence: EvidenceSet, stages: Iterable[Stage]) -> RefusedError | None:
    """Why the evidence of these stages is refused, or None."""
    try:
        evidence.verify(stages)
    except RefusedError as error:
        return error
    return None


def _lines(found: StageEvidence) -> list[str]:
    statement = found.statement
    if statement is None:
        state = "refused"
    elif found.reasons:
        state = f"{statement.verdict.value}, refused"
    else:
        state = statement.verdict.value
    facts = ""
    if statement is not None:
        facts = (
            f"  {shown(statement.started)}  content {statement.digest[:12]}"
            f"  key {', '.join(each[:12] for each in statement.key_ids)}"
        )
        if statement.bundle:
            facts += f"  bundle {statement.bundle[:12]}"
        if statement.claims:
            facts += f"\n    signed for {statement.claims.text}"
    first = f"{found.stage.value:<14}{state:<22}{facts}".rstrip()
    return [first, *(f"    {reason}" for reason in found.reasons)]

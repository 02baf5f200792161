"""Signed evidence: one in-toto statement a stage, in a DSSE envelope, verified as a whole."""

from gates.evidence.evidence_set import EvidenceSet, StageEvidence
from gates.evidence.keys import Trust
from gates.evidence.statement import BUNDLE_STAGES, Statement, bundle_name, subject_name

__all__ = [
    "BUNDLE_STAGES",
    "EvidenceSet",
    "StageEvidence",
    "Statement",
    "Trust",
    "bundle_name",
    "subject_name",
]

"""Why a mutant that is a defect survives: a sentence for each kind, printed beside it.

An entry whose mutants are killed by now is harmless; a survivor without an entry is printed as not
explained.
"""

from __future__ import annotations

import re

from tests.mutation.mutant import Mutant

REASONS: tuple[tuple[str, str, str], ...] = (
    ("audit-twice", "", "two rows for one change: the proof asks for a row, and not for one alone"),
    ("audit-row", r"^NEW\.id", "the proof knows the row of the audit trail by its table and tenant;"
     " whether row_id is the row's own is not compared"),
    ("audit-row", r"^to_jsonb", "what the audit trail says of the row is not compared"),
    ("audit-body", "NEW.version > 1", "the proof does not change the column version"),
    ("trigger-when", "NEW.version = 1", "the proof does not change the column version"),
    ("audit-body", "EXCEPTION", "the audit trail fails silently only where it fails, and here it"
     " does not"),
    ("tenant-id", "gen_random_uuid", "the proof always says whose row it is"),
    ("id", "'00000000", "a constant default shows with the second row that does not give its id"),
    ("updated-at", "NOT NULL", "the trigger or the row that is tried fills it"),
    ("policy-expression later-file", r"is_admin|service_role|app\.bypass", "opens with a claim or a"
     " setting that no session of the proof has"),
    ("policy-expression", "left", "opens for tenants whose ids begin alike"),
    ("policy-expression", ">=", "opens for tenants whose ids are greater: the proof asks in one"
     " direction"),
    ("later-file", "^rows changed$", "the rows of the proof have the very value that the rollback"
     " writes"),
    ("policy-expression", "LIKE", "opens for a claim that is a pattern"),
    ("policy-expression later-file", r"FROM tenants|^read by members", "opens for tenants that have"
     " a row in the platform's own table"),
    ("policy-expression", "updated_at IS NULL", "opens for rows with a NULL that the proof's rows"
     " do not have"),
    ("later-file", "definer runs text", "runs what the caller says: no argument of the proof is a"
     " statement"),
    ("tenant-index", "NULLS LAST", "whether NULLs come first or last is not looked at"),
    ("unique-key", "IS NOT NULL", "no row of a second tenant can be made"),
)  # fmt: skip
"""Mutators (separated by blanks), a pattern of the change in words, the sentence."""


def reason_for(mutant: Mutant) -> str:
    """The sentence for a survivor."""
    for mutators, what, sentence in REASONS:
        if mutant.mutator in mutators.split() and re.search(what, mutant.what):
            return sentence
    return "not explained yet"

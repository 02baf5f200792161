"""Why a mutant that is a defect survives: a sentence for each kind, printed beside it.

An entry whose mutants are killed by now is harmless; a survivor without an entry is printed as not
explained.
"""

from __future__ import annotations

import re

from tests.mutation.mutant import Mutant

REASONS: tuple[tuple[str, str, str], ...] = (
    ("updated-at", "NOT NULL", "the trigger or the row that is tried fills it"),
)
"""Mutators (separated by blanks), a pattern of the change in words, the sentence."""


def reason_for(mutant: Mutant) -> str:
    """The sentence for a survivor."""
    for mutators, what, sentence in REASONS:
        if mutant.mutator in mutators.split() and re.search(what, mutant.what):
            return sentence
    return "not explained yet"

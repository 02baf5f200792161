"""Seeded defects: each is one fault in an otherwise clean module, with the check that finds it.

The clean module is the Python base (one table, `tenant_sample_module_notes`). A defect replaces a
part of its migration, or adds a second file; `{T}` is the table, `{P}` the prefix of the module.
A defect goes into the file of its subject.
"""

from __future__ import annotations

from tests.database.corpus.audit_grants import AUDIT_AND_GRANTS
from tests.database.corpus.definer import DEFINER
from tests.database.corpus.hidden import HIDDEN
from tests.database.corpus.migrations import MIGRATIONS
from tests.database.corpus.policies import POLICIES
from tests.database.corpus.reach import REACH
from tests.database.corpus.shape import Defect, drop, protect, table
from tests.database.corpus.static import STATIC
from tests.database.corpus.structure import STRUCTURE

__all__ = [
    "AUDIT_AND_GRANTS",
    "DEFECTS",
    "DEFINER",
    "HIDDEN",
    "MIGRATIONS",
    "POLICIES",
    "REACH",
    "STATIC",
    "STRUCTURE",
    "Defect",
    "drop",
    "protect",
    "table",
]

DEFECTS = (
    *POLICIES, *REACH, *STRUCTURE, *AUDIT_AND_GRANTS, *MIGRATIONS, *HIDDEN, *STATIC, *DEFINER
)  # fmt: skip

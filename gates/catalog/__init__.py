"""The catalog of released module versions, in PostgreSQL."""

from gates.catalog.catalog import Catalog
from gates.catalog.decide import Decision, decide
from gates.catalog.model import (
    EvidenceRow,
    MigrationDigest,
    ModulePage,
    ModuleRow,
    Previous,
    Registered,
    ReleasedVersion,
)

__all__ = [
    "Catalog",
    "Decision",
    "EvidenceRow",
    "MigrationDigest",
    "ModulePage",
    "ModuleRow",
    "Previous",
    "Registered",
    "ReleasedVersion",
    "decide",
]

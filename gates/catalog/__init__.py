"""The catalog of released module versions, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.lazy import load

if TYPE_CHECKING:
    from gates.catalog.catalog import Catalog as Catalog
    from gates.catalog.model import EvidenceRow as EvidenceRow
    from gates.catalog.model import MigrationDigest as MigrationDigest
    from gates.catalog.model import ModulePage as ModulePage
    from gates.catalog.model import ModuleRow as ModuleRow
    from gates.catalog.model import Previous as Previous
    from gates.catalog.model import Registered as Registered
    from gates.catalog.model import ReleasedVersion as ReleasedVersion

_FILES = {
    "Catalog": "catalog",
    "EvidenceRow": "model",
    "MigrationDigest": "model",
    "ModulePage": "model",
    "ModuleRow": "model",
    "Previous": "model",
    "Registered": "model",
    "ReleasedVersion": "model",
}

__all__ = sorted(_FILES)


def __getattr__(name: str) -> object:
    return load(__name__, _FILES, name)

"""What the catalog knows, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gates.model import CoverageFigure
from gates.records import dataclass, field


@dataclass(frozen=True)
class MigrationDigest:
    """A released migration, and what its files were; digests are SHA-256 in hex."""

    path: str
    sha256: str
    rollback_path: str | None = None
    rollback_sha256: str | None = None


@dataclass(frozen=True)
class ReleasedVersion:
    """One row of `core_module_versions`."""

    slug: str
    version: str
    digest: str
    """Of the module's content: dirHash1, in hex."""
    bundle: str
    """SHA-256 of the bundle, in hex."""
    status: str
    """A maturity."""
    manifest: Mapping[str, Any]
    settings_schema: Any
    migrations: tuple[MigrationDigest, ...]
    tables_created: tuple[str, ...]
    changelog: str
    registry_manifest: str
    """Digest of the manifest in the registry, `sha256:<hex>`."""
    registry_reference: str
    policy: str
    """Digest of the policy that it passed under, in hex."""
    released_at: str = ""
    """RFC 3339, UTC; the catalog sets it."""
    released_by: str = ""
    """The database role; the catalog sets it."""
    id: int = 0
    """The row's id; the catalog sets it."""
    standing: tuple[str, ...] = ()
    """Verbs of the acts that stand against it: see `gates.catalog.standing`."""
    sunset: str = ""
    """The day of its sunset (ISO 8601), where it is deprecated."""


@dataclass(frozen=True)
class EvidenceRow:
    """One row of `core_module_version_evidence`."""

    stage: str
    verdict: str
    key_id: str
    payload_sha256: str
    envelope: Mapping[str, Any]


@dataclass(frozen=True)
class ActRow:
    """One row of `core_module_acts`."""

    id: int
    version: str
    verb: str
    lifts: int | None
    """The row that it undoes."""
    key_id: str
    payload_sha256: str
    envelope: Mapping[str, Any]
    recorded_at: str
    """RFC 3339, UTC."""
    recorded_by: str
    """The database role."""


@dataclass(frozen=True)
class Holding:
    """One module that a tenant has."""

    tenant: str
    slug: str
    version: str
    state: str
    told: int
    """Notices that the tenant was given about the version asked for."""
    unseen: int
    """Those that it has not looked at."""


@dataclass(frozen=True)
class ModuleRow:
    """One row of `core_modules`, with what its versions add up to."""

    slug: str
    name: str
    description: str
    category: str
    maturity_status: str
    newest: str = ""
    """The newest version that nothing stands against; "" where there is none."""
    versions: int = 0


@dataclass(frozen=True)
class ModulePage:
    """All that the catalog says about a module: its row, versions newest first, evidence."""

    module: ModuleRow
    versions: tuple[ReleasedVersion, ...]
    evidence: Mapping[str, tuple[EvidenceRow, ...]]
    """By version, in the order of the stages."""
    acts: tuple[ActRow, ...] = ()
    """What was decided about its versions, in the order in which it was recorded."""


@dataclass(frozen=True)
class Previous:
    """The released version that the one under test follows, or the word that there is none."""

    slug: str
    known: bool = False
    """False says that the catalog was asked and this is the module's first version."""
    version: str = ""
    digest: str = ""
    status: str = ""
    """The module's maturity in the catalog."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    settings_schema: Any = None
    migrations: tuple[MigrationDigest, ...] = ()
    tables_created: tuple[str, ...] = ()
    registry_reference: str = ""
    coverage: CoverageFigure | None = None
    """What its evidence says of its tests; None where it says nothing that is understood."""


QUESTIONS = frozenset({
    "find", "identity", "latest", "module", "previous", "slugs", "versions",
})  # fmt: skip
"""Methods of a catalog whose answers depend on it and their arguments alone."""


@dataclass(frozen=True)
class Asked:
    """What a check had asked the catalog, and was told."""

    stage: str
    check: str
    question: str
    """A JSON list of a method and its arguments."""
    answer: str
    """Digest of the answer."""

    @property
    def can_be_asked(self) -> bool:
        """Whether it is a question that has a lasting answer."""
        asked = json.loads(self.question)
        return isinstance(asked, list) and bool(asked) and asked[0] in QUESTIONS

    @property
    def reason(self) -> str:
        """What to say where the catalog gives another answer now."""
        method, *arguments = json.loads(self.question)
        about = " ".join(json.dumps(each).strip('"')[:200] for each in (method, *arguments))
        if not self.can_be_asked:
            return (
                f"the check {self.check} of {self.stage} asked the catalog for {about}, which a"
                " release cannot ask again [catalog-changed]"
            )
        return (
            f"the check {self.check} of {self.stage} rests on what the catalog said about"
            f" {about}, and it says something else now [catalog-changed]"
        )


@dataclass(frozen=True)
class Registered:
    """How a registration ended."""

    row: ReleasedVersion
    new: bool
    """False where the same content was registered before."""

"""The rows that a release would make of a module, and a catalog in which they stand already."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NoReturn

from gates.catalog.catalog import Catalog
from gates.catalog.changelog import entry
from gates.catalog.model import MigrationDigest, ModuleRow, ReleasedVersion
from gates.catalog.versions import Precedence
from gates.digests import digest_of
from gates.errors import UsageError
from gates.evidence.statement import storable
from gates.module import Migration, Module
from gates.records import dataclass, replace

if TYPE_CHECKING:
    from gates.settings import Settings


@dataclass(frozen=True)
class Candidate:
    """The rows that a release of a module would make, as far as they are known before it."""

    module: ModuleRow
    version: ReleasedVersion


@dataclass
class WithCandidate(Catalog):
    """Answers as the catalog would after the candidate's release. Nothing can be written."""

    candidate: Candidate | None = None

    @classmethod
    def of(cls, settings: Settings, candidate: Candidate) -> WithCandidate:
        """The catalog that the settings name, with a candidate.

        Raises `UsageError` where that version is released: then there is nothing to imagine.
        """
        made = cls(settings, candidate=candidate)
        slug, version = candidate.version.slug, candidate.version.version
        if made._plain_versions(slug, version):
            made.close()
            raise UsageError(
                f"{slug} {version} is released already", hint="raise the version in its module.json"
            )
        return made

    def _plain_versions(self, slug: str, version: str) -> bool:
        return super().find(slug, version) is not None

    def versions(self, slug: str) -> tuple[ReleasedVersion, ...]:
        """Every version of a module, newest first by precedence."""
        found = super().versions(slug)
        if self.candidate is None or slug != self.candidate.version.slug:
            return found
        every = [self.candidate.version, *found]
        return tuple(sorted(every, key=lambda each: Precedence(each.version), reverse=True))

    def find(self, slug: str, version: str) -> ReleasedVersion | None:
        """One version, or None."""
        named = (each for each in self.versions(slug) if each.version == version)
        return next(named, None)

    def module(self, slug: str) -> ModuleRow | None:
        """One module's row, or None."""
        found = super().module(slug)
        if self.candidate is None or slug != self.candidate.version.slug:
            return found
        versions = self.versions(slug)
        return replace(self.candidate.module, newest=versions[0].version, versions=len(versions))

    def modules(self) -> tuple[ModuleRow, ...]:
        """Every module, by slug."""
        rows = {each.slug: each for each in super().modules()}
        if self.candidate and (row := self.module(self.candidate.version.slug)):
            rows[row.slug] = row
        return tuple(rows[slug] for slug in sorted(rows))

    def answer(self, question: str) -> str:
        """The digest of an answer; never from memory, which knows no candidate."""
        method, *arguments = json.loads(question)
        return digest_of(getattr(self, method)(*arguments))

    def register(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - as the catalog's
        """Raises `UsageError`: what is imagined is not written."""
        raise UsageError("a run with a candidate releases nothing")


def candidate_of(module: Module) -> Candidate:
    """The rows that a release of a module would make; what is known only once it is published and
    signed is empty. Raises `CouldNotCheckError` where manifest or settings schema cannot be read.
    """
    manifest = module.require_manifest()
    row = ReleasedVersion(
        slug=module.slug,
        version=module.version,
        digest=module.digest,
        bundle="",
        status=str(manifest.get("maturity_status") or ""),
        manifest=storable(manifest.value),
        settings_schema=storable(module.require_settings().value),
        migrations=tuple(migration_digest(module, each) for each in module.migrations),
        tables_created=(),
        changelog=storable(entry(module)),
        registry_manifest="",
        registry_reference="",
        policy="",
    )
    return Candidate(module_row(module), row)


def module_row(module: Module) -> ModuleRow:
    """The module's line in `core_modules`, from its manifest."""
    manifest = module.require_manifest()

    def text(key: str) -> str:
        return str(storable(manifest.get(key) or ""))

    return ModuleRow(
        slug=module.slug,
        name=text("name"),
        description=text("description"),
        category=text("category"),
        maturity_status=text("maturity_status"),
    )


def migration_digest(module: Module, migration: Migration) -> MigrationDigest:
    """What the catalog keeps of a migration and its rollback."""

    def digest(path: str) -> str:
        return hashlib.sha256(module.data(path)).hexdigest()

    back = migration.rollback_path
    return MigrationDigest(
        migration.path, digest(migration.path), back, digest(back) if back else None
    )

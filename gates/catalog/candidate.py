"""A catalog in which a version stands that is not released: what would be if it were."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from gates.catalog.catalog import Catalog
from gates.catalog.model import ModuleRow, ReleasedVersion
from gates.catalog.versions import Precedence
from gates.digests import digest_of
from gates.errors import UsageError

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

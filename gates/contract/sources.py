"""The two sides of a comparison: a folder, a released version, a commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from gates.catalog import Catalog
from gates.catalog.versions import Precedence, parse
from gates.contract.bump import baseline
from gates.errors import CouldNotCheckError, UsageError
from gates.filesystem import is_folder
from gates.module import Module, load
from gates.records import dataclass, field
from gates.registry import Registry
from gates.releases import Release, Releases

NEWEST = "catalog"
"""What stands for the newest release."""


@dataclass(frozen=True)
class Source:
    """One side of a comparison."""

    label: str
    """What it is called in a report: the folder, "1.2.0", the revision."""
    module: Module = field(repr=False)
    bundle: Callable[[], Mapping[str, bytes]] | None = field(default=None, repr=False)
    """The files of a release's bundle; None for what was never built."""
    folder: Path | None = None
    """Where it lies, for a folder: it can be built."""


@dataclass(frozen=True)
class Sources:
    """Finds what a user names. `here` is the folder whose module and repo count where a name
    alone does not say."""

    here: Path
    catalog: Catalog
    registry: Registry

    def find(self, text: str) -> Source | None:
        """A folder with a module, a released version, `catalog` for the newest stable release, or
        a revision of git. None where the catalog holds no version of the module.

        Raises `UsageError` for what is none of them, `CouldNotCheckError` where it cannot be read.
        """
        path = Path(text)
        if is_folder(path):
            return Source(text, load(path), folder=path)
        if text == NEWEST:
            return self._newest()
        if parse(text) is not None:
            return self._version(text)
        from gates.contract.git import module_at

        return Source(text, module_at(self.here, text))

    def _releases(self) -> Releases:
        module = load(self.here)
        if not module.slug:
            raise CouldNotCheckError(
                "the slug in module.json is not usable", hint="gates lint-manifest"
            )
        return Releases(module, self.catalog, self.registry)

    def _newest(self) -> Source | None:
        """The newest stable release that nothing stands against, or where there is none, the newest
        of any kind."""
        released = {each.version: each for each in self._releases().all if not each.row.standing}
        if not released:
            return None
        return _source(released[baseline("", released) or max(released, key=Precedence)])

    def _version(self, version: str) -> Source:
        releases = self._releases()
        for each in releases.all:
            if each.version == version:
                return _source(each)
        known = ", ".join(each.version for each in releases.all) or "none"
        raise UsageError(
            f"{version} was not released of {load(self.here).slug}", hint=f"released: {known}"
        )


def _source(release: Release) -> Source:
    return Source(release.version, release.module, lambda: release.files)

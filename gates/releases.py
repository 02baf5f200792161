"""The released versions of a module with their content: rows of the catalog, files of the registry.

A bundle is trusted because its digest is in the catalog, not because the registry has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from gates.catalog import Catalog, ReleasedVersion
from gates.catalog.followed import edited
from gates.catalog.versions import Precedence, parse
from gates.errors import CouldNotCheckError, GatesError
from gates.module import Module, from_files
from gates.recorder import Once
from gates.registry import Registry
from gates.registry.bundle import fetched, unpacked

if TYPE_CHECKING:
    from gates.contract.model import Change


class Release:
    """One released version: its row, and the files that its bundle holds."""

    def __init__(self, row: ReleasedVersion, registry: Registry) -> None:
        self.row = row
        self._registry = registry

    @property
    def version(self) -> str:
        """Its version."""
        return self.row.version

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """What the bundle holds, by path: the manifest, the settings schema, migrations, and the
        built code (dist/ with declarations, or a wheel).

        Raises `CouldNotCheckError` where the registry does not hold what the catalog names.
        """
        name = f"{self.row.slug} {self.version}"
        try:
            with fetched(self._registry, self.row.slug, self.version) as (published, archive):
                if published.bundle == self.row.bundle:
                    return unpacked(archive)
        except GatesError as error:
            raise CouldNotCheckError(
                f"the released bundle of {name} cannot be had: {error.message}",
                hint="name the registry that it was published to: --registry or GATES_REGISTRY",
            ) from error
        raise CouldNotCheckError(
            f"the registry {self._registry.where} holds another bundle of {name}"
            f" ({published.bundle}) than the catalog was given ({self.row.bundle})",
            hint="restore the registry from its backup",
        )

    @cached_property
    def module(self) -> Module:
        """The module as it was released, as far as the bundle holds it; raises as `files` does."""
        return from_files(f"{self.row.slug}-{self.version}.tgz", self.files)


class Releases:
    """What was released of the module under test before. Safe to share by threads."""

    def __init__(self, module: Module, catalog: Catalog, registry: Registry) -> None:
        self._module = module
        self._catalog = catalog
        self._registry = registry
        self._lock = Lock()
        self._all = Once(self._read)
        self.base: str | None = None
        """The version that checks have compared with, once one has."""
        self.changes: list[Change] = []
        """How the contract differs from `base`, as far as checks have compared; for reports."""

    def note(self, base: str, changes: Iterable[Change]) -> None:
        """Keep what a check has found by comparing with a released version."""
        with self._lock:
            self.base = base
            self.changes += changes

    def _read(self) -> tuple[Release, ...]:
        rows = self._catalog.versions(self._module.slug)
        return tuple(Release(row, self._registry) for row in rows)

    @property
    def all(self) -> tuple[Release, ...]:
        """Every released version, newest first. Raises `CatalogUnavailableError`."""
        return self._all()

    @property
    def before(self) -> tuple[Release, ...]:
        """Those below the version under test, newest first, and where the module was edited since
        its own release, that one too; all where that is no version."""
        if parse(self._module.version) is None:
            return self.all
        own = Precedence(self._module.version)
        return tuple(
            each
            for each in self.all
            if Precedence(each.version) < own or edited(self._module, each.row)
        )

    @property
    def latest(self) -> Release | None:
        """The newest of those up to the version under test, whatever it holds: what a module is an
        edit of once something of it is changed."""
        if parse(self._module.version) is None:
            return next(iter(self.all), None)
        own = Precedence(self._module.version)
        return next((each for each in self.all if not own < Precedence(each.version)), None)

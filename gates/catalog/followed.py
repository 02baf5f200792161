"""Which released version a module follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.module import Module

if TYPE_CHECKING:
    from gates.catalog.catalog import Catalog
    from gates.catalog.model import Previous, ReleasedVersion


def edited(module: Module, released: ReleasedVersion) -> bool:
    """Whether a module has the version of a release and other content: it is work on the next
    version, whose number was not raised yet, and is judged as what follows this release."""
    return released.version == module.version and not module.has_digest(released.digest)


def previous_of(module: Module, catalog: Catalog) -> Previous:
    """The released version that a module follows: the newest below its own, or its own where it was
    `edited` since. Raises `CatalogUnavailableError`."""
    own = catalog.find(module.slug, module.version)
    if own is not None and edited(module, own):
        return catalog.latest(module.slug, module.version)
    return catalog.previous(module.slug, module.version)

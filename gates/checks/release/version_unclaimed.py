"""The catalog holds no other content under this version."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Catalog
from gates.catalog.decide import version_refusal
from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, Stage
from gates.module import Module


@check(Stage.RELEASE)
def version_unclaimed(module: Module, catalog: Catalog) -> Iterator[Finding]:
    """The catalog holds no other content under this version.

    Why: a released version never changes, and versions only go up. Meanwhile somebody else may have
    released one, so the catalog is asked again, just before the release.
    Bad: 1.1.0 was released from another branch while this 1.1.0 was being checked.
    Good: the version is greater than every released one, or it is there with the same content.
    Fix: raise `version` in module.json and run all stages again.
    """
    if not module.slug or not module.version:
        raise CouldNotCheckError("module.json has no usable slug and version")
    released = catalog.versions(module.slug)
    why, _ = version_refusal(module.slug, module.version, module.digest, released)
    if why:
        at = module.manifest.at("version") if module.manifest else Location("module.json")
        yield version_unclaimed.finding(why, at, fix="raise the version before you release")

"""The version is greater than the newest released one."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Catalog
from gates.catalog.decide import version_refusal
from gates.catalog.versions import Precedence
from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.LINT_MANIFEST)
def version_greater(module: Module, catalog: Catalog) -> Iterator[Finding]:
    """The version is greater than the newest released one.

    Why: versions only go up, by the precedence of SemVer 2.0.0, and a released version never
    changes. The same content again under its own version is not an error. Other content under the
    version that was released last is work on the next one: a warning here, and refused at release.
    That there is no earlier version is said in so many words, since it must not be mistaken for a
    catalog out of reach.
    Bad: 1.2.0 is released, and module.json says 1.1.9, 1.2.0-rc.1 or 1.2.0+fix.
    Good: 1.2.0 is released, and module.json says 1.2.1.
    Fix: raise `version` in module.json, and `schema_version` in the settings schema with it.
    """
    manifest = module.require_manifest()
    if not module.slug or not module.version:
        raise CouldNotCheckError(
            "the slug or the version in module.json is not usable",
            hint="fix what the other checks report about them first",
        )
    released = catalog.versions(module.slug)
    if not released:
        yield version_greater.finding(
            f"first version of {module.slug} in this catalog",
            manifest.at("version"),
            level=Level.NOTE,
        )
    why, _ = version_refusal(module.slug, module.version, module.digest, released)
    if not why:
        return
    newest = max(released, key=lambda each: Precedence(each.version))
    edited = newest.version == module.version
    yield version_greater.finding(
        f"{why}; raise the version before you release" if edited else why,
        manifest.at("version"),
        level=Level.WARNING if edited else Level.ERROR,
        fix=f"a version above {newest.version}",
    )

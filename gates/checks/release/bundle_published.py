"""The bundle that passed is the bundle in the registry."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.evidence import EvidenceSet
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.registry import Registry


@check(Stage.RELEASE)
def bundle_published(
    module: Module, evidence: EvidenceSet, registry: Registry
) -> Iterator[Finding]:
    """The bundle that passed is the bundle in the registry.

    Why: tenants get what the registry gives, so it must be what was built and scanned.
    Bad: the registry was emptied or moved after `gates publish`, or holds other bytes.
    Good: the registry gives back the bundle whose digest the evidence of the build names.
    Fix: run `gates publish` again, against the same registry.
    """
    found = evidence.inspect([Stage.BUILD])[0].statement
    if found is None or found.bundle is None:
        raise CouldNotCheckError(
            "which bundle was built is not known: the evidence of build does not say",
            hint=f"gates run --stage build {module.root}",
        )
    there = registry.find(module.slug, module.version)
    at = module.manifest.at("version") if module.manifest else Location("module.json")
    if there is None:
        yield bundle_published.finding(
            f"{module.slug} {module.version} is not published", at, fix="gates publish"
        )
    elif there.bundle != found.bundle:
        yield bundle_published.finding(
            f"the published bundle is not the one that was built"
            f" ({there.bundle}, not {found.bundle})",
            at,
            fix="raise the version and run all stages again",
        )

"""A published version keeps its bytes."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.evidence import EvidenceSet
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.registry import Registry


@check(Stage.PUBLISH)
def version_immutable(
    module: Module, evidence: EvidenceSet, registry: Registry
) -> Iterator[Finding]:
    """A published version keeps its bytes.

    Why: whoever installed a version must get the same one tomorrow. The same bytes again are fine,
    and change nothing.
    Bad: the sources are changed and published again as 1.0.0.
    Good: the same bytes are published again, or the version is raised to 1.0.1.
    Fix: raise `version` in module.json, and `schema_version` in the settings schema with it.
    """
    if not module.slug or not module.version:
        raise CouldNotCheckError("module.json has no usable slug and version")
    built = evidence.verify([Stage.BUILD])[Stage.BUILD].bundle
    if why := registry.refusal(module.slug, module.version, built or ""):
        at = module.manifest.at("version") if module.manifest else Location("module.json")
        yield version_immutable.finding(why, at, fix="raise the version")

"""The stage publish: the bundle that was built and scanned goes to the registry, with its evidence.

Every step can be repeated: the same bytes under the same version change nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cached_property
from typing import IO, TYPE_CHECKING

from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import EvidenceSet, Statement, bundle_name
from gates.model import Stage
from gates.module import Module
from gates.records import dataclass
from gates.registry import Content, Published, Registry
from gates.stages import Outcome
from gates.steps import Step, run_steps

if TYPE_CHECKING:
    from gates.needs import Needs


@dataclass
class Publication:
    """What publishing works on."""

    module: Module
    evidence: EvidenceSet
    registry: Registry
    bundle: Content
    published: Published | None = None
    new: bool = False

    @cached_property
    def statements(self) -> Mapping[Stage, Statement]:
        """Evidence of the five stages before. Raises `RefusedError`."""
        return self.evidence.verify(Stage.PUBLISH.before)

    @property
    def digest(self) -> str:
        """SHA-256 of the bundle, in hex."""
        return self.bundle.sha256


def publish(needs: Needs) -> Outcome:
    """Publish the module's bundle. Raises `RefusedError` or `CouldNotCheckError`."""
    return publish_bundle(
        Publication(
            module=needs.module,
            evidence=needs.evidence(),
            registry=needs.registry(),
            bundle=built_bundle(needs.evidence()),
        )
    )


def built_bundle(evidence: EvidenceSet) -> Content:
    """The bundle that the build left, read from its file as often as needed and never held whole;
    held against its evidence by `match_bundle`.

    Raises `RefusedError` where there is none: publishing runs nothing of the module.
    """
    store = evidence.store

    def opened() -> IO[bytes]:
        file = store.open_bundle()
        if file is None:
            raise RefusedError(
                [f"there is no bundle of the build in {store.folder} [no-bundle]"],
                hint=f"gates build --fresh {shlex.quote(str(evidence.module.root))}",
            )
        return file

    return Content.of_opened(opened)


def publish_bundle(work: Publication) -> Outcome:
    """Take all steps; outputs are `bundle`, `manifest`, `reference` and `published`."""
    records = run_steps(STEPS, work)
    there = _published(work)
    return Outcome(
        records,
        {
            "bundle": there.bundle,
            "manifest": there.manifest,
            "reference": there.reference,
            "published": "new" if work.new else "already there with the same content",
        },
    )


def verify_evidence(work: Publication) -> str:
    """The five stages before passed for this content, and the evidence of it holds.

    The key that will sign this stage may do so.
    """
    work.evidence.require_signer(Stage.PUBLISH, work.statements)
    return f"{len(work.statements)} stages passed for {work.module.digest[:12]}"


def match_bundle(work: Publication) -> str:
    """The bundle is the one that was built and scanned."""
    built = work.statements[Stage.BUILD].bundle
    if built != work.digest:
        raise RefusedError(
            [f"the bundle is not the one that was built and scanned ({work.digest}, not {built})"],
            hint=f"gates run {work.module.root}",
        )
    return f"bundle {work.digest[:12]}"


def push(work: Publication) -> str:
    """The bundle is in the registry."""
    match_bundle(work)
    slug, version = work.module.slug, work.module.version
    there = work.registry.push(slug, version, work.bundle, bundle_name(slug, version))
    work.published, work.new = there, work.new or there.new
    return there.reference


def attach_evidence(work: Publication) -> str:
    """The evidence of the five stages refers to the bundle in the registry."""
    there = _published(work)
    for stage in work.statements:
        attach(work.evidence, work.registry, there, stage)
    return f"{len(work.statements)} envelopes"


def read_back(work: Publication) -> str:
    """What the registry gives back is what was built, with all of its evidence."""
    there = work.registry.fetch(work.module.slug, work.module.version)
    if (there.bundle, there.manifest) != (work.digest, _published(work).manifest):
        raise RefusedError([f"the registry gives back another bundle ({there.bundle})"])
    attached = {envelope for _, envelope in work.registry.referrers(there)}
    for stage in work.statements:
        if work.evidence.envelope(stage) not in attached:
            raise CouldNotCheckError(
                f"the registry {work.registry.where} does not give back the evidence of {stage}",
                hint=f"gates publish {work.module.root}",
            )
    return f"{there.size} bytes, {len(work.statements)} envelopes"


def attach(evidence: EvidenceSet, registry: Registry, to: Published, stage: Stage) -> None:
    """Let the verified evidence of one stage refer to a bundle in the registry."""
    evidence.verify([stage])
    if (envelope := evidence.envelope(stage)) is not None:
        registry.attach(to, stage.value, envelope)


STEPS: tuple[Step[Publication], ...] = (
    Step("verify-evidence", verify_evidence),
    Step("match-bundle", match_bundle),
    Step("push", push),
    Step("attach-evidence", attach_evidence),
    Step("read-back", read_back),
)


def _published(work: Publication) -> Published:
    there = work.published or work.registry.find(work.module.slug, work.module.version)
    if there is None:
        raise RefusedError([f"{work.module.slug} {work.module.version} is not in the registry"])
    return there

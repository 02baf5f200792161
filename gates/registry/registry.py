"""Module bundles under immutable versions, with the evidence about them as referrers.

A bundle is an OCI artifact (image specification 1.1, "Guidelines for Artifact Usage"): a manifest
of type `ARTIFACT_TYPE` with the empty config and the bundle as its one layer, under the module's
version in the repository of its slug. Evidence refers to that manifest by `subject`.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import RefusedError, ToolMissingError
from gates.records import dataclass, replace
from gates.registry.artifacts import TITLE, manifest_of, read_manifest, single_layer, store
from gates.registry.documents import (
    LARGEST_BLOB,
    LARGEST_JSON,
    MANIFEST_TYPE,
    Content,
    Descriptor,
    Sink,
)
from gates.registry.layout import Layout
from gates.registry.transport import Transport

if TYPE_CHECKING:
    from gates.settings import Settings

ARTIFACT_TYPE = "application/vnd.axon.module.v1"
BUNDLE_TYPE = "application/vnd.axon.module.bundle.v1.tar+gzip"
EVIDENCE_TYPE = "application/vnd.in-toto+json"
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
STAGE_ANNOTATION = "dev.axon.gates.stage"
VERSION = "org.opencontainers.image.version"


@dataclass(frozen=True)
class Published:
    """A bundle as the registry has it."""

    slug: str
    version: str
    bundle: str
    """SHA-256 of the bundle, in hex."""
    size: int
    """Of the bundle, in bytes."""
    described: Descriptor
    """Of the manifest."""
    reference: str
    """Where it is, with its digest: `oci:<folder>:<slug>:<version>@sha256:<hex>`, or
    `oci://<host>/<prefix>/<slug>:<version>@sha256:<hex>`."""
    new: bool = False
    """Whether this push added it; False for the same bytes pushed again."""

    @property
    def manifest(self) -> str:
        """Digest of the manifest, `sha256:<hex>`."""
        return self.described.digest


@dataclass(frozen=True)
class Registry:
    """Bundles and evidence in a place that holds them: a folder, or a server."""

    place: Transport

    @classmethod
    def of(cls, settings: Settings) -> Registry:
        """The registry that the settings name. Raises like `open`."""
        return cls.open(
            settings.registry, authorities=settings.registry_ca, offline=settings.offline
        )

    @classmethod
    def open(
        cls,
        where: str,
        *,
        authorities: Path | None = None,
        offline: bool = False,
        hurried: bool = False,
    ) -> Registry:
        """The registry in a folder, which is made by the first push, or at `oci://HOST/PREFIX`.

        `authorities` is a file of certificates (PEM) that are trusted beside the system's; with
        `offline`, a server is not asked; `hurried`, it is given up soon. Nothing is connected here.
        Raises `ConfigurationError` for an address that is none, `ToolMissingError` where a server's
        client is not installed.
        """
        if "://" in where:
            try:
                from gates.registry.remote import HURRIED, Remote
            except ModuleNotFoundError as error:
                raise ToolMissingError(
                    f"the client for {where.partition('://')[0]}:// is not installed: {error}",
                    hint="pip install 'axon-gates[registry]'",
                ) from error

            patience = HURRIED if hurried else None
            return cls(
                Remote.open(where, authorities=authorities, offline=offline, patience=patience)
            )
        return cls(Layout(Path(where.removeprefix("oci:")).absolute()))

    @property
    def where(self) -> str:
        """The folder or the address, for messages."""
        return self.place.where

    def find(self, slug: str, version: str) -> Published | None:
        """What is published under a slug and version; None where nothing is.

        Raises `CouldNotCheckError` for a registry that cannot be read, `RefusedError` for one that
        holds something else there, or whose blobs were changed.
        """
        described = self.place.find(slug, version)
        return None if described is None else self._published(slug, version, described)

    def refusal(self, slug: str, version: str, bundle: str) -> str | None:
        """Why a bundle of this SHA-256 (hex) cannot be published, or None. Raises like `find`."""
        return _refusal(self.find(slug, version), slug, version, bundle)

    def push(self, slug: str, version: str, bundle: Content, file_name: str) -> Published:
        """Publish a bundle; the same bytes again change nothing.

        Raises `RefusedError` where other bytes are published under this version.
        """
        if bundle.size > LARGEST_BLOB:
            raise RefusedError([f"the bundle of {slug} {version} is larger than 2 GiB"])
        manifest = manifest_of(
            ARTIFACT_TYPE,
            bundle.descriptor(BUNDLE_TYPE).to_json(annotations={TITLE: file_name}),
            annotations={TITLE: slug, VERSION: version},
        )
        with self.place.writing(slug) as writer:
            self._hold_against(slug, version, bundle.sha256)
            store(writer, bundle)
            # Asked again: a server has no lock, and the upload may have taken its time.
            new = self._hold_against(slug, version, bundle.sha256) is None
            if new:
                writer.publish(version, manifest)
        there = self._hold_against(slug, version, bundle.sha256)
        if there is None or there.described != Descriptor.of(MANIFEST_TYPE, manifest):
            raise RefusedError([f"{slug} {version} is not in the registry as it was pushed"])
        return replace(there, new=new)

    def fetch(self, slug: str, version: str, sink: Sink = len) -> Published:
        """Read a bundle into `sink` (by default: into nothing), held against every digest on the
        way. What the sink got counts for nothing before this has returned.

        Raises `RefusedError` where it is not published or was changed.
        """
        there = self.find(slug, version)
        if there is None:
            raise RefusedError(
                [f"{slug} {version} is not published in the registry {self.where}"],
                hint="gates publish",
            )
        layer = Descriptor(BUNDLE_TYPE, f"sha256:{there.bundle}", there.size)
        self.place.fetch(slug, layer, sink)
        return there

    def attach(self, to: Published, stage: str, envelope: bytes) -> str:
        """Add a stage's envelope as a referrer of a bundle; returns its manifest's digest.

        The same envelope again changes nothing; an envelope of a later run is added to the
        earlier ones.
        """
        content, annotations = Content.of_bytes(envelope), {STAGE_ANNOTATION: stage}
        layer = content.descriptor(ENVELOPE_TYPE).to_json(annotations={TITLE: f"{stage}.dsse.json"})
        manifest = manifest_of(EVIDENCE_TYPE, layer, annotations=annotations, subject=to.described)
        described = replace(
            Descriptor.of(MANIFEST_TYPE, manifest),
            artifact_type=EVIDENCE_TYPE,
            annotations=annotations,
        )
        with self.place.writing(to.slug) as writer:
            store(writer, content)
            writer.refer(manifest, described)
        return described.digest

    def referrers(self, to: Published) -> list[tuple[str, bytes]]:
        """Stage and envelope of each piece of evidence about a bundle, in the order added.

        Raises `RefusedError` for a manifest that is said to refer to the bundle and does not.
        """
        found = []
        for each in self.place.referrers(to.slug, to.described):
            if each.artifact_type != EVIDENCE_TYPE:
                continue
            manifest = read_manifest(self.place, to.slug, each)
            if Descriptor.read(manifest.get("subject")) != to.described:
                raise RefusedError(
                    [f"the registry says that {each.digest} is about {to.reference}; it is not"]
                )
            annotations = manifest.get("annotations")
            stage = annotations.get(STAGE_ANNOTATION) if isinstance(annotations, dict) else ""
            layer = single_layer(manifest, each.digest, ENVELOPE_TYPE, LARGEST_JSON)
            envelope = io.BytesIO()
            self.place.fetch(to.slug, layer, envelope.write)
            found.append((str(stage), envelope.getvalue()))
        return found

    def _hold_against(self, slug: str, version: str, bundle: str) -> Published | None:
        there = self.find(slug, version)
        if why := _refusal(there, slug, version, bundle):
            raise RefusedError([why], hint="raise the version in module.json")
        return there

    def _published(self, slug: str, version: str, described: Descriptor) -> Published:
        manifest = read_manifest(self.place, slug, described)
        annotations = manifest.get("annotations")
        names = annotations if isinstance(annotations, dict) else {}
        if (manifest.get("artifactType"), names.get(TITLE), names.get(VERSION)) != (
            ARTIFACT_TYPE, slug, version
        ):  # fmt: skip
            raise RefusedError(
                [f"what the registry {self.where} has as {slug} {version} is not that module"]
            )
        layer = single_layer(manifest, described.digest, BUNDLE_TYPE, LARGEST_BLOB)
        return Published(
            slug=slug,
            version=version,
            bundle=layer.digest.removeprefix("sha256:"),
            size=layer.size,
            described=described,
            reference=f"{self.place.reference(slug, version)}@{described.digest}",
        )


def _refusal(there: Published | None, slug: str, version: str, bundle: str) -> str | None:
    if there is None or there.bundle == bundle:
        return None
    return (
        f"{slug} {version} is already published with other content"
        f" (bundle {there.bundle}, this is {bundle})"
    )

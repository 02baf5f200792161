"""Module bundles under immutable versions, with the evidence about them as referrers.

A bundle is an OCI artifact (image specification 1.1, "Guidelines for Artifact Usage"): a manifest
of type `ARTIFACT_TYPE` with the empty config and the bundle as its one layer, named
`<slug>:<version>` in the index. Evidence refers to that manifest by `subject`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.errors import ConfigurationError, RefusedError
from gates.registry.layout import (
    EMPTY_TYPE,
    MANIFEST_TYPE,
    REF_NAME,
    Descriptor,
    Layout,
    Writer,
    to_bytes,
)

ARTIFACT_TYPE = "application/vnd.axon.module.v1"
BUNDLE_TYPE = "application/vnd.axon.module.bundle.v1.tar+gzip"
EVIDENCE_TYPE = "application/vnd.in-toto+json"
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
STAGE_ANNOTATION = "dev.axon.gates.stage"
_EMPTY = b"{}"


@dataclass(frozen=True)
class Published:
    """A bundle as the registry has it."""

    slug: str
    version: str
    bundle: str
    """SHA-256 of the bundle, in hex."""
    size: int
    """Of the bundle, in bytes."""
    manifest: str
    """Digest of the manifest, `sha256:<hex>`."""
    reference: str
    """Where it is, with its digest: `oci:<folder>:<slug>:<version>@sha256:<hex>`."""
    new: bool = False
    """Whether this push added it; False for the same bytes pushed again."""


@dataclass(frozen=True)
class Registry:
    """An OCI image layout on disk that bundles are published to."""

    layout: Layout

    @classmethod
    def open(cls, where: str) -> Registry:
        """The registry in a folder, which is made by the first push.

        Raises `ConfigurationError` for the address of a remote registry.
        """
        if "://" in where:
            raise ConfigurationError(
                f"the registry {where} is not a folder",
                hint="name the folder of an OCI image layout in GATES_REGISTRY",
            )
        return cls(Layout(Path(where.removeprefix("oci:")).absolute()))

    @property
    def where(self) -> str:
        """The folder, for messages."""
        return str(self.layout.root)

    def find(self, slug: str, version: str) -> Published | None:
        """What is published under a slug and version; None where nothing is.

        Raises `CouldNotCheckError` for a registry that cannot be read, `RefusedError` for one
        whose blobs were changed.
        """
        entry = _entry(self.layout.index(), f"{slug}:{version}")
        return None if entry is None else self._published(slug, version, entry)

    def refusal(self, slug: str, version: str, bundle: str) -> str | None:
        """Why a bundle of this SHA-256 (hex) cannot be published, or None. Raises like `find`."""
        there = self.find(slug, version)
        if there is None or there.bundle == bundle:
            return None
        return (
            f"{slug} {version} is already published with other content"
            f" (bundle {there.bundle}, this is {bundle})"
        )

    def push(self, slug: str, version: str, bundle: bytes, file_name: str) -> Published:
        """Publish a bundle; the same bytes again change nothing.

        Raises `RefusedError` where other bytes are published under this version.
        """
        digest = hashlib.sha256(bundle).hexdigest()
        with self.layout.writing() as writer:
            if why := self.refusal(slug, version, digest):
                raise RefusedError([why], hint="raise the version in module.json")
            entries = self.layout.index()
            name = f"{slug}:{version}"
            new = _entry(entries, name) is None
            layer = writer.blob(BUNDLE_TYPE, bundle)
            manifest = self._manifest(
                writer,
                ARTIFACT_TYPE,
                layer.to_json(annotations={"org.opencontainers.image.title": file_name}),
                annotations={
                    "org.opencontainers.image.title": slug,
                    "org.opencontainers.image.version": version,
                },
            )
            if new:
                entry = manifest.to_json(artifactType=ARTIFACT_TYPE, annotations={REF_NAME: name})
                writer.replace_index([*entries, entry])
        there = self.find(slug, version)
        if there is None or there.bundle != digest or there.manifest != manifest.digest:
            raise RefusedError([f"{slug} {version} is not in the registry as it was pushed"])
        return Published(**{**there.__dict__, "new": new})

    def fetch(self, slug: str, version: str) -> tuple[Published, bytes]:
        """A bundle with its bytes, held against every digest on the way.

        Raises `RefusedError` where it is not published or was changed.
        """
        there = self.find(slug, version)
        if there is None:
            raise RefusedError(
                [f"{slug} {version} is not published in the registry {self.where}"],
                hint="gates publish",
            )
        return there, self.layout.read(f"sha256:{there.bundle}", size=there.size)

    def attach(self, to: Published, stage: str, envelope: bytes) -> str:
        """Add a stage's envelope as a referrer of a bundle; returns its manifest's digest.

        The same envelope again changes nothing; an envelope of a later run is added to the
        earlier ones.
        """
        subject = Descriptor(MANIFEST_TYPE, to.manifest, self._size(to))
        annotations = {STAGE_ANNOTATION: stage}
        with self.layout.writing() as writer:
            manifest = self._manifest(
                writer,
                EVIDENCE_TYPE,
                writer.blob(ENVELOPE_TYPE, envelope).to_json(
                    annotations={"org.opencontainers.image.title": f"{stage}.dsse.json"}
                ),
                annotations=annotations,
                subject=subject,
            )
            entries = self.layout.index()
            if not any(each["digest"] == manifest.digest for each in entries):
                entry = manifest.to_json(artifactType=EVIDENCE_TYPE, annotations=annotations)
                writer.replace_index([*entries, entry])
        return manifest.digest

    def referrers(self, to: Published) -> list[tuple[str, bytes]]:
        """Stage and envelope of each piece of evidence about a bundle, in the order added."""
        found = []
        for entry in self.layout.index():
            if entry.get("artifactType") != EVIDENCE_TYPE:
                continue
            manifest = self.layout.manifest(entry)
            subject = manifest.get("subject")
            if isinstance(subject, dict) and subject.get("digest") == to.manifest:
                layer = self._layer(manifest, entry["digest"])
                stage = str(entry.get("annotations", {}).get(STAGE_ANNOTATION, ""))
                found.append((stage, self.layout.read(layer.digest, size=layer.size)))
        return found

    def _manifest(
        self,
        writer: Writer,
        artifact_type: str,
        layer: dict[str, Any],
        *,
        annotations: dict[str, str],
        subject: Descriptor | None = None,
    ) -> Descriptor:
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": artifact_type,
            "config": writer.blob(EMPTY_TYPE, _EMPTY).to_json(data="e30="),
            "layers": [layer],
            "annotations": annotations,
        }
        if subject is not None:
            manifest["subject"] = subject.to_json()
        return writer.blob(MANIFEST_TYPE, to_bytes(manifest))

    def _published(self, slug: str, version: str, entry: dict[str, Any]) -> Published:
        layer = self._layer(self.layout.manifest(entry), entry["digest"])
        return Published(
            slug=slug,
            version=version,
            bundle=layer.digest.removeprefix("sha256:"),
            size=layer.size,
            manifest=entry["digest"],
            reference=f"oci:{self.where}:{slug}:{version}@{entry['digest']}",
        )

    def _size(self, to: Published) -> int:
        return len(self.layout.read(to.manifest))

    def _layer(self, manifest: dict[str, Any], digest: str) -> Descriptor:
        layers = manifest.get("layers")
        first = layers[0] if isinstance(layers, list) and len(layers) == 1 else None
        if (
            not isinstance(first, dict)
            or not isinstance(first.get("digest"), str)
            or not isinstance(first.get("size"), int)
        ):
            raise RefusedError([f"the manifest {digest} in the registry holds no single layer"])
        return Descriptor(str(first.get("mediaType")), first["digest"], first["size"])


def _entry(entries: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((e for e in entries if e.get("annotations", {}).get(REF_NAME) == name), None)

"""Artifacts of one layer under a name: what a registry holds besides modules, and how all of it is
written.

Source: OCI image specification 1.1, "Guidelines for Artifact Usage".
"""

from __future__ import annotations

from typing import Any

from gates.errors import CouldNotCheckError, RefusedError
from gates.records import dataclass
from gates.registry.documents import (
    EMPTY_TYPE,
    LARGEST_JSON,
    MANIFEST_TYPE,
    Content,
    Descriptor,
    Sink,
    read_object,
    to_bytes,
)
from gates.registry.transport import Transport, Writer

TITLE = "org.opencontainers.image.title"
_EMPTY = Content.of_bytes(b"{}")


@dataclass(frozen=True)
class Kind:
    """One sort of artifact."""

    artifact_type: str
    layer_type: str
    """Media type of its one layer."""
    file_name: str
    """What whoever pulls it by another client gets."""
    largest: int = LARGEST_JSON
    """Bytes of its layer."""


def put(place: Transport, repository: str, name: str, content: Content, kind: Kind) -> Descriptor:
    """Let a name of a repository be this content, whatever it was before; gives the manifest.

    Raises `RefusedError` where the name is another content right after that, or the place wants
    names that never change; `CouldNotCheckError` where it cannot be written.
    """
    if content.size > kind.largest:
        raise RefusedError([f"{kind.file_name} is larger than {kind.largest // 1024**2} MiB"])
    layer = content.descriptor(kind.layer_type).to_json(annotations={TITLE: kind.file_name})
    manifest = manifest_of(kind.artifact_type, layer, annotations={TITLE: kind.file_name})
    described = Descriptor.of(MANIFEST_TYPE, manifest)
    with place.writing(repository) as writer:
        store(writer, content)
        if place.find(repository, name) != described:
            writer.publish(name, manifest)
    if place.find(repository, name) != described:
        raise RefusedError([f"{name} of {repository} in the registry is not what was written"])
    return described


def take(place: Transport, repository: str, name: str, kind: Kind, sink: Sink) -> Descriptor | None:
    """Read what is under a name into `sink`, and give its layer; None where nothing is there.

    What the sink got counts for nothing before this has returned. Raises `RefusedError` for an
    artifact of another kind or one that was changed.
    """
    described = place.find(repository, name)
    if described is None:
        return None
    manifest = read_manifest(place, repository, described)
    if manifest.get("artifactType") != kind.artifact_type:
        raise RefusedError(
            [f"{name} of {repository} in the registry is no {kind.artifact_type} but another kind"]
        )
    layer = single_layer(manifest, described.digest, kind.layer_type, kind.largest)
    place.fetch(repository, layer, sink)
    return layer


def store(writer: Writer, content: Content) -> None:
    """Store a layer, and the empty config beside it."""
    writer.blob(content)
    writer.blob(_EMPTY)


def manifest_of(
    artifact_type: str,
    layer: dict[str, Any],
    *,
    annotations: dict[str, str],
    subject: Descriptor | None = None,
) -> bytes:
    """A manifest with the empty config and one layer."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": artifact_type,
        "config": _EMPTY.descriptor(EMPTY_TYPE).to_json(data="e30="),
        "layers": [layer],
        "annotations": annotations,
    }
    if subject is not None:
        manifest["subject"] = subject.to_json()
    return to_bytes(manifest)


def read_manifest(place: Transport, slug: str, described: Descriptor) -> dict[str, Any]:
    """A manifest. Raises `CouldNotCheckError` where it is no JSON, `RefusedError` for an index."""
    try:
        manifest = read_object(place.manifest(slug, described))
    except ValueError as error:
        raise CouldNotCheckError(
            f"the manifest {described.digest} in the registry {place.where} is {error}"
        ) from error
    if manifest.get("mediaType") != MANIFEST_TYPE or described.media_type != MANIFEST_TYPE:
        raise RefusedError([f"{described.digest} in the registry is no manifest"])
    return manifest


def single_layer(
    manifest: dict[str, Any], digest: str, media_type: str, largest: int
) -> Descriptor:
    """The one layer of a manifest. Raises `RefusedError` for another type, size or number."""
    layers = manifest.get("layers")
    one = isinstance(layers, list) and len(layers) == 1
    found = Descriptor.read(layers[0]) if one and layers is not None else None
    if found is None or found.media_type != media_type or found.size > largest:
        raise RefusedError(
            [f"the manifest {digest} in the registry holds no single layer of {media_type}"]
        )
    return found

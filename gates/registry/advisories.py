"""Snapshots of advisories in a registry, each under the digest of its file.

The scan's evidence names that digest, so whoever asks later what was known then can have it again.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from pathlib import Path

from gates.errors import CouldNotCheckError, RefusedError, UsageError
from gates.registry.artifacts import Kind, put, take
from gates.registry.documents import LARGEST_BLOB, Content
from gates.registry.registry import Registry

REPOSITORY = "advisories"
KIND = Kind(
    artifact_type="application/vnd.axon.advisories.v1",
    layer_type="application/vnd.axon.advisories.v1+json",
    file_name="advisories.json",
    largest=LARGEST_BLOB,
)
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})\Z")


def push_snapshot(registry: Registry, path: Path) -> str:
    """Store a snapshot, and give its SHA-256 in hex, which is its name there.

    The same again changes nothing. Raises `CouldNotCheckError` for a file that cannot be read, and
    as `put` does.
    """
    try:
        content = Content.of_file(path)
    except OSError as error:
        raise CouldNotCheckError(f"{path} cannot be read: {error.strerror}") from error
    put(registry.place, REPOSITORY, content.sha256, content, KIND)
    return content.sha256


def pull_snapshot(registry: Registry, digest: str, path: Path) -> None:
    """Write the snapshot of this SHA-256 (hex, with or without `sha256:`) to a file, whole or not
    at all.

    Raises `UsageError` for what is no digest, `RefusedError` where the registry has no snapshot or
    other bytes under it, `CouldNotCheckError` where it cannot be had or written.
    """
    if (named := _DIGEST.match(digest)) is None:
        raise UsageError(f"{digest!r} is no SHA-256 in hex")
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with aside.open("xb") as file:
            layer = take(registry.place, REPOSITORY, named[1], KIND, file.write)
        if layer is None:
            raise RefusedError(
                [f"the registry {registry.where} holds no advisory snapshot {named[1]}"],
                hint="gates advisories push FILE",
            )
        if layer.digest != f"sha256:{named[1]}":
            raise RefusedError(
                [f"what the registry has as the advisory snapshot {named[1]} is {layer.digest}"]
            )
        aside.replace(path)
    except OSError as error:
        raise CouldNotCheckError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)

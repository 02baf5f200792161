"""The files in a published bundle, read by way of a file on disk: no archive is held whole."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from gates.errors import CouldNotCheckError
from gates.registry.registry import Published, Registry

MAX_BUNDLE = 512 * 1024 * 1024
"""Bytes that a bundle may hold, unpacked."""
_IN_MEMORY = 4 * 1024 * 1024


@contextmanager
def fetched(registry: Registry, slug: str, version: str) -> Iterator[tuple[Published, IO[bytes]]]:
    """What is published under a version, held against every digest, and the archive to read.

    Raises `RefusedError` where it is not published or was changed, `CouldNotCheckError` for a
    registry that cannot be read.
    """
    with SpooledTemporaryFile(_IN_MEMORY) as archive:
        published = registry.fetch(slug, version, archive.write)
        archive.seek(0)
        yield published, archive


def unpacked(bundle: IO[bytes]) -> dict[str, bytes]:
    """The regular files of a bundle, by path. Raises `CouldNotCheckError` for one that is broken
    or larger than `MAX_BUNDLE`."""
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=bundle, mode="r:gz") as archive:
            for entry in archive:
                total += entry.size
                if total > MAX_BUNDLE:
                    raise CouldNotCheckError(f"a bundle holds more than {MAX_BUNDLE:,} bytes")
                if content := archive.extractfile(entry):
                    found[entry.name] = content.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CouldNotCheckError(f"a bundle cannot be read: {error}") from error
    return found

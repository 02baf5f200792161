"""What a place has to do to be a registry: a folder does it, and so does a server.

A place knows bytes, descriptors, names and what refers to what, and nothing of modules.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from gates.registry.documents import Content, Descriptor, Sink


class Writer(Protocol):
    """Adds to one repository of a place."""

    def blob(self, content: Content) -> None:
        """Store bytes, if they are not there whole already."""

    def publish(self, version: str, manifest: bytes) -> None:
        """Store a manifest, whose blobs are there, under a version, whatever was there: whoever
        wants versions that never change looks before."""

    def refer(self, manifest: bytes, described: Descriptor) -> None:
        """Store a manifest that names a subject, so that it is among its referrers, once."""


class Transport(Protocol):
    """A place that holds repositories by slug, in each of them manifests by version.

    All methods raise `CouldNotCheckError` where the place cannot be asked or its answer cannot be
    relied upon, and `RefusedError` for content that is not what its digest says.
    """

    @property
    def where(self) -> str:
        """The place for messages, without a password."""

    def reference(self, slug: str, version: str) -> str:
        """Where a version is, without its digest."""

    def state(self) -> object | None:
        """All that is there in a form that compares equal while nothing was changed; None where
        that cannot be had."""

    def probe(self) -> str:
        """Ask the place whether it answers at all; says in a few words how it does."""

    def find(self, slug: str, version: str) -> Descriptor | None:
        """The manifest under a version; None where the place says that there is none."""

    def manifest(self, slug: str, described: Descriptor) -> bytes:
        """A manifest, held against its digest and size."""

    def fetch(self, slug: str, described: Descriptor, sink: Sink) -> None:
        """A blob, which is held against its digest and size once all of it went into the sink."""

    def referrers(self, slug: str, subject: Descriptor) -> list[Descriptor]:
        """What the place says refers to a manifest, in the order added."""

    def writing(self, slug: str) -> AbstractContextManager[Writer]:
        """Write to a repository for as long as the context lasts."""

"""A registry on a server as a place for bundles and evidence: the repository of a module is
`<prefix>/<slug>`, the tag its version.

The specification knows no write that fails where something is there, so two who publish other
content under one version at the same moment may both be told that they did. What was written is
read back at once, at the end of publish and by release, and whoever was overwritten learns it
there: the catalog has one row for the version, with the digest of its bundle.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from gates.errors import CouldNotCheckError, RefusedError
from gates.records import dataclass, field
from gates.registry.documents import MANIFEST_TYPE, Content, Descriptor, Sink, read_object
from gates.registry.remote.address import Address, tag_of
from gates.registry.remote.blobs import CHUNK, Blobs
from gates.registry.remote.client import Client, Patience
from gates.registry.remote.manifests import Manifests
from gates.registry.remote.referrers import Referrers

HURRIED = Patience(
    attempts=2, first_pause=0.2, longest_pause=1.0, connect=3.0, silence=10.0, exchange=20.0
)
"""For what is a help and no more: without it the run goes on."""


@dataclass(frozen=True)
class Remote:
    """A registry on a server. Safe to share by threads."""

    client: Client
    offline: bool = False
    chunk: int = CHUNK
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    """One writer of this process at a time: the index of referrers is written whole."""

    @classmethod
    def open(
        cls,
        where: str,
        *,
        authorities: Path | None = None,
        offline: bool = False,
        patience: Patience | None = None,
        chunk: int = CHUNK,
    ) -> Remote:
        """The registry at an address. Raises `ConfigurationError`; connects to nothing."""
        client = Client(Address.parse(where), authorities, patience or Patience())
        return cls(client, offline, chunk)

    @property
    def where(self) -> str:
        """The address."""
        return self.client.address.text

    def reference(self, slug: str, version: str) -> str:
        """`oci://<host>/<prefix>/<slug>:<tag>`."""
        address = self.client.address
        scheme = address.text.partition("://")[0]
        return f"{scheme}://{address.host}/{address.repository(slug)}:{tag_of(version)}"

    def state(self) -> None:
        """Nothing: a server can be changed by others at any time."""
        return

    def probe(self) -> str:
        """Ask whether a registry answers, and accepts the login."""
        self._require_online()
        self.client.ask("GET", self.client.url(""), "").require(200)
        return "answers"

    def find(self, slug: str, version: str) -> Descriptor | None:
        """The manifest under the tag of a version."""
        held = self._manifests(slug).get(tag_of(version))
        if held is None:
            return None
        if held.described.media_type != MANIFEST_TYPE:
            raise RefusedError([f"{held.answer.url} is no manifest but an index"])
        return held.described

    def manifest(self, slug: str, described: Descriptor) -> bytes:
        """A manifest, held against its digest, size and type."""
        return self._manifests(slug).require(described)

    def fetch(self, slug: str, described: Descriptor, sink: Sink) -> None:
        """A blob, held against its digest and size once all of it went into the sink."""
        self._blobs(slug).fetch(described, sink)

    def referrers(self, slug: str, subject: Descriptor) -> list[Descriptor]:
        """What the registry says refers to a manifest."""
        return self._referrers(slug).of(subject)

    @contextlib.contextmanager
    def writing(self, slug: str) -> Iterator[RemoteWriter]:
        """Write to the repository of a module, one of this process at a time."""
        with self._lock:
            yield RemoteWriter(self._blobs(slug), self._manifests(slug), self._referrers(slug))

    def _blobs(self, slug: str) -> Blobs:
        return Blobs(self.client, self._repository(slug), self.chunk)

    def _manifests(self, slug: str) -> Manifests:
        return Manifests(self.client, self._repository(slug))

    def _referrers(self, slug: str) -> Referrers:
        return Referrers(self._manifests(slug), self.client.patience.first_pause)

    def _repository(self, slug: str) -> str:
        self._require_online()
        return self.client.address.repository(slug)

    def _require_online(self) -> None:
        if self.offline:
            raise CouldNotCheckError(
                f"the registry {self.where} is not asked offline",
                hint="name a copy of it in a folder: --registry or GATES_REGISTRY",
            )


@dataclass(frozen=True)
class RemoteWriter:
    """Adds to one repository."""

    blobs: Blobs
    manifests: Manifests
    listed: Referrers

    def blob(self, content: Content) -> None:
        """Let the registry hold some bytes."""
        self.blobs.send(content)

    def publish(self, version: str, manifest: bytes) -> None:
        """Write a manifest under the tag of a version, whatever was there."""
        self.manifests.put(tag_of(version), MANIFEST_TYPE, manifest)

    def refer(self, manifest: bytes, described: Descriptor) -> None:
        """Write a manifest that names a subject, and see that it is among its referrers."""
        subject = Descriptor.read(read_object(manifest).get("subject"))
        if subject is None or described in self.listed.of(subject):
            return
        answer = self.manifests.put(described.digest, MANIFEST_TYPE, manifest)
        self.listed.settle(subject, described, answer)

"""An OCI image layout on disk: blobs by digest, one index, one writer at a time.

Source: OCI image specification 1.1, "Image Layout". Blobs are written aside, synced and renamed;
the index is replaced last, so that after kill -9 the layout is as before or as after, and what is
left aside is removed by the next writer. All repositories share the layout: a version is named
`<slug>:<version>` in the index.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gates.errors import CouldNotCheckError, RefusedError
from gates.records import dataclass
from gates.registry.documents import (
    LARGEST_BLOB,
    MANIFEST_TYPE,
    Content,
    Descriptor,
    Meter,
    Sink,
    index_of,
    is_digest,
    pieces,
    read_object,
)

REF_NAME = "org.opencontainers.image.ref.name"
_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Layout:
    """A folder that holds, or will hold, an OCI image layout."""

    root: Path

    def index(self) -> list[dict[str, Any]]:
        """The descriptors in `index.json`; none where there is no layout yet.

        Raises `CouldNotCheckError` where the folder holds something else.
        """
        with self._errors("read"):
            try:
                data = (self.root / "index.json").read_bytes()
            except FileNotFoundError:
                self._require_own_folder()
                if (self.root / "oci-layout").exists():
                    raise self._broken("index.json is missing") from None
                return []
        entries = self._object(data, "index.json").get("manifests")
        if not isinstance(entries, list) or None in map(Descriptor.read, entries):
            raise self._broken("index.json lists no descriptors")
        return entries

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.root)

    def reference(self, slug: str, version: str) -> str:
        """`oci:<folder>:<slug>:<version>`."""
        return f"oci:{self.root}:{slug}:{version}"

    def state(self) -> object:
        """The index: a blob counts by the digest in its name."""
        return self.index()

    def probe(self) -> str:
        """Read the index."""
        return f"{len(self.index())} manifests" if self.root.exists() else "made by the first push"

    def find(self, slug: str, version: str) -> Descriptor | None:
        """The manifest under a version."""
        name = f"{slug}:{version}"
        named = (e for e in self.index() if _names(e).get(REF_NAME) == name)
        return Descriptor.read(next(named, None))

    def manifest(self, slug: str, described: Descriptor) -> bytes:
        """A manifest, held against its digest and size."""
        read = io.BytesIO()
        self.fetch(slug, described, read.write)
        return read.getvalue()

    def fetch(self, slug: str, described: Descriptor, sink: Sink) -> None:
        """A blob, held against its digest and size once all of it went into the sink."""
        path = self._blob(described.digest)
        meter = Meter(sink)
        with self._errors("read"):
            try:
                with path.open("rb") as file:
                    if os.fstat(file.fileno()).st_size > LARGEST_BLOB:
                        raise self._broken(f"the blob {described.digest} is larger than 2 GiB")
                    for piece in pieces(file):
                        meter(piece)
            except FileNotFoundError:
                raise self._broken(f"the blob {described.digest} of {slug} is missing") from None
        if (meter.digest, meter.size) != (described.digest, described.size):
            raise RefusedError(
                [
                    "a blob in the registry was changed: it is stored as"
                    f" {described.digest} and is {meter.digest}"
                ],
                hint=f"restore {path} from a backup",
            )

    def referrers(self, slug: str, subject: Descriptor) -> list[Descriptor]:
        """Those in the index whose manifests name the subject."""
        found = []
        for entry in self.index():
            described = Descriptor.read(entry)
            if described is None or REF_NAME in described.annotations:
                continue
            named = self._object(self.manifest(slug, described), described.digest).get("subject")
            if isinstance(named, dict) and named.get("digest") == subject.digest:
                found.append(described)
        return found

    @contextlib.contextmanager
    def writing(self, slug: str) -> Iterator[Writer]:
        """The only writer, for as long as the context lasts; makes the layout on first use.

        Raises `CouldNotCheckError` where another writer does not finish within a minute.
        """
        with self._errors("written"):
            self.root.mkdir(parents=True, exist_ok=True)
            self._require_own_folder()
            lock = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._wait(lock)
                writer = Writer(self, slug)
                writer.prepare()
                yield writer
            finally:
                os.close(lock)

    def _wait(self, lock: int) -> None:
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise CouldNotCheckError(
                        f"another process keeps writing to the registry {self.root}",
                        hint=f"fuser {self.root}",
                    ) from None
                time.sleep(0.02)
            else:
                return

    def _blob(self, digest: str) -> Path:
        if not is_digest(digest):
            raise self._broken(f"{digest!r} is no sha256 digest")
        return self.root / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _object(self, data: bytes, name: str) -> dict[str, Any]:
        try:
            return read_object(data)
        except ValueError as error:
            raise self._broken(f"{name} is {error}") from error

    def _require_own_folder(self) -> None:
        """A folder with other things in it is not turned into a registry, nor taken for one."""
        marker = self.root / "oci-layout"
        if marker.is_file():
            value = self._object(marker.read_bytes(), "oci-layout")
            if value.get("imageLayoutVersion") != "1.0.0":
                raise self._broken("its layout version is not 1.0.0")
        elif self.root.exists():
            known = {".ingest", "blobs", "index.json", "oci-layout"}
            if strange := sorted({each.name for each in self.root.iterdir()} - known):
                raise self._broken(f"it holds {strange[0]} and no oci-layout")

    def _broken(self, why: str) -> CouldNotCheckError:
        return CouldNotCheckError(
            f"the registry {self.root} is no sound OCI image layout: {why}",
            hint="name another folder in GATES_REGISTRY, or restore it from a backup",
        )

    @contextlib.contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CouldNotCheckError(
                f"the registry {self.root} cannot be {what}: {error.strerror or error}",
                hint=f"ls -la {self.root}",
            ) from error


class Writer:
    """Adds to a layout while its lock is held."""

    def __init__(self, layout: Layout, slug: str) -> None:
        self._layout = layout
        self._slug = slug
        self._ingest = layout.root / ".ingest"
        self._blobs = layout.root / "blobs" / "sha256"

    def prepare(self) -> None:
        """Make what is missing of an empty layout, and sweep what a killed writer left."""
        import shutil

        shutil.rmtree(self._ingest, ignore_errors=True)
        self._ingest.mkdir(exist_ok=True)
        self._blobs.mkdir(parents=True, exist_ok=True)
        marker = self._layout.root / "oci-layout"
        if not marker.exists():
            # In this order, so that a marker without an index is always damage.
            if not (self._layout.root / "index.json").exists():
                self._replace_index([])
            self._place(io.BytesIO(b'{"imageLayoutVersion":"1.0.0"}'), marker)

    def blob(self, content: Content) -> None:
        """Add a blob, if it is not there whole already.

        Raises `CouldNotCheckError` for a file that has changed since its digest was made.
        """
        path = self._blobs / content.sha256
        # A torn blob of the right name is possible where the disk lied about a sync.
        if not path.is_file() or Content.of_file(path).digest != content.digest:
            with content.open() as file:
                self._place(file, path, content.digest)

    def publish(self, version: str, manifest: bytes) -> None:
        """Put a manifest under a version; what was there loses its name."""
        described = self._manifest(manifest)
        name = {REF_NAME: f"{self._slug}:{version}"}
        kind = read_object(manifest)["artifactType"]
        entry = described.to_json(artifactType=kind, annotations=name)
        kept = [e for e in self._layout.index() if not name.items() <= _names(e).items()]
        self._replace_index([*kept, entry])

    def refer(self, manifest: bytes, described: Descriptor) -> None:
        """Add a manifest that names a subject, once."""
        self._manifest(manifest)
        entries = self._layout.index()
        if not any(each["digest"] == described.digest for each in entries):
            entry = described.to_json(
                artifactType=described.artifact_type, annotations=described.annotations
            )
            self._replace_index([*entries, entry])

    def _manifest(self, data: bytes) -> Descriptor:
        self.blob(Content.of_bytes(data))
        return Descriptor.of(MANIFEST_TYPE, data)

    def _replace_index(self, entries: list[dict[str, Any]]) -> None:
        self._place(io.BytesIO(index_of(entries)), self._layout.root / "index.json")

    def _place(self, source: IO[bytes], path: Path, digest: str = "") -> None:
        """Put a file in place, whole or not at all."""
        aside = self._ingest / os.urandom(8).hex()
        with aside.open("xb") as file:
            meter = Meter(file.write)
            for piece in pieces(source):
                meter(piece)
            file.flush()
            os.fsync(file.fileno())
        if digest not in ("", meter.digest):
            raise CouldNotCheckError("a file was changed while it was put into the registry")
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _names(entry: dict[str, Any]) -> dict[str, Any]:
    annotations: dict[str, Any] = entry.get("annotations", {})
    return annotations

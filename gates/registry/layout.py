"""An OCI image layout on disk: blobs by digest, one index, one writer at a time.

Source: OCI image specification 1.1, "Image Layout". Blobs are written aside, synced and renamed;
the index is replaced last, so that after kill -9 the layout is as before or as after, and what is
left aside is removed by the next writer.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, RefusedError

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"
LARGEST_BLOB = 2 * 1024**3
LARGEST_JSON = 64 * 1024**2
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Descriptor:
    """What an OCI document says about another: type, digest (`sha256:<hex>`), size in bytes."""

    media_type: str
    digest: str
    size: int

    def to_json(self, **more: object) -> dict[str, Any]:
        """The descriptor as JSON data, with further members."""
        return {
            "mediaType": self.media_type, "digest": self.digest, "size": self.size, **more
        }  # fmt: skip

    @classmethod
    def of(cls, media_type: str, data: bytes) -> Descriptor:
        """The descriptor of some bytes."""
        return cls(media_type, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))


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
        if not isinstance(entries, list) or not all(_is_descriptor(each) for each in entries):
            raise self._broken("index.json lists no descriptors")
        return entries

    def read(self, digest: str, *, size: int | None = None) -> bytes:
        """A blob, held against its digest and, where given, its size in bytes.

        Raises `RefusedError` for a blob that is not what its digest says, `CouldNotCheckError`
        where it is missing or cannot be read.
        """
        path = self._blob(digest)
        with self._errors("read"):
            try:
                if path.stat().st_size > LARGEST_BLOB:
                    raise self._broken(f"the blob {digest} is larger than 2 GiB")
                data = path.read_bytes()
            except FileNotFoundError:
                raise self._broken(f"the blob {digest} is missing") from None
        found = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if found != digest or size not in (None, len(data)):
            raise RefusedError(
                [f"a blob in the registry was changed: it is stored as {digest} and is {found}"],
                hint=f"restore {path} from a backup",
            )
        return data

    def manifest(self, descriptor: dict[str, Any]) -> dict[str, Any]:
        """The JSON document that a descriptor points to. Raises like `read`."""
        data = self.read(descriptor["digest"], size=descriptor["size"])
        return self._object(data, descriptor["digest"])

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """The only writer, for as long as the context lasts; makes the layout on first use.

        Raises `CouldNotCheckError` where another writer does not finish within a minute.
        """
        with self._errors("written"):
            self.root.mkdir(parents=True, exist_ok=True)
            self._require_own_folder()
            lock = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._wait(lock)
                writer = Writer(self)
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
        if not _DIGEST.match(digest):
            raise self._broken(f"{digest!r} is no sha256 digest")
        return self.root / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _object(self, data: bytes, name: str) -> dict[str, Any]:
        try:
            if len(data) > LARGEST_JSON:
                raise ValueError("larger than 64 MiB")
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._broken(f"{name} is not JSON") from error
        if not isinstance(value, dict):
            raise self._broken(f"{name} is no object")
        return value

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

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._ingest = layout.root / ".ingest"
        self._blobs = layout.root / "blobs" / "sha256"

    def prepare(self) -> None:
        """Make what is missing of an empty layout, and sweep what a killed writer left."""
        shutil.rmtree(self._ingest, ignore_errors=True)
        self._ingest.mkdir(exist_ok=True)
        self._blobs.mkdir(parents=True, exist_ok=True)
        marker = self._layout.root / "oci-layout"
        if not marker.exists():
            # In this order, so that a marker without an index is always damage.
            if not (self._layout.root / "index.json").exists():
                self.replace_index([])
            self._place(b'{"imageLayoutVersion":"1.0.0"}', marker)

    def blob(self, media_type: str, data: bytes) -> Descriptor:
        """Add a blob, if it is not there whole already."""
        descriptor = Descriptor.of(media_type, data)
        path = self._blobs / descriptor.digest.removeprefix("sha256:")
        # A torn blob of the right name is possible where the disk lied about a sync.
        if not path.is_file() or path.read_bytes() != data:
            self._place(data, path)
        return descriptor

    def replace_index(self, entries: list[dict[str, Any]]) -> None:
        """Replace `index.json`, whole or not at all."""
        index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries}
        self._place(to_bytes(index), self._layout.root / "index.json")

    def _place(self, data: bytes, path: Path) -> None:
        aside = self._ingest / secrets.token_hex(8)
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def to_bytes(value: dict[str, Any]) -> bytes:
    """JSON in one form, so that the same content has the same digest."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _is_descriptor(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("mediaType"), str)
        and isinstance(value.get("digest"), str)
        and isinstance(value.get("size"), int)
        and isinstance(value.get("annotations", {}), dict)
    )

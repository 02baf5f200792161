"""What a registry holds: bytes by their digest, and the descriptors that point to them.

Source: OCI image specification 1.1.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from gates.lazy import pattern
from gates.records import dataclass, field

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
LARGEST_BLOB = 2 * 1024**3
LARGEST_JSON = 64 * 1024**2
"""Bytes of a document, an index among them."""
PIECE = 1024 * 1024
"""Bytes that are read and written at once."""
_DIGEST = pattern(r"sha256:[0-9a-f]{64}\Z")

Sink = Callable[[bytes], object]
"""What takes the bytes of a blob, piece by piece."""


@dataclass(frozen=True)
class Descriptor:
    """What an OCI document says about another: type, digest (`sha256:<hex>`), size in bytes."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = field(default="", compare=False)
    annotations: dict[str, Any] = field(default_factory=dict, compare=False)

    def to_json(self, **more: object) -> dict[str, Any]:
        """The descriptor as JSON data: type, digest and size, with further members."""
        return {
            "mediaType": self.media_type, "digest": self.digest, "size": self.size, **more
        }  # fmt: skip

    @classmethod
    def of(cls, media_type: str, data: bytes) -> Descriptor:
        """The descriptor of some bytes."""
        return cls(media_type, digest_of(data), len(data))

    @classmethod
    def read(cls, value: object) -> Descriptor | None:
        """The descriptor that JSON data is; None for anything else."""
        if not isinstance(value, dict):
            return None
        media_type, digest, size = (value.get(each) for each in ("mediaType", "digest", "size"))
        annotations = value.get("annotations", {})
        if not (
            isinstance(media_type, str)
            and is_digest(digest)
            and isinstance(size, int)
            and size >= 0
            and isinstance(annotations, dict)
        ):
            return None
        return cls(media_type, str(digest), size, str(value.get("artifactType", "")), annotations)


@dataclass(frozen=True)
class Content:
    """Bytes to be stored, which are read from where they are as often as needed."""

    digest: str
    """`sha256:<hex>`."""
    size: int
    """In bytes."""
    open: Callable[[], IO[bytes]]

    @classmethod
    def of_bytes(cls, data: bytes) -> Content:
        """Bytes in memory."""
        return cls(digest_of(data), len(data), lambda: io.BytesIO(data))

    @classmethod
    def of_file(cls, path: Path) -> Content:
        """A file, which is read once for its digest. Raises `OSError`."""
        return cls.of_opened(lambda: path.open("rb"))

    @classmethod
    def of_opened(cls, opened: Callable[[], IO[bytes]]) -> Content:
        """What is opened anew whenever it is read; once for its digest. Raises as `opened`."""
        with opened() as file:
            meter = Meter(len)
            for piece in pieces(file):
                meter(piece)
        return cls(meter.digest, meter.size, opened)

    @property
    def sha256(self) -> str:
        """The digest in hex."""
        return self.digest.removeprefix("sha256:")

    def descriptor(self, media_type: str) -> Descriptor:
        """What a manifest says about the bytes."""
        return Descriptor(media_type, self.digest, self.size)


class Meter:
    """Counts and hashes what passes on its way into a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size = 0
        """Bytes so far."""

    def __call__(self, piece: bytes) -> None:
        """Let a piece pass."""
        self._hash.update(piece)
        self.size += len(piece)
        self._sink(piece)

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of what has passed."""
        return f"sha256:{self._hash.hexdigest()}"


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What is left of a file, in pieces of at most `PIECE` bytes."""
    while piece := file.read(PIECE):
        yield piece


def is_digest(value: object) -> bool:
    """Whether this is `sha256:<hex>`."""
    return isinstance(value, str) and _DIGEST.match(value) is not None


def digest_of(data: bytes) -> str:
    """`sha256:<hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def to_bytes(value: dict[str, Any]) -> bytes:
    """JSON in one form, so that the same content has the same digest."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises `ValueError`, which says what is wrong with it."""
    if len(data) > LARGEST_JSON:
        raise ValueError("larger than 64 MiB")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - of the bytes, not of the argument
    return value


def index_of(entries: list[dict[str, Any]]) -> bytes:
    """An index of descriptors in JSON."""
    return to_bytes({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries})

"""Manifests of one repository: read by tag or digest, written and read back."""

from __future__ import annotations

from gates.errors import RefusedError
from gates.records import dataclass
from gates.registry.documents import INDEX_TYPE, MANIFEST_TYPE, Descriptor, digest_of
from gates.registry.remote.answers import LARGEST_ANSWER, Answer
from gates.registry.remote.client import Client

KINDS = (MANIFEST_TYPE, INDEX_TYPE)


@dataclass(frozen=True)
class Held:
    """A document as the registry gave it."""

    described: Descriptor
    data: bytes
    answer: Answer


@dataclass(frozen=True)
class Manifests:
    """The manifests and indexes of one repository."""

    client: Client
    repository: str

    def get(self, name: str) -> Held | None:
        """What is under a tag or a digest; None where the registry says that nothing is.

        Raises `RefusedError` where it is not what the registry says itself, `CouldNotCheckError`
        for any other answer than a manifest or an index.
        """
        answer = self.client.ask("GET", self._url(name), self.repository, _accept())
        if answer.is_missing:
            return None
        answer.require(200)
        if answer.media_type not in KINDS:
            raise answer.odd(f"it is of the media type {answer.media_type or 'none'}")
        described = Descriptor.of(answer.media_type, answer.body)
        if answer.digest not in (None, described.digest):
            raise RefusedError(
                [f"{answer.url} is said to be {answer.digest} and is {described.digest}"]
            )
        return Held(described, answer.body, answer)

    def require(self, described: Descriptor) -> bytes:
        """The document of this digest, size and type. Raises `RefusedError` for another one."""
        if described.size > LARGEST_ANSWER:
            raise RefusedError([f"the manifest {described.digest} is larger than 4 MiB"])
        held = self.get(described.digest)
        if held is None:
            raise RefusedError(
                [f"{described.digest} is not in the registry {self.client.address.text}"]
            )
        if held.described != described:
            raise RefusedError(
                [
                    f"{held.answer.url} is {held.described.media_type} {held.described.digest} of"
                    f" {held.described.size} bytes, and not {described.media_type} of"
                    f" {described.size}"
                ]
            )
        return held.data

    def put(self, name: str, media_type: str, data: bytes) -> Answer:
        """Write a document under a tag or its digest; the answer is one of success.

        Raises `CouldNotCheckError`; `RefusedError` where the registry has kept another one.
        """

        def once() -> Answer:
            kind = {"Content-Type": media_type}
            return self.client.once("PUT", self._url(name), self.repository, kind, data)

        answer = self.client.again(once).require(201)
        if answer.digest not in (None, digest_of(data)):
            raise RefusedError([f"{answer.url} has kept {answer.digest}, not {digest_of(data)}"])
        return answer

    def _url(self, name: str) -> str:
        return self.client.url(f"{self.repository}/manifests/{name}")


def _accept() -> dict[str, str]:
    return {"Accept": ", ".join(KINDS)}

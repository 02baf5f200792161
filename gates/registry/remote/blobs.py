"""Sends and reads blobs: piece by piece, going on where a connection was cut.

Source: distribution specification 1.1, "Pushing a blob in chunks" and "Pulling blobs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import urljoin, urlsplit, urlunsplit

from gates.errors import CouldNotCheckError, RefusedError
from gates.records import dataclass
from gates.registry.documents import LARGEST_BLOB, Content, Descriptor, Meter, Sink
from gates.registry.remote.answers import Answer, TryAgainError
from gates.registry.remote.client import Client, Exchange

CHUNK = 8 * 1024 * 1024
"""Bytes that are sent at once, and so held in memory."""
LARGEST_CHUNK = 64 * 1024 * 1024
"""Bytes that a server may ask for as its least."""
_OCTETS = "application/octet-stream"
_RANGE = re.compile(r"(?:bytes=)?0-(\d{1,12})\Z")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,12})-\d{1,12}/(?:\d{1,12}|\*)\Z")


@dataclass(frozen=True)
class Blobs:
    """The blobs of one repository."""

    client: Client
    repository: str
    chunk: int = CHUNK

    def has(self, content: Content) -> bool:
        """Whether the registry says that it holds the bytes already."""
        url = self._url(content.digest)
        found = self.client.ask("HEAD", url, self.repository).require(200, 404)
        if found.status == 404:
            return False
        length = found.headers.get("content-length", "")
        if found.digest not in (None, content.digest) or length not in ("", str(content.size)):
            raise found.odd(f"it is said to be {found.digest or 'a blob'} of {length} bytes")
        return True

    def send(self, content: Content) -> None:
        """Let the registry hold the bytes. Raises `CouldNotCheckError`."""
        sent = Progress()

        def once() -> None:
            if not self.has(content):
                with content.open() as file:
                    self._send(file, content, sent)

        self.client.again(once, lambda: sent.size)

    def _send(self, file: IO[bytes], content: Content, sent: Progress) -> None:
        url = self.client.url(f"{self.repository}/blobs/uploads/")
        begun = self._once("POST", url, 202)
        url, size = self._location(begun, url), self._chunk(begun)
        if content.size <= size:
            body = file.read(size + 1)
        else:
            url, body = self._send_chunks(file, content, url, size, sent), b""
        parts = urlsplit(url)
        query = f"{parts.query}&" if parts.query else ""
        closing = urlunsplit(parts._replace(query=f"{query}digest={content.digest}"))
        ended = self._once("PUT", closing, 201, {"Content-Type": _OCTETS}, body)
        if ended.digest not in (None, content.digest):
            raise ended.odd(f"it has stored {ended.digest}, and was sent {content.digest}")

    def _send_chunks(
        self, file: IO[bytes], content: Content, url: str, size: int, sent: Progress
    ) -> str:
        """Send everything in chunks; gives the address for the end."""
        offset, failed = 0, 0
        while offset < content.size:
            file.seek(offset)
            piece = file.read(size)
            if not piece:
                raise CouldNotCheckError("a file was changed while it was sent to the registry")
            headers = {
                "Content-Type": _OCTETS,
                "Content-Range": f"{offset}-{offset + len(piece) - 1}",
            }
            try:
                answer = self._once("PATCH", url, 202, headers, piece)
                failed = 0
            except TryAgainError:
                # What had come is asked for, once a chunk: after that all begins anew.
                failed += 1
                if failed > 1:
                    raise
                answer = self._once("GET", url, 204)
            url, offset = self._location(answer, url), self._offset(answer, offset, len(piece))
            sent.size = max(sent.size, offset)
        return url

    def _offset(self, answer: Answer, before: int, length: int) -> int:
        """How many bytes the server has."""
        text = answer.headers.get("range", "")
        if answer.method == "GET" and text in ("", "0-0"):
            return 0  # also what a server says that has nothing
        found = _RANGE.match(text)
        has = int(found[1]) + 1 if found else before + length if not text else -1
        if answer.method == "PATCH" and has != before + length:
            raise answer.odd(f"it has {text!r}, and was sent {before + length} bytes")
        if not 0 <= has <= before + length:
            raise answer.odd(f"it has {text!r} of {before + length} bytes")
        return has

    def _once(
        self,
        method: str,
        url: str,
        status: int,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request of an upload; an upload that is gone, or broken, begins anew."""
        given = {"Content-Length": "0", **(headers or {})} if method == "POST" else headers
        answer = self.client.once(method, url, self.repository, given, body)
        if answer.status in (400, 404, 416) and method != "POST":
            raise TryAgainError(f"the registry has given up an upload: {answer.says}")
        return answer.require(status)

    def _location(self, answer: Answer, url: str) -> str:
        target = urljoin(url, answer.headers.get("location", ""))
        if not self.client.is_own(target):
            raise answer.odd("it wants uploads to go to another host")
        return target

    def _chunk(self, answer: Answer) -> int:
        least = answer.headers.get("oci-chunk-min-length", "0")
        if not least.isdecimal() or int(least[:12]) > LARGEST_CHUNK:
            raise answer.odd(f"it wants chunks of {least} bytes")
        return max(self.chunk, int(least))

    def fetch(self, described: Descriptor, sink: Sink) -> None:
        """A blob, held against its digest and size. Raises `RefusedError` for another one."""
        if described.size > LARGEST_BLOB:
            raise RefusedError([f"the blob {described.digest} is larger than 2 GiB"])
        meter = Meter(sink)
        self.client.again(lambda: self._fetch(described, meter), lambda: meter.size)
        if (meter.digest, meter.size) != (described.digest, described.size):
            raise RefusedError(
                [
                    f"{self.client.address.origin} gave another blob than was asked for:"
                    f" {meter.digest} of {meter.size} bytes, and not {described.digest}"
                    f" of {described.size}"
                ]
            )

    def _fetch(self, described: Descriptor, meter: Meter) -> None:
        with self._opened(described, meter.size) as (begun, skipped):
            left = [skipped]

            def take(piece: bytes) -> None:
                new = piece[left[0] :]
                left[0] -= len(piece) - len(new)
                if new:
                    meter(new)

            begun.stream(take, described.size - meter.size + skipped)
        if meter.size < described.size:
            raise TryAgainError(f"the registry sent only a part of {described.digest}")

    @contextmanager
    def _opened(self, described: Descriptor, have: int) -> Iterator[tuple[Exchange, int]]:
        """An answer with the rest of a blob, and how many bytes of it are known already."""
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self.client.exchange(
            "GET", self._url(described.digest), self.repository, headers,
            seconds=self.client.seconds(described.size), follow=True,
        ) as begun:  # fmt: skip
            answer = begun.answer
            if answer.status not in (200, 206):
                raise begun.read(0).odd()
            length = answer.headers.get("content-length", "")
            if answer.status == 200:
                if length not in ("", str(described.size)):
                    raise answer.odd(f"a blob of {described.size} bytes has {length} there")
                yield begun, have
                return
            part = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
            if part is None or int(part[1]) != have or not have:
                raise answer.odd("it sends another part than was asked for")
            yield begun, 0

    def _url(self, digest: str) -> str:
        return self.client.url(f"{self.repository}/blobs/{digest}")


@dataclass
class Progress:
    """How many bytes of an upload have arrived at most."""

    size: int = 0

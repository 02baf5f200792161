"""Asks a registry over HTTP: bounded in time and size, again after faults that may pass.

A login goes to the registry's own origin and to the token service that the registry names, and
nowhere else: a redirect to another host is followed without it, and never from https to http.
"""

from __future__ import annotations

import contextlib
import random
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError

from gates.errors import ConfigurationError, CouldNotCheckError
from gates.records import dataclass, field, replace
from gates.registry.documents import PIECE, Sink
from gates.registry.remote.address import Address
from gates.registry.remote.answers import (
    LARGEST_ANSWER,
    LARGEST_ERROR,
    Answer,
    TryAgainError,
    origin_of,
    plain_url,
)
from gates.registry.remote.authentication import Authenticator
from gates.registry.remote.watched import Watch, pools

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
_T = TypeVar("_T")


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for; seconds, but where said otherwise."""

    attempts: int = 6
    """That a request gets which fails for a reason that may pass."""
    first_pause: float = 0.5
    longest_pause: float = 30.0
    """Also where the server asks for more."""
    connect: float = 10.0
    silence: float = 30.0
    """Without a byte."""
    exchange: float = 60.0
    """From the request to the end of an answer, without the time for a blob."""
    slowest: int = 32 * 1024
    """Bytes in a second of a blob."""

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next attempt: doubled each time, at random, bounded."""
        grown: float = self.first_pause * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
        return min(self.longest_pause, max(grown, asked or 0.0))


@dataclass
class Exchange:
    """An answer whose body has not been read yet."""

    answer: Answer
    response: urllib3.BaseHTTPResponse
    watch: Watch

    def stream(self, sink: Sink, most: int) -> None:
        """The body into a sink. Raises `CouldNotCheckError` for more than `most` bytes."""
        size = 0
        while True:
            with _faults(self.answer.method, self.answer.url, self.watch):
                piece = self.response.read1(PIECE, decode_content=False)
            if not piece:
                return
            size += len(piece)
            if size > most:
                raise self.answer.odd(f"it sends more than {most} bytes")
            sink(piece)

    def read(self, most: int) -> Answer:
        """The answer with its body; of an error, with the beginning of it."""
        body = bytearray()
        if self.answer.status < 400:
            self.stream(body.extend, most)
        else:
            # It is an error in any case; what the server says of it is for people.
            with contextlib.suppress(CouldNotCheckError):
                self.stream(body.extend, LARGEST_ERROR)
        return replace(self.answer, body=bytes(body))


@dataclass
class Client:
    """One server. Safe to share by threads."""

    address: Address
    authorities: Path | None = None
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        secure = self.address.scheme == "https"
        self._pools = pools(_trust(self.authorities) if secure else None)
        self._origin = origin_of(self.address.origin)
        self._authenticator = Authenticator(self.address, self._ask_for_token)

    def url(self, path: str) -> str:
        """Of a path below `/v2/`."""
        return f"{self.address.origin}/v2/{path}"

    def again(self, what: Callable[[], _T], progress: Callable[[], int] = int) -> _T:
        """Do something until it does not fail for a reason that may pass; whenever `progress` has
        grown, attempts are counted anew."""
        attempt, before = 0, progress()
        for _ in range(100):
            try:
                return what()
            except TryAgainError as error:
                if (now := progress()) > before:
                    attempt, before = 0, now
                if attempt + 1 >= self.patience.attempts:
                    raise
                time.sleep(self.patience.pause(attempt, error.pause))
                attempt += 1
        raise CouldNotCheckError(f"the registry {self.address.text} fails again and again")

    def ask(
        self, method: str, url: str, repository: str, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A request that changes nothing, again after faults that may pass."""
        return self.again(lambda: self.once(method, url, repository, headers))

    def once(
        self,
        method: str,
        url: str,
        repository: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request with a small answer. Raises `TryAgainError` for a fault that may pass."""
        seconds = self.seconds(len(body or b""))
        follow = method == "HEAD" and "/blobs/" in url
        with self.exchange(
            method, url, repository, headers, body, seconds=seconds, follow=follow
        ) as begun:
            return begun.read(LARGEST_ANSWER)

    def _ask_for_token(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        def once() -> Answer:
            with self._send(method, url, headers, body, self.seconds(0)) as begun:
                return begun.read(LARGEST_ANSWER)

        return self.again(once)

    def seconds(self, size: int) -> float:
        """How long an exchange with so many bytes may take."""
        return self.patience.exchange + size / self.patience.slowest

    @contextlib.contextmanager
    def exchange(
        self,
        method: str,
        url: str,
        repository: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        seconds: float,
        follow: bool = False,
    ) -> Iterator[Exchange]:
        """One request with its login and, where they are to be followed, its redirects.

        Raises `TryAgainError` for a fault that may pass, `CouldNotCheckError` for a login that does
        not count and an address that is not followed.
        """
        given = dict(headers or {})
        for _ in range(MOST_REDIRECTS):
            with self._logged_in(method, url, repository, given, body, seconds) as begun:
                if begun.answer.status not in REDIRECTS:
                    yield begun
                    return
                target = urljoin(url, begun.answer.headers.get("location", ""))
                if not follow:
                    raise begun.answer.odd(f"it leads to {plain_url(target)}: not followed")
                if origin_of(target)[0] != "https" and self.address.scheme == "https":
                    raise begun.answer.odd(f"it leads to {plain_url(target)}: that is not https")
                url = target
        raise begun.answer.odd("too many redirects")

    @contextlib.contextmanager
    def _logged_in(
        self,
        method: str,
        url: str,
        repository: str,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
    ) -> Iterator[Exchange]:
        if not self.is_own(url):
            with self._send(method, url, headers, body, seconds) as begun:
                yield begun
            return
        login = self._authenticator.header(repository)
        with self._send(method, url, {**headers, **login}, body, seconds) as begun:
            if begun.answer.status != 401:
                yield begun
                return
            refused = begun.read(LARGEST_ERROR)
        login = self._authenticator.answer(refused, repository, used=login)
        with self._send(method, url, {**headers, **login}, body, seconds) as begun:
            if begun.answer.status == 401:
                raise begun.read(LARGEST_ERROR).odd("the login does not count for this")
            yield begun

    def is_own(self, url: str) -> bool:
        """Whether a URL is of the registry's own origin. Raises `CouldNotCheckError`."""
        return origin_of(url) == self._origin

    @contextlib.contextmanager
    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
    ) -> Iterator[Exchange]:
        shown, watch = plain_url(url), Watch(seconds)
        with contextlib.ExitStack() as stack:
            stack.enter_context(watch.running())
            with _faults(method, shown, watch):
                response = self._pools.urlopen(
                    method, url, headers={"User-Agent": "axon-gates", **headers}, body=body,
                    redirect=False, retries=False, preload_content=False, decode_content=False,
                    timeout=urllib3.Timeout(self.patience.connect, self.patience.silence),
                )  # fmt: skip
            stack.callback(response.close)
            fields = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(method, shown, response.status, fields, secrets=self.secrets)
            begun = Exchange(answer, response, watch)
            if answer.status in PASSING:
                said = begun.read(LARGEST_ERROR).says
                raise TryAgainError(f"the registry fails: {said}", pause=_retry_after(answer))
            yield begun

    @property
    def secrets(self) -> Collection[str]:
        """What may be in no message."""
        return self._authenticator.secrets


@contextlib.contextmanager
def _faults(method: str, url: str, watch: Watch) -> Iterator[None]:
    try:
        yield
    except (HTTPError, OSError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise CouldNotCheckError(
                f"the certificate of {url} is not trusted: {_reason(error)}",
                hint="set GATES_REGISTRY_CA to a file with the certificates of its authority",
            ) from None
        why = f"not within {watch.seconds:g} seconds" if watch.over else _reason(error)
        raise TryAgainError(f"the registry did not answer {method} {url}: {why}") from None


def _trust(authorities: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authorities is not None:
        try:
            context.load_verify_locations(cafile=str(authorities))
        except (OSError, ssl.SSLError):
            raise ConfigurationError(
                f"{authorities} holds no certificates (PEM)", hint="GATES_REGISTRY_CA"
            ) from None
    return context


def _reason(error: Exception) -> str:
    """The library's words, which name the pool's address and not the query."""
    found: BaseException = error
    while isinstance(found, HTTPError) and found.args and isinstance(found.args[-1], BaseException):
        found = found.args[-1]
    if isinstance(found, ssl.SSLCertVerificationError):
        return str(found.verify_message)
    return type(found).__name__ if isinstance(found, HTTPError) else str(found)[:200]


def _retry_after(answer: Answer) -> float | None:
    try:
        return urllib3.Retry().parse_retry_after(answer.headers.get("retry-after", ""))
    except (HTTPError, ValueError, OverflowError):
        return None

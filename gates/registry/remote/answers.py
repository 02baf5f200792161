"""What a server answered, read with suspicion. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit, urlunsplit

from gates.errors import CouldNotCheckError
from gates.evidence.envelope import shown
from gates.records import dataclass, field
from gates.registry.documents import is_digest

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes of a manifest or an index, which is what registries take."""
LARGEST_ERROR = 8 * 1024
_LONGEST_ERROR = 300


class TryAgainError(CouldNotCheckError):
    """A fault that may pass: a cut connection, 429, 5xx. `pause` in seconds, where asked for."""

    def __init__(self, message: str, *, pause: float | None = None) -> None:
        super().__init__(message, hint="gates doctor")
        self.pause = pause


@dataclass(frozen=True)
class Answer:
    """Status, headers and a body of bounded size."""

    method: str
    url: str
    """Without query and login."""
    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes = b""
    secrets: Collection[str] = field(default=(), repr=False)
    """What may be in no message, also where the server says it."""

    @property
    def media_type(self) -> str:
        """Of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def digest(self) -> str | None:
        """What the server says is the digest of what it has; None where it says nothing."""
        found = self.headers.get("docker-content-digest")
        return found if is_digest(found) else None

    @property
    def is_error_document(self) -> bool:
        """Whether the body is an error as the specification has it."""
        return _errors(self.body) is not None

    @property
    def says(self) -> str:
        """Request, status and the server's own words, for a message."""
        found = _errors(self.body)
        words = (
            self.body.decode("utf-8", "replace").strip()
            if found is None
            else "; ".join(filter(None, found))
        )
        for secret in self.secrets:
            words = words.replace(secret, "***")
        ended = f"{self.method} {self.url} was answered with {self.status}"
        return f"{ended}: {shown(' '.join(words.split()), _LONGEST_ERROR)}" if words else ended

    def odd(self, why: str = "") -> CouldNotCheckError:
        """The error for an answer that cannot be used."""
        return CouldNotCheckError(
            f"the registry cannot be relied upon: {self.says}" + (f" ({why})" if why else ""),
            hint="gates doctor",
        )

    def require(self, *statuses: int) -> Answer:
        """The answer, if its status is one of these; raises `CouldNotCheckError`."""
        if self.status not in statuses:
            raise self.odd()
        return self

    @property
    def is_missing(self) -> bool:
        """Whether the registry says that what was asked for is not there.

        Raises `CouldNotCheckError` for a 404 that a registry does not give: a wrong address is not
        an empty registry.
        """
        if self.status == 404 and not self.is_error_document:
            raise self.odd("that is no error of a registry; is the address right?")
        return self.status == 404


def _errors(body: bytes) -> list[str] | None:
    try:
        errors = json.loads(body)["errors"]
        return [
            " ".join(str(each[key]) for key in ("code", "message") if each.get(key))
            for each in errors
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def plain_url(url: str) -> str:
    """A URL for messages: without login and query, which may hold secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    host = parts.netloc.rpartition("@")[2]
    return shown(urlunsplit((parts.scheme, host, parts.path, "", "")), 200)


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what a login belongs to. Raises `CouldNotCheckError`."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        if not parts.hostname or parts.username is not None:
            raise ValueError
    except (ValueError, KeyError):
        raise CouldNotCheckError(
            f"the registry names an address that is none: {plain_url(url)}"
        ) from None
    return parts.scheme, parts.hostname, port

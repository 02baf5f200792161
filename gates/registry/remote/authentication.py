"""Logs in to a registry: by basic authentication, or with tokens of a service that it names.

Sources: RFC 9110 section 11 (challenges), the distribution project's token authentication and its
OAuth 2 form (refresh tokens). The service may be on another host than the registry: it is asked
over https alone, and only where the registry itself has named it.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from gates.errors import CouldNotCheckError
from gates.records import dataclass, field
from gates.registry.remote.address import Address, is_loopback
from gates.registry.remote.answers import Answer, plain_url
from gates.registry.remote.credentials import Credential, find_credential

LEAST_SECONDS, LONGEST_SECONDS = 60, 3600
"""How long a token is used: the first where the service does not say, the second at most."""
_EARLY = 10
"""Seconds before its end that a token counts as over."""
_CLIENT = "axon-gates"
_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Bearer)(?=\s|,|$)", re.IGNORECASE)

Send = Callable[[str, str, Mapping[str, str], bytes | None], Answer]
"""Method, URL, headers and body of a request to a token service."""


@dataclass(frozen=True)
class Challenge:
    """How a server wants to be asked."""

    scheme: str
    """`basic` or `bearer`."""
    parameters: Mapping[str, str]


@dataclass
class _Login:
    header: str
    until: float
    """As `time.monotonic` has it."""


def challenges(header: str) -> list[Challenge]:
    """Those of a WWW-Authenticate header that are understood."""
    text = _outside_of_quotes(header)
    begins = [*_SCHEME.finditer(text)]
    ends = [*(each.start() for each in begins), len(header)][1:]
    return [
        Challenge(
            begin[1].lower(),
            {
                name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
                for name, quoted, plain in _PARAMETER.findall(header[begin.end() : end])
            },
        )
        for begin, end in zip(begins, ends, strict=True)
    ]


def _outside_of_quotes(header: str) -> str:
    """The header with blanks for what stands in quotes, each character in its place."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: " " * len(found[0]), header)


@dataclass
class Authenticator:
    """The logins of one registry, by repository. Safe to share by threads."""

    address: Address
    send: Send
    secrets: set[str] = field(default_factory=set, repr=False)
    """Whatever was sent or received that may be in no message."""
    _logins: dict[str, _Login] = field(default_factory=dict, repr=False)
    _credential: Credential | None = field(default=None, repr=False)
    _looked: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def header(self, repository: str) -> dict[str, str]:
        """The Authorization header for a request about a repository, as far as one is known."""
        with self._lock:
            login = self._logins.get(repository)
            if login is None or login.until < time.monotonic():
                return {}
            return {"Authorization": login.header}

    def answer(self, refused: Answer, repository: str, used: Mapping[str, str]) -> dict[str, str]:
        """The header for another try after a 401.

        Raises `CouldNotCheckError` where there is no login, or it has just been refused.
        """
        with self._lock:
            asked = challenges(refused.headers.get("www-authenticate", ""))
            by_scheme = {each.scheme: each for each in reversed(asked)}
            credential = self._look()
            if (bearer := by_scheme.get("bearer")) is not None:
                login = self._token(refused, bearer, credential, repository)
            elif "basic" in by_scheme:
                if credential is None:
                    raise self._no_login(refused)
                login = _Login(credential.basic, float("inf"))
                if used.get("Authorization") == login.header:
                    raise refused.odd("the login does not count")
            else:
                raise refused.odd("it asks for a login in no known way")
            self._logins[repository] = login
            return {"Authorization": login.header}

    def _look(self) -> Credential | None:
        if not self._looked:
            self._credential = find_credential(self.address.host)
            self._looked = True
            if self._credential is not None:
                kept = (
                    self._credential.basic.partition(" ")[2],
                    self._credential.password,
                    self._credential.refresh_token,
                )
                self.secrets.update(filter(None, kept))
        return self._credential

    def _token(
        self, refused: Answer, asked: Challenge, credential: Credential | None, repository: str
    ) -> _Login:
        realm = asked.parameters.get("realm", "")
        self._require_safe(refused, realm)
        scope = asked.parameters.get("scope") or f"repository:{repository}:pull"
        query = {"service": asked.parameters.get("service", ""), "scope": scope}
        if credential is not None and credential.refresh_token:
            form = {
                **query, "grant_type": "refresh_token", "client_id": _CLIENT,
                "refresh_token": credential.refresh_token,
            }  # fmt: skip
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            got = self.send("POST", realm, kind, urlencode(form).encode())
        else:
            login = {"Authorization": credential.basic} if credential is not None else {}
            got = self.send("GET", _with_query(realm, query), login, None)
        if got.status == 401 and credential is None:
            raise self._no_login(refused)
        got.require(200)
        return self._read(got)

    def _read(self, got: Answer) -> _Login:
        try:
            answer = json.loads(got.body)
            token = answer.get("token") or answer["access_token"]
            seconds = int(answer.get("expires_in") or LEAST_SECONDS)
            if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            # The body may hold a token.
            raise CouldNotCheckError(
                f"{got.method} {got.url} gave no token that is understood"
            ) from None
        self.secrets.add(token)
        lasts = max(0, min(seconds, LONGEST_SECONDS) - _EARLY)
        return _Login(f"Bearer {token}", time.monotonic() + lasts)

    def _require_safe(self, refused: Answer, realm: str) -> None:
        try:
            parts = urlsplit(realm)
            safe = parts.scheme == "https" or (
                parts.scheme == "http" == self.address.scheme and is_loopback(parts.hostname or "")
            )
        except ValueError:
            safe = False
        if not safe:
            raise refused.odd(f"its service for tokens, {plain_url(realm)}, is not on https")

    def _no_login(self, refused: Answer) -> CouldNotCheckError:
        return CouldNotCheckError(
            f"the registry asks for a login: {refused.says}",
            hint=f"docker login {self.address.host}",
        )


def _with_query(url: str, more: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), *((k, v) for k, v in more.items() if v)])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))

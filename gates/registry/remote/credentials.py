"""The login of a registry, as `docker login` keeps it: in a file, or with a helper program.

Source: the client's `config.json` (auths, credHelpers, credsStore) and the protocol of
docker-credential-helpers. A login is given for one host and looked up by that host alone.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError
from gates.records import dataclass, field
from gates.toolchains.processes import Processes

HELPER_SECONDS = 30.0
_HELPER = re.compile(r"[A-Za-z0-9._-]+\Z")
_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")
_HUB_KEY = "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"  # noqa: S105 - the protocol's name for "the secret is a refresh token"
_NOT_FOUND = "credentials not found"


@dataclass(frozen=True)
class Credential:
    """A login. Its secrets are in no `repr`."""

    user: str
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    """Instead of a password: what a token service gives access tokens for."""

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


def find_credential(host: str, environ: Mapping[str, str] = os.environ) -> Credential | None:
    """The login for `host[:port]`; None where there is none.

    Raises `CouldNotCheckError` for a file that cannot be read and a helper that fails.
    """
    path = Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    try:
        config = json.loads(path.read_bytes())
        helpers, auths = config.get("credHelpers") or {}, config.get("auths") or {}
        store = config.get("credsStore") or ""
        named = next((helpers[each] for each in _keys(host) if each in helpers), store)
        stored = {_host_of(key): value for key, value in auths.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        raise _broken(path, "cannot be read") from None
    if named and (found := _ask_helper(str(named), host, environ, path)):
        return found
    entry = next((stored[each] for each in _keys(host) if each in stored), None)
    return None if entry is None else _read_entry(entry, path)


def _keys(host: str) -> tuple[str, ...]:
    return (*_HUB, _HUB_KEY) if host in _HUB else (host, f"https://{host}")


def _host_of(key: str) -> str:
    """`https://host/v1/`, as older clients wrote it, is `host`."""
    return key.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _read_entry(entry: Any, path: Path) -> Credential | None:  # noqa: ANN401 - JSON
    try:
        if token := entry.get("identitytoken"):
            return Credential(_TOKEN_USER, refresh_token=str(token))
        if auth := entry.get("auth"):
            user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
            if not colon:
                raise ValueError
            return Credential(user, password.rstrip("\0"))
        if entry.get("username") and entry.get("password"):
            return Credential(str(entry["username"]), str(entry["password"]))
    except (ValueError, AttributeError, TypeError):
        raise _broken(path, "holds a login in no known form") from None
    return None


def _ask_helper(name: str, host: str, environ: Mapping[str, str], path: Path) -> Credential | None:
    if not _HELPER.match(name):
        raise _broken(path, "names a helper that can be no program")
    program = f"docker-credential-{name}"
    asked = _HUB_KEY if host in _HUB else host
    ran = Processes().run(
        [program, "get"], cwd=Path("/"), env=environ, timeout=HELPER_SECONDS,
        output_limit=64 * 1024, given=asked.encode(),
    )  # fmt: skip
    if ran.exit_status:
        if _NOT_FOUND in (ran.stdout + ran.stderr).decode("utf-8", "replace").lower():
            return None
        # What it printed may hold a secret.
        raise CouldNotCheckError(
            f"{program} gave no login for {host}: exit status {ran.exit_status}",
            hint=f"echo {host} | {program} get",
        )
    try:
        answer = json.loads(ran.stdout)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CouldNotCheckError(
            f"{program} gave no login for {host} that is understood", hint=f"{program} list"
        ) from None
    if user == _TOKEN_USER:
        return Credential(user, refresh_token=secret)
    return Credential(user, secret)


def _broken(path: Path, why: str) -> CouldNotCheckError:
    return CouldNotCheckError(f"the file of logins {path} {why}", hint="docker login")

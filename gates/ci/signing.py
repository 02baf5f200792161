"""How a job signs its evidence: with the key of a secret, by its identity, or for nobody."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.ci.event import Event
from gates.identities import SIGNING
from gates.records import dataclass
from gates.settings import Settings

KEY, CHOICE = "PIPELINE_SIGNING_KEY", "GATES_SIGNING"
TOKENS = "ACTIONS_ID_TOKEN_REQUEST_URL"
"""Set in a job of GitHub Actions that may ask for tokens of its identity."""


@dataclass(frozen=True)
class Signing:
    """How one job signs."""

    key: str = ""
    """The text of a private key, PEM; "" for none."""
    untrusted: str = ""
    """Why it signs with a key that is made for the job alone, and that nobody trusts; "" where it
    does not."""


def choose(environ: Mapping[str, str], event: Event) -> Signing:
    """How a job with these variables signs. A pull request's commits of another repo are never
    signed with anything that is trusted, whatever the job was given."""
    if event.fork:
        return Signing(untrusted="the pull request is one of a fork")
    if environ.get(CHOICE) != SIGNING[1]:
        return Signing(environ.get(KEY, "").strip())
    if event.of_pull_request and not environ.get(TOKENS):
        return Signing(untrusted="GitHub gives this pull request's jobs no identity")
    return Signing()


@contextlib.contextmanager
def signing_settings(chosen: Signing, environ: Mapping[str, str]) -> Iterator[Settings]:
    """The settings of the job; a key lies in a private file for as long as they are used."""
    if not chosen.key and not chosen.untrusted:
        yield Settings.from_environment(environ)
        return
    with tempfile.TemporaryDirectory(prefix="gates-key-") as folder:
        path = Path(folder, "signing-key.pem")
        if chosen.key:
            path.touch(mode=0o600)
            path.write_text(chosen.key + "\n", "ascii", errors="replace")
        yield Settings.from_environment(environ, key=path, keyless=False)

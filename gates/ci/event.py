"""The event that a run was started by, as GitHub Actions tells it. Pure but for `current`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from gates.records import dataclass

LARGEST = 32 * 1024 * 1024
"""Bytes of an event; GitHub sends at most 25 MB."""


@dataclass(frozen=True)
class Event:
    """What started a run."""

    name: str = ""
    """Such as push; "" outside of GitHub Actions."""
    pull_request: int | None = None
    """Its number, where the event is one of a pull request."""
    fork: bool = False
    """Whether the commits are those of another repo, or nothing says that they are not."""

    @property
    def of_pull_request(self) -> bool:
        """Whether the run is over the commits of a pull request."""
        return self.name.startswith("pull_request") or self.pull_request is not None


def read_event(name: str, payload: str, repository: str) -> Event:
    """The event of this name. `payload` is its JSON (docs.github.com, "Webhook events and
    payloads"), `repository` the repo that the run belongs to, as owner/name."""
    try:
        found = json.loads(payload).get("pull_request")
    except (ValueError, AttributeError, RecursionError):
        return Event(name, fork=Event(name).of_pull_request)
    if not isinstance(found, dict):
        return Event(name, fork=Event(name).of_pull_request)
    number = found.get("number")
    known = isinstance(number, int) and not isinstance(number, bool) and number > 0
    return Event(name, number if known else None, fork=not _is_own(found, repository))


def current(environ: Mapping[str, str]) -> Event:
    """The event of the job that runs, from GITHUB_EVENT_NAME, _PATH and GITHUB_REPOSITORY."""
    name = environ.get("GITHUB_EVENT_NAME", "")
    try:
        with Path(environ["GITHUB_EVENT_PATH"]).open("rb") as file:
            payload = file.read(LARGEST).decode("utf-8", "replace")
    except (KeyError, OSError):
        payload = ""
    return read_event(name, payload, environ.get("GITHUB_REPOSITORY", ""))


def _is_own(pull_request: Mapping[str, object], repository: str) -> bool:
    head = pull_request.get("head")
    # The repo of a pull request whose fork was deleted is null.
    repo = head.get("repo") if isinstance(head, dict) else None
    name = repo.get("full_name") if isinstance(repo, dict) else None
    return isinstance(name, str) and bool(repository) and name.lower() == repository.lower()

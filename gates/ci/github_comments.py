"""Comments of a pull request by GitHub's API (docs.github.com, REST API, "Issue comments")."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPException
from typing import Any

from gates.ci.comment import Posted, find, is_same
from gates.ci.event import Event
from gates.errors import CouldNotCheckError
from gates.records import dataclass, field

AUTHOR = "github-actions[bot]"
"""Who writes with the token of a job."""
SECONDS = 20
LARGEST = 32 * 1024 * 1024
"""Bytes of one answer."""
MOST_PAGES = 50
"""Of 100 comments each."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+\Z")
_NEXT = re.compile(r';\s*rel="next"')
READ_ONLY = (
    "the token may not write comments: the caller has to grant the permission pull-requests: write"
)
READ_ONLY_FORK = "the pull request comes from a fork, and its token may only read"


class NotPostedError(CouldNotCheckError):
    """The comment could not be read, written or edited; the message is a sentence, without the
    token and without what the server said."""


class NotAllowedError(NotPostedError):
    """The token has no right to do it."""


@dataclass(frozen=True)
class PullRequest:
    """One pull request, and the token that reaches it."""

    api: str
    """The URL of the API: https://api.github.com."""
    repository: str
    """owner/name"""
    number: int
    token: str = field(repr=False)

    def post(self, body: str) -> str:
        """Make the comment, edit it, or leave it where nothing has changed; what was done.

        Raises `NotPostedError`.
        """
        standing = find(self.comments(), body, AUTHOR)
        if standing is None:
            self._ask("POST", f"issues/{self.number}/comments", {"body": body})
            return "the comment was made"
        if is_same(standing, body):
            return "the comment stands as it is: verdict and findings have not changed"
        self._ask("PATCH", f"issues/comments/{standing.id}", {"body": body})
        return "the comment was edited"

    def comments(self) -> list[Posted]:
        """All comments, in the order in which they were made. Raises `NotPostedError`."""
        found: list[Posted] = []
        for number in range(1, MOST_PAGES + 1):
            path = f"issues/{self.number}/comments?per_page=100&page={number}"
            answer, headers = self._ask("GET", path)
            try:
                found += [
                    Posted(e["id"], e["user"]["login"], e["body"]) for e in map(_known, answer)
                ]
            except (TypeError, KeyError, AttributeError) as error:
                raise NotPostedError("GitHub's answer is no list of comments") from error
            if not _NEXT.search(headers.get("Link") or ""):
                return found
        raise NotPostedError(f"the pull request has more than {MOST_PAGES * 100:,} comments")

    def _ask(self, method: str, path: str, value: object = None) -> tuple[Any, Message]:
        if not self.api.startswith(("https://", "http://")) or not _REPOSITORY.match(
            self.repository
        ):
            raise NotPostedError("the job names no repository, or no API to reach it by")
        request = urllib.request.Request(  # noqa: S310 - http and https alone, see above
            f"{self.api.rstrip('/')}/repos/{self.repository}/{path}",
            None if value is None else json.dumps(value).encode(),
            {"Accept": "application/vnd.github+json", "Content-Type": "application/json",
             "User-Agent": "axon-gates", "X-GitHub-Api-Version": "2022-11-28"},
            method=method,
        )  # fmt: skip
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with _OPENER.open(request, timeout=SECONDS) as answer:
                return json.loads(answer.read(LARGEST)), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, error.headers) from None
        except (OSError, HTTPException) as error:
            raise NotPostedError(f"GitHub was not reached ({type(error).__name__})") from None
        except (ValueError, RecursionError):
            raise NotPostedError("GitHub's answer is no JSON") from None


def post(body: str, event: Event, environ: Mapping[str, str]) -> str:
    """Put the comment on the pull request of the event; what was done, in words.

    Reads GITHUB_TOKEN, GITHUB_API_URL and GITHUB_REPOSITORY. Whether a fork's token may write is
    tried, since owners of private repos can allow it. Raises `NotPostedError`.
    """
    if event.pull_request is None:
        raise NotPostedError(f"the event {event.name or 'of this run'} is none of a pull request")
    if not (token := environ.get("GITHUB_TOKEN", "")):
        raise NotPostedError("the job has no token: GITHUB_TOKEN is not set")
    api, repository = environ.get("GITHUB_API_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    try:
        return PullRequest(api, repository, event.pull_request, token).post(body)
    except NotAllowedError as error:
        raise NotPostedError(READ_ONLY_FORK if event.fork else error.message) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """No redirect is followed: the token is for the API that the runner names, and no other."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def _known(value: Mapping[str, Any]) -> dict[str, Any]:
    """A comment whose author's account is gone has no user, and one may have no text."""
    return {"id": value["id"], "user": value.get("user") or {"login": ""},
            "body": value.get("body") or ""}  # fmt: skip


def _refusal(status: int, headers: Message) -> NotPostedError:
    """Why a status that is no success was answered, by docs.github.com, "Troubleshooting the REST
    API": a limit is told by 429, or by 403 with one of two headers."""
    limited = headers.get("X-RateLimit-Remaining") == "0" or headers.get("Retry-After")
    if status == 429 or (status == 403 and limited):
        return NotPostedError(f"GitHub's rate limit is reached{_until(headers)}")
    if status in (401, 403):
        return NotAllowedError(READ_ONLY)
    if status == 404:
        return NotPostedError("GitHub finds no such pull request or comment with this token")
    return NotPostedError(f"GitHub answered {status}")


def _until(headers: Message) -> str:
    try:
        when = datetime.fromtimestamp(int(headers.get("X-RateLimit-Reset") or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f" until {when:%H:%M} UTC"
